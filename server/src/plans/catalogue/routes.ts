import Type from "typebox";
import type { ChangeContext } from "../../audit/change.ts";
import { pageQuery, pageSchema } from "../../http/input/cursor.ts";
import { type Route, route } from "../../http/route.ts";
import { CapabilityInput, CapabilitySchema, CapabilityUseSchema, TenantCapabilitySchema } from "../schema.ts";
import { deleteCapability, listCapabilities, listCapabilitiesOfTenant, putCapability } from "./capabilities.ts";
import { getCapabilityUse } from "./read-use.ts";

export const operatorCapabilityRoutes: readonly Route<ChangeContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/capabilities",
		access: "operator",
		summary: "List the capabilities that plans can include",
		status: 200,
		query: Type.Object(pageQuery, { additionalProperties: false }),
		output: pageSchema(CapabilitySchema),
		run: listCapabilities,
	}),
	route({
		method: "PUT",
		path: "/api/v1/operator/capabilities/:capability",
		access: "operator",
		summary: "Create a custom capability, or change its description",
		status: 200,
		body: CapabilityInput,
		output: CapabilitySchema,
		run: putCapability,
	}),
	route({
		method: "GET",
		path: "/api/v1/operator/capabilities/:capability/uses",
		access: "operator",
		summary: "Show where a capability is in use, before it is deleted",
		status: 200,
		output: CapabilityUseSchema,
		run: getCapabilityUse,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/operator/capabilities/:capability",
		access: "operator",
		confirm: true,
		summary: "Delete a custom capability that no plan, permission or rule uses",
		status: 204,
		output: "none",
		run: deleteCapability,
	}),
];

export const managementCapabilityRoutes: readonly Route<ChangeContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/capabilities",
		access: "viewer",
		summary: "List the capabilities that plans can include, and which of them the tenant's plan includes",
		status: 200,
		output: Type.Object({ data: Type.Array(TenantCapabilitySchema) }),
		run: listCapabilitiesOfTenant,
	}),
];
