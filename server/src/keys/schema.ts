import Type, { type Static } from "typebox";
import { ALLOW_LIST_ENTRIES_MAX } from "../core/network.ts";
import { pageQuery, pageSchema } from "../http/input/cursor.ts";
import { ForeignId, Name } from "../http/input/fields.ts";
import { NodesWaitedFor } from "../nodes/schema.ts";
import { LimitName, limitNumbers } from "../plans/schema.ts";
import { Budgets, BudgetsInput } from "./budgets/schema.ts";
import { canaryFields, canaryInput } from "./canaries/schema.ts";
import { ExposureSchema } from "./exposures/schema.ts";
import { HandoverInput, HandoverSchema, handoverLink } from "./handovers/schema.ts";
import { KEY_STATUSES, type KeyOwner, REVOKE_REASONS, SECRET_STATUSES, STORAGE_LOCATIONS } from "./key.ts";
import { AutoRotateSchema, ClientPolicySchema, EnvironmentName, KeyActorSchema, Note, OwnerSchema, orNull, Time } from "./secrets/schema-parts.ts";
import { ORDERS, SORTS } from "./sort.ts";
import { WARNING_CODES } from "./warnings.ts";

export const LABELS_MAX = 20;
const LABEL_NAME_CHARACTERS_MAX = 64;
const LABEL_VALUE_CHARACTERS_MAX = 256;
const PERMISSIONS_MAX = 200;
/** The maximum of the permission grammar. */
const PERMISSION_CHARACTERS_MAX = 65;
const SITES_MAX = 1_000;
const SITE_ID_CHARACTERS_MAX = 64;
const ADDRESS_CHARACTERS_MAX = 64;
const TIME_CHARACTERS_MAX = 64;
const EMAIL_CHARACTERS_MAX = 254;
const RATE_LIMITS_MAX = 4;
const ROTATE_EVERY_DAYS_MAX = 3_650;
export const KEY_ID_CHARACTERS_MAX = 64;

/** One schema for both forms, so that an unknown field is reported as such. The constraints of `Name` apply to the text form. */
export const Email = Type.String({ format: "email", maxLength: EMAIL_CHARACTERS_MAX });
const OwnerInput = Type.Unsafe<string | KeyOwner>({
	...Name,
	type: ["string", "object"],
	properties: { name: Name, email: Email, member_id: ForeignId },
	required: ["name"],
	additionalProperties: false,
	description: "The person responsible; a string is the name",
});

const LABEL_TEXT = "[^\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}]";
const LabelsInput = Type.Unsafe<Record<string, string>>({
	type: "object",
	maxProperties: LABELS_MAX,
	propertyNames: { type: "string", pattern: `^${LABEL_TEXT}{1,${LABEL_NAME_CHARACTERS_MAX}}$` },
	additionalProperties: { type: "string", maxLength: LABEL_VALUE_CHARACTERS_MAX, pattern: `^${LABEL_TEXT}*$` },
});

const PermissionsInput = Type.Array(Type.String({ maxLength: PERMISSION_CHARACTERS_MAX }), { maxItems: PERMISSIONS_MAX });
const RateLimits = Type.Immutable(
	Type.Array(Type.Object({ name: LimitName, ...limitNumbers }, { additionalProperties: false }), {
		maxItems: RATE_LIMITS_MAX,
		description: "Limits of this key, in addition to those of the plan",
	}),
);
const changeable = {
	owner: OwnerInput,
	integration: Type.Optional(orNull(Name)),
	labels: Type.Optional(LabelsInput),
	permissions: Type.Optional(PermissionsInput),
	site_ids: Type.Optional(orNull(Type.Array(Type.String({ maxLength: SITE_ID_CHARACTERS_MAX }), { maxItems: SITES_MAX }))),
	allowed_ips: Type.Optional(orNull(Type.Array(Type.String({ maxLength: ADDRESS_CHARACTERS_MAX }), { maxItems: ALLOW_LIST_ENTRIES_MAX }))),
	client_policy: Type.Optional(ClientPolicySchema),
	rate_limits: Type.Optional(RateLimits),
	budgets: Type.Optional(BudgetsInput),
	expires_at: Type.Optional(orNull(Type.String({ format: "date-time", maxLength: TIME_CHARACTERS_MAX }))),
	rotate_every_days: Type.Optional(orNull(Type.Integer({ minimum: 1, maximum: ROTATE_EVERY_DAYS_MAX }))),
	auto_rotate: Type.Optional(AutoRotateSchema),
};

export const CreateInput = Type.Object({ name: Name, environment: EnvironmentName, ...changeable, ...canaryInput }, { additionalProperties: false });
export type CreateInput = Static<typeof CreateInput>;

export const CreateRequestInput = Type.Object(
	{
		...CreateInput.properties,
		handover: Type.Optional(
			Type.Object(HandoverInput.properties, { additionalProperties: false, description: "The response has a one-time link instead of the raw key" }),
		),
	},
	{ additionalProperties: false },
);

export const UpdateInput = Type.Object(
	{ ...changeable, name: Type.Optional(Name), owner: Type.Optional(OwnerInput) },
	{ additionalProperties: false },
);
export type UpdateInput = Static<typeof UpdateInput>;

export const RevokeInput = Type.Object(
	{ reason: Type.Enum([...REVOKE_REASONS]), note: Type.Optional(orNull(Note)) },
	{ additionalProperties: false },
);
export type RevokeInput = Static<typeof RevokeInput>;

