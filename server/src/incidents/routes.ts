import type { CallerContext } from "../core/caller.ts";
import type { DatabaseContext } from "../database/database.ts";
import { type Route, route } from "../http/route.ts";
import { getIncident } from "./incident.ts";
import { Incident } from "./schema.ts";

export const managementIncidentRoutes: readonly Route<DatabaseContext & CallerContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/incident",
		access: "admin",
		reads_usage: true,
		summary: "The exposure of an API key: where it was seen, what it could and did touch, and what happened",
		status: 200,
		output: Incident,
		run: getIncident,
	}),
];
