import Type, { type TSchema } from "typebox";
import { CHOSEN_ID_PATTERN } from "../core/id.ts";
import { pageQuery, pageSchema } from "../http/input/cursor.ts";

const FILTER_CHARACTERS_MAX = 128;
const TIME_CHARACTERS_MAX = 40;
const Time = Type.String({ format: "date-time" });
const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const Snapshot = orNull(Type.Record(Type.String(), Type.Unknown()));

const filters = {
	actor: Type.Optional(
		Type.String({
			minLength: 1,
			maxLength: FILTER_CHARACTERS_MAX,
			description: "Id of who did it, or a kind: operator, member, portal, service, key, system",
		}),
	),
	action: Type.Optional(
		Type.String({
			maxLength: FILTER_CHARACTERS_MAX,
			pattern: "^[a-z_]+(\\.[a-z_]+)?$",
			description: "Such as `key.revoked`, or `key` for all actions on keys",
		}),
	),
	target: Type.Optional(Type.String({ minLength: 1, maxLength: FILTER_CHARACTERS_MAX, description: "Id of what it was done to" })),
	from: Type.Optional(Type.String({ format: "date-time", maxLength: TIME_CHARACTERS_MAX, description: "Inclusive" })),
	to: Type.Optional(Type.String({ format: "date-time", maxLength: TIME_CHARACTERS_MAX, description: "Exclusive" })),
};

export const EntriesQuery = Type.Object({ ...filters, ...pageQuery }, { additionalProperties: false });

export const OperatorEntriesQuery = Type.Object(
	{ tenant_id: Type.Optional(Type.String({ maxLength: FILTER_CHARACTERS_MAX, pattern: CHOSEN_ID_PATTERN })), ...filters, ...pageQuery },
	{ additionalProperties: false },
);

export const OperatorStateQuery = Type.Object(
	{
		tenant_id: Type.Optional(
			Type.String({
				maxLength: FILTER_CHARACTERS_MAX,
				pattern: CHOSEN_ID_PATTERN,
				description: "Also of an erased tenant; without it, the instance",
			}),
		),
	},
	{ additionalProperties: false },
);

const Text = Type.String();
const entry = {
	id: Text,
	at: Time,
	actor: Type.Object({ kind: orNull(Text), id: orNull(Text), name: orNull(Text) }, { description: "As of then; null once erased" }),
	action: Text,
	target: Type.Object({ kind: Text, id: Text, name: orNull(Text) }),
	before: Snapshot,
	after: Snapshot,
	ip: orNull(Text),
	request_id: Text,
};

export const Entries = pageSchema(Type.Object(entry));
export const OperatorEntries = pageSchema(Type.Object({ tenant_id: orNull(Text), ...entry }));

export const State = Type.Object({
	whole: Type.Boolean({ description: "Whether no entry was edited, removed, added or moved past Keywright" }),
	entries: orNull(Type.Integer({ description: "All entries of the tenant; null if the log is not whole" })),
	checked_at: Time,
	first_wrong: orNull(
		Type.Object({ position: Type.Integer({ description: "The first entry that is wrong, counted from the oldest" }), reason: Text }),
	),
});
