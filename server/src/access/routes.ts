import Type from "typebox";
import { pageOf, pageQuery } from "../http/cursor.ts";
import { Name } from "../http/name.ts";
import { type Row, route } from "../http/route.ts";
import { createService } from "./create-service.ts";
import { listServices } from "./list-services.ts";
import { revokeService } from "./revoke-service.ts";
import type { ServiceContext } from "./service.ts";

const ServiceSchema = Type.Object({
	id: Type.String(),
	name: Type.String(),
	last4: Type.String(),
	created_at: Type.String({ format: "date-time" }),
	revoked_at: Type.Union([Type.String({ format: "date-time" }), Type.Null()]),
});

export const operatorServiceRoutes: readonly Row<ServiceContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/services",
		access: "operator",
		summary: "List the services that may ask for a verification",
		status: 200,
		query: Type.Object(pageQuery, { additionalProperties: false }),
		output: pageOf(ServiceSchema),
		run: listServices,
	}),
	route({
		method: "POST",
		path: "/api/v1/operator/services",
		access: "operator",
		summary: "Create a service; its credential is shown once",
		status: 201,
		body: Type.Object({ name: Name }, { additionalProperties: false }),
		output: Type.Object({ service: ServiceSchema, credential: Type.String() }),
		run: createService,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/operator/services/:service_id",
		access: "operator",
		summary: "Revoke a service for good",
		status: 204,
		output: "none",
		run: revokeService,
	}),
];
