import Type from "typebox";
import { ROLES } from "../../core/caller.ts";
import { pageQuery, pageSchema } from "../../http/input/cursor.ts";
import { type Route, route } from "../../http/route.ts";
import type { EndersContext } from "../../tenants/team/ending.ts";
import type { TeamContext } from "../../tenants/team/lock-team.ts";
import { endPortalOfTenant, listPortalSessions } from "./sessions.ts";

const Time = Type.String({ format: "date-time" });
const PortalSessionSchema = Type.Object({
	id: Type.String(),
	external_user_id: Type.String(),
	name: Type.String(),
	email: Type.Union([Type.String(), Type.Null()]),
	role: Type.Enum([...ROLES]),
	status: Type.Enum(["waiting", "active"], { description: "waiting: the link was not opened yet" }),
	created_at: Time,
	expires_at: Time,
	is_you: Type.Boolean(),
});

export const managementPortalRoutes: readonly Route<TeamContext & EndersContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/portal-sessions",
		access: "owner",
		summary: "List pending portal links and live portal sessions",
		status: 200,
		query: Type.Object(pageQuery, { additionalProperties: false }),
		output: pageSchema(PortalSessionSchema),
		run: listPortalSessions,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/tenants/:tenant_id/portal-sessions/:portal_session_id",
		access: "owner",
		summary: "End a portal session or an unused portal link, and the unused links that were created in it",
		status: 204,
		while_suspended: true,
		output: "none",
		run: endPortalOfTenant,
	}),
];
