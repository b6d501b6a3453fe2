import Type, { type Static } from "typebox";
import { ForeignId, Name } from "../../http/input/fields.ts";
import { NodesWaitedFor } from "../../nodes/schema.ts";
import { Email, KEY_ID_CHARACTERS_MAX, owner_query, RevokeInput } from "../schema.ts";
import { EnvironmentName, OwnerSchema, orNull, Time } from "../secrets/schema-parts.ts";

/** Per call: all are one change, with an audit entry for each key. */
export const REVOKED_KEYS_MAX = 200;
export const TRANSFERRED_KEYS_MAX = 1_000;

const keyIds = (maxItems: number) => Type.Array(Type.String({ maxLength: KEY_ID_CHARACTERS_MAX }), { maxItems });

export const BulkRevokeInput = Type.Object(
	{
		...RevokeInput.properties,
		key_ids: Type.Optional(keyIds(REVOKED_KEYS_MAX)),
		filter: Type.Optional(
			Type.Object(
				{ integration: Type.Optional(Name), environment: Type.Optional(EnvironmentName), owner: Type.Optional(owner_query) },
				{ additionalProperties: false },
			),
		),
		preview: Type.Boolean({ description: "True: only list the keys that would be revoked" }),
		expected_key_ids: Type.Optional(keyIds(REVOKED_KEYS_MAX)),
	},
	{ additionalProperties: false },
);
export type BulkRevokeInput = Static<typeof BulkRevokeInput>;

export const TransferInput = Type.Object(
	{
		from: owner_query,
		owner: Type.Object(
			{ name: Name, email: Type.Optional(Email), member_id: ForeignId },
			{ additionalProperties: false, description: "The member who is responsible from now on" },
		),
		preview: Type.Boolean({ description: "True: only list the keys that would be transferred" }),
		expected_key_ids: Type.Optional(keyIds(TRANSFERRED_KEYS_MAX)),
	},
	{ additionalProperties: false },
);
export type TransferInput = Static<typeof TransferInput>;

/** A key that a call changes together with others. */
const TogetherKey = Type.Object({
	id: Type.String(),
	name: Type.String(),
	environment: EnvironmentName,
	owner: OwnerSchema,
	last_used_at: orNull(Time),
	usage_24h: Type.Integer(),
});
export type TogetherKey = Static<typeof TogetherKey>;

/** The keys that a call revoked, or would revoke if `revoked` is false. */
export const BulkRevoked = Type.Object({
	keys: Type.Array(TogetherKey),
	revoked: Type.Boolean(),
	waited_for: Type.Optional(NodesWaitedFor),
});
export type BulkRevoked = Static<typeof BulkRevoked>;

/** The keys that a call transferred, or would transfer if `transferred` is false; `owner` is who was responsible before. */
export const Transferred = Type.Object({ keys: Type.Array(TogetherKey), transferred: Type.Boolean() });
export type Transferred = Static<typeof Transferred>;
