import Type, { type Static } from "typebox";
import { ForeignId, Name } from "../http/input/fields.ts";
import { ChosenId, KeyPolicySchema, TenantLimitsSchema } from "../plans/schema.ts";
import { SITE_ENVIRONMENTS } from "./sites/site.ts";
import { CLIENT_POLICIES, LEAK_RESPONSES, TENANT_STATUSES } from "./tenant.ts";

const Status = Type.Enum([...TENANT_STATUSES]);
const ExternalId = Type.Union([ForeignId, Type.Null()]);
const Overrides = Type.Union([TenantLimitsSchema, Type.Null()]);
export const ClientPolicySchema = Type.Union([Type.Enum([...CLIENT_POLICIES]), Type.Null()], {
	description: "For keys from browsers and apps. Null: block for production keys that were made here, observe for all others",
});
export const LeakResponseSchema = Type.Enum([...LEAK_RESPONSES], {
	description: "For a key whose full secret was reported as found: revoke it at once, or replace its secret, which then ends after 24 hours",
});
const Environment = Type.Union([Type.Enum([...SITE_ENVIRONMENTS]), Type.Null()]);
const CreatedAt = Type.String({ format: "date-time" });

export const TenantSchema = Type.Object({
	id: ChosenId,
	name: Type.String(),
	plan_id: Type.String(),
	status: Status,
	external_id: Type.Union([Type.String(), Type.Null()]),
	limits: Overrides,
	client_policy: ClientPolicySchema,
	leak_response: LeakResponseSchema,
	key_policy: KeyPolicySchema,
	created_at: CreatedAt,
});

const settings = {
	external_id: Type.Optional(ExternalId),
	status: Type.Optional(Status),
	limits: Type.Optional(Overrides),
	client_policy: Type.Optional(ClientPolicySchema),
	leak_response: Type.Optional(LeakResponseSchema),
	key_policy: Type.Optional(KeyPolicySchema),
};

/**
 * POST creates; PUT creates or updates. An omitted field keeps its value, or for a new tenant its default: active, without external id or
 * limits of its own.
 */
export const TenantInput = Type.Object({ id: Type.Optional(ChosenId), name: Name, plan_id: ChosenId, ...settings }, { additionalProperties: false });
export type TenantInput = Static<typeof TenantInput>;

/** `limits` are replaced as a whole; null restores the plan's. */
export const TenantPatch = Type.Object({ name: Type.Optional(Name), plan_id: Type.Optional(ChosenId), ...settings }, { additionalProperties: false });
export type TenantPatch = Static<typeof TenantPatch>;

export const SiteSchema = Type.Object({
	id: Type.String(),
	tenant_id: Type.String(),
	name: Type.String(),
	environment: Environment,
	created_at: CreatedAt,
});

export const SiteInput = Type.Object(
	{ id: Type.Optional(ChosenId), name: Name, environment: Type.Optional(Environment) },
	{ additionalProperties: false },
);
export type SiteInput = Static<typeof SiteInput>;

export const SitePatch = Type.Object({ name: Type.Optional(Name), environment: Type.Optional(Environment) }, { additionalProperties: false });
export type SitePatch = Static<typeof SitePatch>;
