import Type, { type Static, type TSchema } from "typebox";
import { ExposureSchema } from "../keys/exposures/schema.ts";

const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const Time = Type.String({ format: "date-time" });
const Day = Type.String({ format: "date" });

const Kept = Type.Object(
	{ kid: Type.String(), place: Type.String(), note: orNull(Type.String()), at: Time },
	{ description: "Where a person said that a secret of the key is stored" },
);

const Site = Type.Object({ id: Type.String(), name: Type.String() });

const Could = Type.Object(
	{
		permissions: Type.Array(Type.String()),
		sites: orNull(Type.Array(Site, { description: "Null: every site, also those that are made later" })),
		allowed_ips: orNull(Type.Array(Type.String(), { description: "Null: every address" })),
	},
	{ description: "What the key may touch, as it is now" },
);

const Use = Type.Object({
	operation: Type.String({ description: "Method and route template; empty where the key had too many operations that day to be counted apart" }),
	site: orNull(Site),
	allowed: Type.Integer(),
	refused: Type.Integer(),
	sources: Type.Integer({ description: "From how many clients" }),
	first_day: Day,
	last_day: Day,
});

const Did = Type.Object(
	{
		from: orNull(Type.String({ format: "date", description: "The first day that is counted, in UTC; null: nothing was exposed" })),
		whole: Type.Boolean({ description: "False if the key was exposed before the days that are kept, or did more than is listed" }),
		operations: Type.Array(Use),
	},
	{ description: "What the key touched since the day on which it was exposed first, most requests first" },
);

const Client = Type.Object({
	id: Type.String(),
	name: orNull(Type.String({ description: "Given by a member" })),
	network: Type.String(),
	program: Type.String(),
	first_seen_at: Time,
	last_seen_at: Time,
	requests: Type.Integer(),
	refused: Type.Integer(),
	is_new: Type.Boolean({ description: "Seen for the first time when the key was exposed already" }),
});

export const TIMELINE_KINDS = ["exposed", "new_client", "alert", "change"] as const;

const Moment = Type.Object({
	at: Time,
	kind: Type.Enum([...TIMELINE_KINDS]),
	what: Type.String({
		description: "The kind of the exposure; `first_seen`; `raised`, `acknowledged` or `resolved`; or the action of the audit log",
	}),
	who: orNull(Type.String({ description: "The person or system that did it, if it is known" })),
	facts: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Null()])),
});
export type MomentAnswer = Static<typeof Moment>;

export const Incident = Type.Object({
	key: Type.Object({
		id: Type.String(),
		name: Type.String(),
		environment: Type.String(),
		status: Type.String(),
		owner: Type.String({ description: "The responsible person" }),
		exposed_at: orNull(Type.String({ format: "date-time", description: "Null once no working secret is exposed" })),
	}),
	since: orNull(Type.String({ format: "date-time", description: "When a secret of the key was exposed first; null: never" })),
	exposures: Type.Array(ExposureSchema),
	kept_in: Type.Array(Kept),
	could: Could,
	did: Did,
	clients: Type.Array(Client),
	timeline: Type.Array(Moment, { description: "The earliest first" }),
});
export type IncidentAnswer = Static<typeof Incident>;
