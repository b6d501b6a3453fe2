import Type, { type Static } from "typebox";
import { CHOSEN_ID_PATTERN } from "../core/id.ts";
import { Name } from "../http/input/fields.ts";
import { CAPABILITY_PATTERN } from "./catalogue/capability.ts";
import { PERMISSION_PATTERN } from "./catalogue/permission.ts";
import { KEY_REQUIREMENTS } from "./key-policy.ts";
import { CHECK_METHODS } from "./profile/profile.ts";

const RATE_LIMITS_MAX = 8;
const CAPABILITIES_MAX = 64;
const REQUESTS_MAX = 1_000_000_000;
const WINDOW_SECONDS_MAX = 3_600;
const QUOTA_REQUESTS_MAX = 1_000_000_000_000;
const COUNT_MAX = 1_000_000_000;
/** A pebibyte: far below 2^53, so that sums stay exact. */
const BYTES_MAX = 2 ** 50;
const LIFETIME_DAYS_MAX = 3_650;
const DESCRIPTION_CHARACTERS_MAX = 500;
const ADDRESS_CHARACTERS_MAX = 2_000;
const CHECK_PATH_CHARACTERS_MAX = 500;
/** 64 KiB in base64, with the prefix of the data URL. */
const LOGO_CHARACTERS_MAX = 87_500;
/** A logo and all other fields at their longest. */
export const PROFILE_BODY_BYTES_MAX = 131_072;

function orNull<S extends Type.TSchema>(schema: S) {
	return Type.Union([schema, Type.Null()]);
}

export const Capability = Type.String({ pattern: CAPABILITY_PATTERN });
export const ChosenId = Type.String({ pattern: CHOSEN_ID_PATTERN });

export const LIMIT_NAME_PATTERN = "^[a-z][a-z0-9_-]{0,31}$";
export const LimitName = Type.String({ pattern: LIMIT_NAME_PATTERN });
export const limitNumbers = {
	requests: Type.Integer({ minimum: 1, maximum: REQUESTS_MAX }),
	window_seconds: Type.Integer({ minimum: 1, maximum: WINDOW_SECONDS_MAX }),
};
const RateLimitSchema = Type.Object(
	{
		name: LimitName,
		...limitNumbers,
		per: Type.Enum(["key", "tenant"]),
		named_only: Type.Optional(Type.Boolean({ description: "Counts only requests that name it; default false" })),
	},
	{ additionalProperties: false },
);
const RateLimits = Type.Immutable(Type.Array(RateLimitSchema, { maxItems: RATE_LIMITS_MAX }));

const Quota = orNull(Type.Integer({ minimum: 0, maximum: QUOTA_REQUESTS_MAX }));
const Count = orNull(Type.Integer({ minimum: 0, maximum: COUNT_MAX }));
const Bytes = orNull(Type.Integer({ minimum: 0, maximum: BYTES_MAX }));
const LifetimeDays = orNull(Type.Integer({ minimum: 1, maximum: LIFETIME_DAYS_MAX }));

export const KeyPolicySchema = Type.Immutable(
	Type.Array(Type.Enum([...KEY_REQUIREMENTS]), {
		maxItems: KEY_REQUIREMENTS.length,
		uniqueItems: true,
		description: "What production keys must have when they are made or changed; empty: nothing. The plan's and the tenant's both hold",
	}),
);

const limits = { sites: Count, api_keys: Count, documents: Count, storage_bytes: Bytes, document_bytes: Bytes };
const PlanLimitsSchema = Type.Object(limits, { additionalProperties: false, description: "null: no limit" });
const PlanLimitsInput = Type.Partial(PlanLimitsSchema, { additionalProperties: false, description: "Omitted or null: no limit" });

export const PlanSchema = Type.Object({
	id: ChosenId,
	name: Name,
	capabilities: Type.Immutable(Type.Array(Capability)),
	rate_limits: RateLimits,
	quota_requests_per_month: Quota,
	limits: PlanLimitsSchema,
	max_key_lifetime_days: LifetimeDays,
	key_policy: KeyPolicySchema,
});

/** The body of PUT: an omitted limit is unlimited, and no other capability is included. */
export const PlanInput = Type.Object(
	{
		id: Type.Optional(ChosenId),
		name: Name,
		capabilities: Type.Immutable(Type.Array(Capability, { maxItems: CAPABILITIES_MAX, uniqueItems: true })),
		rate_limits: Type.Optional(RateLimits),
		quota_requests_per_month: Type.Optional(Quota),
		limits: Type.Optional(PlanLimitsInput),
		max_key_lifetime_days: Type.Optional(LifetimeDays),
		key_policy: Type.Optional(KeyPolicySchema),
	},
	{ additionalProperties: false },
);
export type PlanInput = Static<typeof PlanInput>;

