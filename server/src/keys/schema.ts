import Type, { type Static, type TSchema } from "typebox";
import { ALLOW_LIST_ENTRIES_MAX } from "../core/network.ts";
import { pageOf, pageQuery } from "../http/cursor.ts";
import { ForeignId, Name } from "../http/name.ts";
import { WARNING_CODES } from "./advice.ts";
import { ENVIRONMENTS } from "./format.ts";
import { KEY_STATUSES, type KeyOwner, REVOKE_REASONS, SECRET_STATUSES } from "./key.ts";

export const LABELS_MAX = 20;
const LABEL_NAME_CHARACTERS_MAX = 64;
const LABEL_VALUE_CHARACTERS_MAX = 256;
const PERMISSIONS_MAX = 200;
/** As long as the grammar of permissions allows. */
const PERMISSION_CHARACTERS_MAX = 65;
const SITES_MAX = 1_000;
const SITE_ID_CHARACTERS_MAX = 64;
const ADDRESS_CHARACTERS_MAX = 64;
const TIME_CHARACTERS_MAX = 64;
const EMAIL_CHARACTERS_MAX = 254;
const ROTATE_EVERY_DAYS_MAX = 3_650;
const NOTE_CHARACTERS_MAX = 1_000;

function orNull<S extends TSchema>(schema: S) {
	return Type.Union([schema, Type.Null()]);
}

const Time = Type.String({ format: "date-time" });
const EnvironmentName = Type.Enum([...ENVIRONMENTS]);

/** One schema for both forms, so that an unknown field of the object is told as just that; what `Name` says of texts holds for the first. */
const OwnerInput = Type.Unsafe<string | KeyOwner>({
	...Name,
	type: ["string", "object"],
	properties: { name: Name, email: Type.String({ format: "email", maxLength: EMAIL_CHARACTERS_MAX }), member_id: ForeignId },
	required: ["name"],
	additionalProperties: false,
	description: "The person responsible; a text is taken as the name",
});

const LABEL_TEXT = "[^\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}]";
const LabelsInput = Type.Unsafe<Record<string, string>>({
	type: "object",
	maxProperties: LABELS_MAX,
	propertyNames: { type: "string", pattern: `^${LABEL_TEXT}{1,${LABEL_NAME_CHARACTERS_MAX}}$` },
	additionalProperties: { type: "string", maxLength: LABEL_VALUE_CHARACTERS_MAX, pattern: `^${LABEL_TEXT}*$` },
});

const PermissionsInput = Type.Array(Type.String({ maxLength: PERMISSION_CHARACTERS_MAX }), { maxItems: PERMISSIONS_MAX });
const changeable = {
	owner: OwnerInput,
	integration: Type.Optional(orNull(Name)),
	labels: Type.Optional(LabelsInput),
	permissions: Type.Optional(PermissionsInput),
	site_ids: Type.Optional(orNull(Type.Array(Type.String({ maxLength: SITE_ID_CHARACTERS_MAX }), { maxItems: SITES_MAX }))),
	allowed_ips: Type.Optional(orNull(Type.Array(Type.String({ maxLength: ADDRESS_CHARACTERS_MAX }), { maxItems: ALLOW_LIST_ENTRIES_MAX }))),
	expires_at: Type.Optional(orNull(Type.String({ format: "date-time", maxLength: TIME_CHARACTERS_MAX }))),
	rotate_every_days: Type.Optional(orNull(Type.Integer({ minimum: 1, maximum: ROTATE_EVERY_DAYS_MAX }))),
};

export const CreateInput = Type.Object({ name: Name, environment: EnvironmentName, ...changeable }, { additionalProperties: false });
export type CreateInput = Static<typeof CreateInput>;

export const UpdateInput = Type.Object(
	{ ...changeable, name: Type.Optional(Name), owner: Type.Optional(OwnerInput) },
	{ additionalProperties: false },
);
export type UpdateInput = Static<typeof UpdateInput>;

export const RevokeInput = Type.Object(
	{
		reason: Type.Enum([...REVOKE_REASONS]),
		note: Type.Optional(orNull(Type.String({ maxLength: NOTE_CHARACTERS_MAX, pattern: "^[^\\u0000\\p{Cs}]*$" }))),
	},
	{ additionalProperties: false },
);
export type RevokeInput = Static<typeof RevokeInput>;

export const ListQuery = Type.Object(
	{
		...pageQuery,
		status: Type.Optional(Type.Enum([...KEY_STATUSES])),
		environment: Type.Optional(EnvironmentName),
		integration: Type.Optional(Name),
		owner: Type.Optional(Type.String({ ...Name, description: "Name, e-mail address or member id of the person responsible" })),
		search: Type.Optional(Type.String({ ...Name, description: "Part of the name, in any case" })),
	},
	{ additionalProperties: false },
);
export type ListQuery = Static<typeof ListQuery>;

const KeyActorSchema = Type.Object({ kind: Type.String(), id: Type.Optional(Type.String()), name: Type.String() });
const SecretSchema = Type.Object({
	kid: Type.String(),
	last4: Type.String(),
	status: Type.Enum([...SECRET_STATUSES]),
	created_at: Time,
	first_used_at: orNull(Time),
	last_used_at: orNull(Time),
	retires_at: orNull(Time),
});

export const KeySchema = Type.Object({
	id: Type.String(),
	tenant_id: Type.String(),
	name: Type.String(),
	environment: EnvironmentName,
	owner: Type.Object({ name: Type.String(), email: Type.Optional(Type.String()), member_id: Type.Optional(Type.String()) }),
	integration: orNull(Type.String()),
	labels: Type.Record(Type.String(), Type.String()),
	permissions: Type.Array(Type.String()),
	site_ids: orNull(Type.Array(Type.String())),
	allowed_ips: orNull(Type.Array(Type.String())),
	status: Type.Enum([...KEY_STATUSES]),
	created_at: Time,
	created_by: KeyActorSchema,
	expires_at: orNull(Time),
	rotate_every_days: orNull(Type.Integer()),
	rotation_due_at: orNull(Time),
	last_used_at: orNull(Time),
	last_check_at: orNull(Time),
	usage_24h: Type.Integer(),
	revoked_at: orNull(Time),
	revoked_by: orNull(KeyActorSchema),
	revoke_reason: orNull(Type.Enum([...REVOKE_REASONS])),
	secrets: Type.Array(SecretSchema),
});
/** A key as it is answered. */
export type KeyAnswer = Static<typeof KeySchema>;
export const KeyPage = pageOf(KeySchema);

export const CreatedKey = Type.Object({
	key: KeySchema,
	raw_key: Type.String({ description: "Shown this once and in no other response" }),
	warnings: Type.Optional(Type.Array(Type.Object({ code: Type.Enum([...WARNING_CODES]), detail: Type.String() }))),
});
export type CreatedKey = Static<typeof CreatedKey>;
