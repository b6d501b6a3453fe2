import Type from "typebox";
import type { CallerContext } from "../core/caller.ts";
import type { DatabaseContext } from "../database/database.ts";
import { pageQuery, pageSchema } from "../http/input/cursor.ts";
import { Name } from "../http/input/fields.ts";
import { type Route, route } from "../http/route.ts";
import type { ProfileContext } from "../plans/profile/live.ts";
import { KeyPolicySchema } from "../plans/schema.ts";
import { getTenantAccess } from "./get-tenant-access.ts";
import type { ServiceContext } from "./services/service.ts";
import { createService, listServices, revokeService } from "./services/services.ts";

const ServiceSchema = Type.Object({
	id: Type.String(),
	name: Type.String(),
	last4: Type.String(),
	created_at: Type.String({ format: "date-time" }),
	revoked_at: Type.Union([Type.String({ format: "date-time" }), Type.Null()]),
});

export const operatorServiceRoutes: readonly Route<ServiceContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/services",
		access: "operator",
		summary: "List the services that may verify keys",
		status: 200,
		query: Type.Object(pageQuery, { additionalProperties: false }),
		output: pageSchema(ServiceSchema),
		run: listServices,
	}),
	route({
		method: "POST",
		path: "/api/v1/operator/services",
		access: "operator",
		confirm: true,
		summary: "Create a service; its credential is only in this response",
		status: 201,
		body: Type.Object({ name: Name }, { additionalProperties: false }),
		output: Type.Object({ service: ServiceSchema, credential: Type.String() }),
		run: createService,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/operator/services/:service_id",
		access: "operator",
		confirm: true,
		summary: "Revoke a service permanently",
		status: 204,
		output: "none",
		run: revokeService,
	}),
];

const Person = Type.Object({ name: Type.String(), email: Type.Union([Type.String(), Type.Null()]) });
const Ability = Type.Boolean();
const TenantAccessSchema = Type.Object({
	allowed: Type.Boolean({ description: "Whether the caller may create keys here" }),
	role: Type.Enum(["owner", "admin", "viewer", "operator"]),
	may: Type.Object({
		create_keys: Ability,
		manage_keys: Ability,
		revoke_keys: Ability,
		manage_sites: Ability,
		see_invitations: Ability,
		manage_team: Ability,
	}),
	missing: Type.Immutable(
		Type.Array(
			Type.Object({
				kind: Type.Enum(["plan", "role", "standing"]),
				detail: Type.String({ description: "What is missing and what to do" }),
				who: Type.Immutable(Type.Array(Person)),
				support_url: Type.Union([Type.String(), Type.Null()]),
			}),
		),
	),
	plan: Type.Object({
		id: Type.String(),
		name: Type.String(),
		capabilities: Type.Immutable(Type.Array(Type.String())),
		max_key_lifetime_days: Type.Union([Type.Integer(), Type.Null()]),
		key_policy: KeyPolicySchema,
	}),
	key_policy: KeyPolicySchema,
});

export const managementAccessRoutes: readonly Route<DatabaseContext & CallerContext & ProfileContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/access",
		access: "viewer",
		summary: "What the caller may do in the tenant, and what is missing if it cannot create keys",
		status: 200,
		output: TenantAccessSchema,
		run: getTenantAccess,
	}),
];
