import Type, { type Static } from "typebox";
import { UpdateInput } from "../../keys/schema.ts";
import { orNull, Time } from "../../keys/secrets/schema-parts.ts";
import { Capability } from "../../plans/schema.ts";

const CAPABILITIES_MAX = 200;

const { permissions, site_ids, allowed_ips } = UpdateInput.properties;

/** What is missing stays as it is. */
export const NarrowingInput = Type.Object(
	{
		...{ permissions, site_ids, allowed_ips },
		capabilities: Type.Optional(Type.Array(Capability, { maxItems: CAPABILITIES_MAX, description: "Of the plan, in place of what it includes" })),
	},
	{ additionalProperties: false },
);
export type NarrowingInput = Static<typeof NarrowingInput>;

const RefusedSchema = Type.Object({
	operation: Type.String({ description: "Empty where it is not known" }),
	site_id: orNull(Type.String()),
	source: orNull(
		Type.Object({
			id: Type.String(),
			name: orNull(Type.String()),
			network: Type.String(),
			agent: Type.String(),
			client: orNull(Type.String()),
		}),
	),
	code: orNull(Type.String({ description: "That would have been answered; null where it is not known" })),
	certain: Type.Boolean({ description: "false: some or none of these requests would have been refused" }),
	requests: Type.Integer(),
	weekdays: Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), { description: "Of these requests, in UTC, Monday is 1" }),
	days: Type.Integer({ description: "On how many days" }),
	last_day: Type.String({ format: "date" }),
});
export type RefusedAnswer = Static<typeof RefusedSchema>;

export const ReplaySchema = Type.Object({
	from: { ...Time, description: "The beginning of the first of 30 days, in UTC" },
	to: Time,
	requests: Type.Integer({ description: "That were allowed" }),
	would_refuse: Type.Integer({ description: "Of these, what a narrower key would have refused, at least" }),
	would_refuse_at_most: Type.Integer(),
	exact: Type.Boolean({ description: "Whether both are the same" }),
	unknown: Type.Boolean({ description: "Whether some requests are counted together with others, so that nothing is known about them" }),
	then_limited_at_most: Type.Integer({ description: "Further requests that could have got `too_many_refusals`, if the refused ones came quickly" }),
	refused: Type.Array(RefusedSchema, { description: "By what was done from where, most requests first" }),
	others: Type.Integer({ description: "Requests beyond these" }),
});
export type ReplayAnswer = Static<typeof ReplaySchema>;

export const SuggestionSchema = Type.Object({
	permissions: orNull(Type.Array(Type.String(), { description: "Those that requests needed; null: all are, or it is not known" })),
	site_ids: orNull(Type.Array(Type.String(), { description: "Those that were used; null: all were, or it is not known" })),
	networks: orNull(Type.Array(Type.String(), { description: "Where all requests came from; null where that is not known" })),
	replay: { ...ReplaySchema, description: "Of these permissions and sites" },
});
export type SuggestionAnswer = Static<typeof SuggestionSchema>;