/** A tenant's own limits, which replace those of its plan. */
export const TenantLimitsSchema = Type.Partial(Type.Object({ ...limits, rate_limits: RateLimits, quota_requests_per_month: Quota }), {
	additionalProperties: false,
	description: "Omitted: as in the plan; null: no limit",
});

const Description = Type.String({ maxLength: DESCRIPTION_CHARACTERS_MAX, pattern: "^[^\\p{Cc}\\p{Cs}]*$" });
export const CapabilityInput = Type.Object({ description: Description }, { additionalProperties: false });
export const CapabilitySchema = Type.Object({
	name: Capability,
	description: Type.String({ description: "Empty if only a plan or a permission names it" }),
	built_in: Type.Boolean({ description: "Built into Keywright; cannot be changed" }),
});

/** A capability, and whether the tenant's plan includes it. */
export const TenantCapabilitySchema = Type.Object({
	name: Capability,
	description: Type.String({ description: "Empty if it has no description" }),
	included: Type.Boolean({ description: "Whether the plan includes it" }),
	permissions: Type.Array(Type.String({ pattern: PERMISSION_PATTERN }), { description: "Permissions that it allows keys to have" }),
});

export const PermissionInput = Type.Object({ description: Description, capability: Capability }, { additionalProperties: false });
export const PermissionSchema = Type.Object({
	name: Type.String({ pattern: PERMISSION_PATTERN }),
	description: Type.String(),
	capability: Capability,
	built_in: Type.Boolean({ description: "Built into Keywright; cannot be changed" }),
});

const UsePlans = Type.Array(Type.Object({ id: ChosenId, name: Name }), { description: "The plans that include it, sorted by name" });
const UseRules = Type.Integer({ minimum: 0, description: "Rules for forwarded requests that require it" });
const InUse = Type.Boolean({ description: "Whether deleting it is refused" });
export const PermissionUseSchema = Type.Object({
	plans: UsePlans,
	keys: Type.Integer({ minimum: 0, description: "Keys that have it and may still be accepted" }),
	tenants: Type.Integer({ minimum: 0, description: "Tenants that have such keys" }),
	most: Type.Array(Type.Object({ id: ChosenId, name: Name, keys: Type.Integer({ minimum: 1 }) }), {
		description: "The tenants with the most of them, at most 10",
	}),
	forward_auth_rules: UseRules,
	in_use: InUse,
});
export const CapabilityUseSchema = Type.Object({
	plans: UsePlans,
	permissions: Type.Array(Type.String({ pattern: PERMISSION_PATTERN }), { description: "Permissions that belong to it" }),
	forward_auth_rules: UseRules,
	in_use: InUse,
});

/** One permission of the catalogue, and whether the tenant's plan includes it. */
export const TenantPermissionSchema = Type.Object({
	name: Type.String({ pattern: PERMISSION_PATTERN }),
	description: Type.String(),
	capability: Capability,
	included: Type.Boolean({ description: "Whether the plan includes it, so that keys can have it" }),
});

const CheckRequest = Type.Object(
	{ method: Type.Enum([...CHECK_METHODS]), path: Type.String({ maxLength: CHECK_PATH_CHARACTERS_MAX, description: "May contain {tenant_id}" }) },
	{ additionalProperties: false },
);
const Address = Type.String({ maxLength: ADDRESS_CHARACTERS_MAX, description: "An http or https address" });
const Logo = Type.String({ maxLength: LOGO_CHARACTERS_MAX, description: "A data: URL of a PNG, JPEG or WebP of at most 64 KiB" });
const Accent = Type.String({ maxLength: 7, description: "#rrggbb, dark enough for white text" });

export const ProfileSchema = Type.Object({
	product_name: Name,
	api_base_url: Address,
	check_request: CheckRequest,
	support_url: orNull(Address),
	status_url: orNull(Address),
	upgrade_url: orNull(Address),
	documentation_url: orNull(Address),
	error_base_url: Address,
	logo_url: orNull(Logo),
	accent_color: orNull(Accent),
});

/** The body of PUT: omitted or null fields take their defaults. */
export const ProfileInput = Type.Partial(
	Type.Object({
		product_name: orNull(Name),
		api_base_url: orNull(Address),
		check_request: orNull(CheckRequest),
		support_url: orNull(Address),
		status_url: orNull(Address),
		upgrade_url: orNull(Address),
		documentation_url: orNull(Address),
		error_base_url: orNull(Address),
		logo_url: orNull(Logo),
		accent_color: orNull(Accent),
	}),
	{ additionalProperties: false },
);
export type ProfileInput = Static<typeof ProfileInput>;