export const owner_query = Type.String({ ...Name, description: "Name, e-mail address or member id of the person responsible" });

export const StorageLocationInput = Type.Object(
	{ place: Type.Enum([...STORAGE_LOCATIONS]), note: Type.Optional(orNull(Note)) },
	{ additionalProperties: false },
);
export type StorageLocationInput = Static<typeof StorageLocationInput>;

export const ListQuery = Type.Object(
	{
		...pageQuery,
		status: Type.Optional(Type.Enum([...KEY_STATUSES])),
		environment: Type.Optional(EnvironmentName),
		integration: Type.Optional(Name),
		owner: Type.Optional(owner_query),
		search: Type.Optional(
			Type.String({ ...Name, description: "Part of the name, in any case; or the key's id, or the `kid` or last four characters of a secret" }),
		),
		attention: Type.Optional(
			Type.Boolean({
				description:
					"Only live keys that end within 30 days, are being replaced or due to be within 7 days, are exposed, or were not used for 30 days (a new one for 7); and canary keys that were presented within a day",
			}),
		),
		total: Type.Optional(Type.Boolean({ description: "Also return the number of keys that match" })),
		sort: Type.Optional(
			Type.Enum([...SORTS], {
				description:
					"By default created; keys without such a time come last. status: those that need attention, then active, paused, expired, revoked",
			}),
		),
		order: Type.Optional(Type.Enum([...ORDERS], { description: "Default: desc for created and last_used, asc for the others" })),
	},
	{ additionalProperties: false },
);
export type ListQuery = Static<typeof ListQuery>;

const SecretSchema = Type.Object({
	kid: Type.String(),
	last4: Type.String({ description: "Empty for an imported secret that was not used here yet" }),
	imported: Type.Boolean({ description: "Issued by another system and imported" }),
	status: Type.Enum([...SECRET_STATUSES]),
	created_at: Time,
	first_used_at: orNull(Time),
	last_used_at: orNull(Time),
	retires_at: orNull(Time),
	kept_in: orNull(Type.Object({ place: Type.Enum([...STORAGE_LOCATIONS]), note: orNull(Type.String()), at: Time })),
});

export const KeySchema = Type.Object({
	id: Type.String(),
	tenant_id: Type.String(),
	name: Type.String(),
	environment: EnvironmentName,
	owner: OwnerSchema,
	integration: orNull(Type.String()),
	labels: Type.Record(Type.String(), Type.String()),
	permissions: Type.Array(Type.String()),
	site_ids: orNull(Type.Array(Type.String())),
	allowed_ips: orNull(Type.Array(Type.String())),
	client_policy: ClientPolicySchema,
	rate_limits: RateLimits,
	budgets: Budgets,
	status: Type.Enum([...KEY_STATUSES]),
	created_at: Time,
	created_by: KeyActorSchema,
	expires_at: orNull(Time),
	rotate_every_days: orNull(Type.Integer()),
	auto_rotate: AutoRotateSchema,
	rotation_due_at: orNull(Time),
	...canaryFields,
	last_used_at: orNull(Time),
	last_check_at: orNull(Time),
	exposed_at: orNull({ ...Time, description: "Since when a secret of it that was not replaced is exposed" }),
	exposure: Type.Array(ExposureSchema),
	usage_24h: Type.Integer(),
	revoked_at: orNull(Time),
	revoked_by: orNull(KeyActorSchema),
	revoke_reason: orNull(Type.Enum([...REVOKE_REASONS])),
	revoke_note: orNull(Type.String()),
	secrets: Type.Array(SecretSchema),
	handover: orNull(HandoverSchema),
	rotation: orNull(
		Type.Object(
			{ id: Type.String(), status: Type.Enum(["waiting", "issued", "proving"]), old_ends_at: orNull(Time) },
			{ description: "The rotation of its secret that is in progress; the rotation's own resource lists where the old secret is still used" },
		),
	),
});
/** The response body for a key. */
export type KeyAnswer = Static<typeof KeySchema>;
export const KeyPage = Type.Object({ ...pageSchema(KeySchema).properties, total: Type.Optional(Type.Integer({ description: "With `total` only" })) });

/** Filter options for the list of keys, and the names that a new key should not have. */
export const KeyFilterOptions = Type.Object({
	any: Type.Boolean({ description: "Whether the tenant has a key at all" }),
	live_names: Type.Array(Type.String(), { description: "Names of keys that are neither revoked nor expired" }),
	integrations: Type.Array(Type.String()),
	owners: Type.Array(Type.String()),
});
export type KeyFilterOptions = Static<typeof KeyFilterOptions>;

/** A key after a change that awaited every node. */
export const KeyEverywhere = Type.Object({ ...KeySchema.properties, waited_for: NodesWaitedFor });
export type KeyEverywhere = Static<typeof KeyEverywhere>;

const raw_key = Type.String({ description: "Returned only in this response" });
const warnings = Type.Optional(Type.Array(Type.Object({ code: Type.Enum([...WARNING_CODES]), detail: Type.String() })));

export const CreatedKey = Type.Object({ key: KeySchema, raw_key, warnings });
export type CreatedKey = Static<typeof CreatedKey>;

export const CreatedForHandover = Type.Object({ key: KeySchema, ...handoverLink, warnings });
export type CreatedForHandover = Static<typeof CreatedForHandover>;

export const ReissuedKey = Type.Object({ key: KeySchema, raw_key });
export type ReissuedKey = Static<typeof ReissuedKey>;
