import Type, { type Static, type TSchema } from "typebox";
import { ERRORS } from "../core/error.ts";
import { pageQuery } from "../http/input/cursor.ts";
import { CHECK_NAMES, OUTCOMES } from "./refusal.ts";

const ID_CHARACTERS_MAX = 128;
const TIME_CHARACTERS_MAX = 40;
export const Time = Type.String({ format: "date-time" });
export const Text = Type.String();
export const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const Id = Type.String({ minLength: 1, maxLength: ID_CHARACTERS_MAX });
const FactValue = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null(), Type.Array(Type.String())]);

export const period = {
	from: Type.Optional(Type.String({ format: "date-time", maxLength: TIME_CHARACTERS_MAX, description: "Inclusive" })),
	to: Type.Optional(Type.String({ format: "date-time", maxLength: TIME_CHARACTERS_MAX, description: "Exclusive" })),
};
const code = Type.Optional(
	Type.String({ maxLength: ID_CHARACTERS_MAX, pattern: "^[a-z_]+$", description: "A code of a denial, such as `key_revoked`" }),
);

const proven = Type.Optional(Type.Boolean({ description: "Only those with a right secret, or only those without" }));

export const FailuresQuery = Type.Object(
	{ code, key_id: Type.Optional(Id), source_id: Type.Optional(Id), proven, ...period, ...pageQuery },
	{ additionalProperties: false },
);
export const UnknownFailuresQuery = Type.Object(
	{ code, address: Type.Optional(Id), kid: Type.Optional(Id), ...period, ...pageQuery },
	{ additionalProperties: false },
);

const source = { id: Text, network: Text, agent: Text, client: orNull(Text) };
const failure = {
	request_id: Text,
	at: Time,
	code: Text,
	status: Type.Integer({ description: "The status that the caller got, or was to get from the API that asked" }),
	check: Type.Enum([...CHECK_NAMES], { description: "The check that refused the request" }),
	operation: Type.String({ description: "A route, or the operation that a service or rule named; never a path" }),
	facts: Type.Record(Type.String(), FactValue, { description: "What the check knew" }),
};

export const FailurePage = Type.Object({
	data: Type.Array(
		Type.Object({
			...failure,
			key_id: Text,
			key_name: Text,
			kid: Type.String({ description: "The secret that was presented" }),
			source: Type.Object({ ...source, name: orNull(Text) }),
			proven: Type.Boolean({ description: "False: the secret was wrong or incomplete, so that anyone can have sent the request" }),
		}),
		{ description: "The last 100 of each key and code, and a sample of the others" },
	),
	counts: Type.Array(Type.Object({ code: Text, requests: Type.Integer() }), {
		description: "All refusals that match, those that were not kept too; whole minutes, and whole hours after two days",
	}),
	next_cursor: orNull(Text),
});

const Frequent = (name: string) => Type.Array(Type.Object({ [name]: Text, requests: Type.Integer() }));

export const UnknownFailurePage = Type.Object({
	data: Type.Array(
		Type.Object({
			...failure,
			kid: orNull(Text),
			address: orNull(Text),
			source: Type.Object(source),
			requests: Type.Integer({ description: "How many refusals of this address, kid and code it represents" }),
		}),
	),
	addresses: Frequent("address"),
	kids: Frequent("kid"),
	next_cursor: orNull(Text),
});

const explanation = {
	request_id: Type.String({ description: "The request that is explained: the nearest kept one if `exact` is false" }),
	at: Time,
	allowed: Type.Boolean(),
	code: Text,
	check: Type.Enum([...CHECK_NAMES], { description: "The check that refused the request" }),
	summary: Text,
	cause: Type.Array(Type.Object({ fact: Text, value: FactValue })),
	cure: Text,
	status: Type.Integer({ description: "The status that the caller got, or was to get from the API that asked" }),
	operation: Text,
	proven: Type.Boolean({ description: "False: the secret was wrong or incomplete, so that anyone can have sent the request" }),
	detail: orNull(Type.String({ description: "What the caller received; null for refusals of before this was kept" })),
	checks: Type.Array(Type.Object({ check: Type.Enum([...CHECK_NAMES]), outcome: Type.Enum([...OUTCOMES]) }), {
		description: "How far the request came, in the order of the checks",
	}),
	key: orNull(
		Type.Object({ id: Text, name: Text, last4: orNull(Text) }, { description: "The key; with `proven` false, the one that the request named" }),
	),
	source: Type.Object({ ...source, name: orNull(Type.String({ description: "As the tenant calls it; null for the key itself" })) }),
	alike: orNull(
		Type.Object(
			{ source_id: Text, requests_24h: Type.Integer(), requests: Type.Integer(), first_at: Time },
			{ description: "Refusals with the same code, key and source: in the last 24 hours, and in all that are counted" },
		),
	),
	last_success: orNull(Type.Object({ at: Time, operation: Text })),
	exact: Type.Boolean({ description: "False: the refusal was not kept, and this is the nearest one of that time" }),
	asked_at: orNull(Type.String({ format: "date-time", description: "If `exact` is false: when the request came that was asked about" })),
};

export const ExplanationSchema = Type.Object(explanation);
export const OperatorExplanation = Type.Object({ ...explanation, tenant_id: orNull(Text), key_id: orNull(Text), address: orNull(Text) });

export type FailurePageAnswer = Static<typeof FailurePage>;
export type UnknownFailurePageAnswer = Static<typeof UnknownFailurePage>;
export type ExplanationAnswer = Static<typeof ExplanationSchema>;
export type OperatorExplanationAnswer = Static<typeof OperatorExplanation>;

/** The status of a code. */
export function getStatus(name: keyof typeof ERRORS): number {
	return ERRORS[name].status;
}
