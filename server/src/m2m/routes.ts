import Type from "typebox";
import { type Route, route } from "../http/route.ts";
import { Budgets } from "../keys/budgets/schema.ts";
import { SelfEnded, SelfRotated, SelfRotateInput } from "../keys/rotations/schema.ts";
import { budgetsOfKey, type LimitsContext, limits, limitsOfTenant, type TenantLimitsContext } from "./limits.ts";
import type { SelfContext } from "./own-key.ts";
import { revokeSelf, SelfRevoked, SelfRevokeInput } from "./self-revocation.ts";
import { cancelSelf, completeSelf, rotateSelf } from "./self-rotation.ts";
import { whoami } from "./whoami.ts";

const NullableText = Type.Union([Type.String(), Type.Null()]);
const Use = Type.Object({ max: Type.Union([Type.Integer(), Type.Null()]), used: Type.Integer() });

const BudgetUses = Type.Array(
	Type.Object({
		...Budgets.items.properties,
		used: Type.Integer({ description: "In the current period" }),
		resets_at: Type.Union([Type.String(), Type.Null()], { description: "null: it never refills" }),
	}),
	{ description: "What the key may spend, and has spent" },
);

const Whoami = Type.Object({
	key: Type.Object({
		id: Type.String(),
		name: Type.String(),
		environment: Type.String(),
		last4: Type.String(),
		permissions: Type.Array(Type.String()),
		site_ids: Type.Union([Type.Array(Type.String()), Type.Null()]),
		expires_at: NullableText,
		rotation_due_at: NullableText,
	}),
	tenant: Type.Object({ id: Type.String(), name: Type.String() }),
	rotation: Type.Union([
		Type.Object(
			{
				id: Type.String(),
				secret: Type.Enum(["old", "new"], { description: "Which of the two this request was made with" }),
				old_ends_at: NullableText,
			},
			{ description: "The rotation of the key's secret that is in progress" },
		),
		Type.Null(),
	]),
	budgets: BudgetUses,
});

const rate_limit = {
	name: Type.String(),
	per: Type.String(),
	requests: Type.Integer(),
	window_seconds: Type.Integer(),
	named_only: Type.Boolean({ description: "Counts only requests that name it" }),
};
const plan_and_use = {
	tenant_id: Type.String(),
	plan: Type.Object({ id: Type.String(), name: Type.String() }),
	capabilities: Type.Array(Type.String()),
	quota: Type.Union([Type.Object({ requests: Type.Integer(), used: Type.Integer(), resets_at: Type.String() }), Type.Null()]),
	sites: Use,
	api_keys: Use,
	documents: Use,
	storage_bytes: Use,
};
const Limits = Type.Object({
	...plan_and_use,
	rate_limits: Type.Array(Type.Object({ ...rate_limit, remaining: Type.Integer() })),
	budgets: BudgetUses,
});
const LimitsOfTenant = Type.Object({
	...plan_and_use,
	rate_limits: Type.Array(Type.Object({ ...rate_limit, remaining: Type.Null() })),
	budgets: { ...BudgetUses, description: "Always empty: budgets belong to keys, see …/api-keys/{key_id}/budgets" },
});

export const m2mRoutes: readonly Route<LimitsContext>[] = [
	route({ method: "GET", path: "/api/v1/m2m/whoami", access: "key", summary: "Which key this is", status: 200, output: Whoami, run: whoami }),
	route({
		method: "GET",
		path: "/api/v1/m2m/tenants/:tenant_id/limits",
		access: "key",
		permission: "tenant:read",
		summary: "The tenant's plan and limits, and what is used of them: the connectivity check",
		status: 200,
		output: Limits,
		run: limits,
	}),
];

export const managementLimitRoutes: readonly Route<TenantLimitsContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/limits",
		access: "viewer",
		summary: "The tenant's plan and limits, and what is used of them",
		status: 200,
		output: LimitsOfTenant,
		run: limitsOfTenant,
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/budgets",
		access: "viewer",
		summary: "The budgets of an API key, and what is used of them",
		status: 200,
		output: Type.Object({ data: BudgetUses }),
		run: budgetsOfKey,
	}),
];

export const ownKeyRoutes: readonly Route<SelfContext>[] = [
	route({
		method: "POST",
		path: "/api/v1/m2m/key/rotate",
		access: "key",
		spends_no_budget: true,
		permission: "key:rotate",
		takes_raw_key: true,
		summary: "Start a rotation of the key that authenticates the request",
		status: 201,
		body: SelfRotateInput,
		output: SelfRotated,
		run: rotateSelf,
	}),
	route({
		method: "POST",
		path: "/api/v1/m2m/key/rotate/complete",
		access: "key",
		spends_no_budget: true,
		permission: "key:rotate",
		summary: "Complete the key's own rotation; sent with the new secret",
		status: 200,
		output: SelfEnded,
		reads_usage: "unless_forced",
		run: completeSelf,
	}),
	route({
		method: "POST",
		path: "/api/v1/m2m/key/rotate/cancel",
		access: "key",
		spends_no_budget: true,
		permission: "key:rotate",
		summary: "Cancel the key's own rotation before the new secret is used; sent with the old secret",
		status: 200,
		output: SelfEnded,
		reads_usage: "unless_forced",
		run: cancelSelf,
	}),
	route({
		method: "POST",
		path: "/api/v1/m2m/key/revoke",
		access: "key",
		secret_suffices: true,
		summary: "End the key that authenticates the request, or its old secret while that is being replaced",
		status: 200,
		body: SelfRevokeInput,
		output: SelfRevoked,
		run: revokeSelf,
	}),
];
