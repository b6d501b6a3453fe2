import Type, { type Static } from "typebox";
import { pageQuery } from "../http/input/cursor.ts";
import { CHECK_NAMES } from "./refusal.ts";
import { FailuresQuery, orNull, period, Text, Time } from "./schema.ts";

const common = (what: string) => orNull(Type.String({ description: `${what} of all kept refusals of the group; null if they differ` }));

export const FailureGroupsQuery = Type.Object(
	{
		...FailuresQuery.properties,
		sort: Type.Optional(Type.Enum(["requests", "last"], { description: "Default: `requests`, the most first; `last`: the latest first" })),
		...pageQuery,
	},
	{ additionalProperties: false },
);
export const FailureHoursQuery = Type.Object(period, { additionalProperties: false });

export const FailureGroupPage = Type.Object({
	data: Type.Array(
		Type.Object({
			id: Text,
			code: Text,
			status: Type.Integer(),
			proven: Type.Boolean({
				description: "False: no secret was right, so that anyone can have sent these requests; grouped by code and source only",
			}),
			key: orNull(Type.Object({ id: Text, name: Text })),
			source: Type.Object({
				id: Text,
				name: orNull(Text),
				network: common("The network"),
				agent: common("The program"),
				client: common("The client name"),
			}),
			check: orNull(Type.Enum([...CHECK_NAMES], { description: "The check that refused all kept refusals of the group; null if they differ" })),
			operation: common("The operation"),
			subject: common("The permission, capability, limit, budget, time of expiry or mistake"),
			requests: Type.Integer({ description: "All refusals, those that were not kept too" }),
			first_at: Type.String({ format: "date-time", description: "The beginning of the minute, or of the hour after two days" }),
			last_at: Time,
			last_request_id: orNull(Type.String({ description: "The last refusal that is kept" })),
		}),
	),
	groups: Type.Integer({ description: "All groups that match; 0 on a page after the last" }),
	requests: Type.Integer({ description: "The refusals in all of them; whole minutes, and whole hours after two days" }),
	next_cursor: orNull(Text),
});

export const FailureHours = Type.Object({
	data: Type.Array(
		Type.Object({
			start: Time,
			requests: Type.Integer(),
			unproven: Type.Integer({ description: "Those without a right secret, which are no requests of a key and in no usage report" }),
		}),
		{ description: "Hours in UTC; those without a refusal are absent" },
	),
});

export type FailureGroupPageAnswer = Static<typeof FailureGroupPage>;
export type FailureHoursAnswer = Static<typeof FailureHours>;
