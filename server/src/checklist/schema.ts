import Type, { type Static, type TSchema } from "typebox";
import { pageSchema } from "../http/input/cursor.ts";
import { NodesWaitedFor } from "../nodes/schema.ts";
import { ITEM_NAMES, STATUSES } from "./item.ts";

const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const Time = Type.String({ format: "date-time" });
const Items = Type.Enum([...ITEM_NAMES]);
const Statuses = Type.Enum([...STATUSES], { description: "`unknown`: not enough was seen to say" });
const Person = Type.Object({ kind: Type.String(), id: Type.Optional(Type.String()), name: Type.String() });

const EvidenceSchema = Type.Object(
	{
		reason: Type.String({ description: "One of a fixed set for each item" }),
		facts: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null(), Type.Array(Type.String())])),
		key: orNull(
			Type.Object({ id: Type.String(), name: Type.String(), environment: Type.String() }, { description: "The key that reason and facts are of" }),
		),
		keys: orNull(
			Type.Object(
				{ met: Type.Integer(), not_met: Type.Integer(), unknown: Type.Integer() },
				{ description: "Live keys by their status; null for items that are not about keys, and for items of one key" },
			),
		),
	},
	{ description: "What was found; docs/checklist.md lists reasons and facts by item" },
);

export const ItemSchema = Type.Object({
	item: Items,
	status: Statuses,
	scope: Type.Enum(["tenant", "key"]),
	key_id: orNull(Type.String({ description: "Null for the item of the tenant" })),
	evidence: EvidenceSchema,
	observed_at: orNull(Type.String({ format: "date-time", description: "When what it relies on was last seen; null: never" })),
	since: Type.String({ format: "date-time", description: "Since when it is known to have this status" }),
	action: orNull(
		Type.Object(
			{ label: Type.String(), href: Type.String({ description: "A path of the dashboard" }) },
			{ description: "What would meet it; null where it is met, or where only time and use will tell" },
		),
	),
});
export type ItemAnswer = Static<typeof ItemSchema>;
export const Checklist = Type.Object({ data: Type.Array(ItemSchema) });

export const TurnSchema = Type.Object({
	at: Type.String({ format: "date-time", description: "When it was noticed: when the checklist was read, or within an hour" }),
	item: Items,
	key_id: orNull(Type.String()),
	from: Statuses,
	to: Statuses,
	evidence: EvidenceSchema,
});
export const TurnPage = pageSchema(TurnSchema);
export type TurnAnswer = Static<typeof TurnSchema>;

export const checklistFilter = {
	key_id: Type.Optional(Type.String({ maxLength: 64, description: "The items of this key, in place of the tenant's" })),
};
export const historyFilter = { ...checklistFilter, item: Type.Optional(Items) };

export const RehearsalSchema = Type.Object({
	id: Type.String(),
	key_id: Type.String({ description: "The canary key that was made and revoked" }),
	started_at: Time,
	started_by: Person,
	acknowledged_ms: orNull(Type.Integer({ description: "Milliseconds until every node had confirmed the revocation; null: interrupted" })),
	nodes: orNull(NodesWaitedFor),
	confirmed_at: orNull(Time),
	confirmed_by: orNull(Person),
	valid_until: orNull(Type.String({ format: "date-time", description: "180 days after a person confirmed it" })),
});
export type RehearsalAnswer = Static<typeof RehearsalSchema>;
export const Rehearsals = Type.Object({ data: Type.Array(RehearsalSchema) });
