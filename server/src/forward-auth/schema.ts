import Type, { type Static } from "typebox";
import { BUDGETS_MAX } from "../keys/budgets/budget.ts";
import { Time } from "../keys/secrets/schema-parts.ts";
import { PERMISSION_PATTERN } from "../plans/catalogue/permission.ts";
import { Capability, LIMIT_NAME_PATTERN } from "../plans/schema.ts";
import { METHOD_PATTERN, PATTERN_CHARACTERS_MAX, RULES_MAX } from "./rule.ts";

const METHODS_MAX = 32;
const PERMISSIONS_MAX = 32;
const LIMITS_MAX = 8;
const NOTE_CHARACTERS_MAX = 300;
const URI_CHARACTERS_MAX = 8_192;
const COST_MAX = 1_000_000;
/** About the size of all rules at their maximum length. */
export const RULES_BODY_BYTES_MAX = 1_048_576;

function orNull<S extends Type.TSchema>(schema: S) {
	return Type.Union([schema, Type.Null()]);
}

const Cost = Type.Integer({ minimum: 1, maximum: COST_MAX, description: "How many requests one counts for" });
const Pattern = Type.String({
	minLength: 1,
	maxLength: PATTERN_CHARACTERS_MAX,
	description: "Such as /tenants/:tenant_id/sites/:site_id/*: a name binds tenant or site, or matches any segment; * matches the rest",
});
const MethodList = Type.Array(Type.String({ pattern: METHOD_PATTERN }), { minItems: 1, maxItems: METHODS_MAX, uniqueItems: true });
const Permissions = Type.Array(Type.String({ pattern: PERMISSION_PATTERN }), {
	maxItems: PERMISSIONS_MAX,
	uniqueItems: true,
	description: "All are required",
});
const Limits = Type.Array(Type.Object({ name: Type.String({ pattern: LIMIT_NAME_PATTERN }), cost: Cost }, { additionalProperties: false }), {
	maxItems: LIMITS_MAX,
	description: "The cost of the request for each named rate limit",
});
const Budgets = Type.Record(Type.String({ pattern: LIMIT_NAME_PATTERN }), Type.Integer({ minimum: 0, maximum: COST_MAX }), {
	additionalProperties: false,
	maxProperties: BUDGETS_MAX,
	description: "What the request spends of the key's budgets by name, in place of `cost`. A name that the key has not is no budget",
});
const Note = orNull(Type.String({ maxLength: NOTE_CHARACTERS_MAX }));

export const RuleInput = Type.Object(
	{
		pattern: Pattern,
		methods: Type.Optional(orNull(MethodList)),
		permissions: Type.Optional(Permissions),
		capability: Type.Optional(orNull(Capability)),
		cost: Type.Optional(Cost),
		limits: Type.Optional(Limits),
		budgets: Type.Optional(Budgets),
		note: Type.Optional(Note),
	},
	{ additionalProperties: false },
);
export type RuleInput = Static<typeof RuleInput>;

const RuleList = Type.Array(RuleInput, { maxItems: RULES_MAX, description: "In order: the first that matches applies" });
export const RulesInput = Type.Object({ rules: RuleList }, { additionalProperties: false });
export type RulesInput = Static<typeof RulesInput>;

export const RuleSchema = Type.Object({
	pattern: Pattern,
	methods: orNull(Type.Immutable(MethodList)),
	permissions: Type.Immutable(Permissions),
	capability: orNull(Capability),
	cost: Cost,
	limits: Type.Immutable(Limits),
	budgets: Budgets,
	note: Note,
});

export const RulesAnswer = Type.Object({ rules: Type.Immutable(Type.Array(RuleSchema)), updated_at: orNull(Time) });
export type RulesAnswer = Static<typeof RulesAnswer>;

export const TestInput = Type.Object(
	{
		method: Type.String({ minLength: 1, maxLength: 64 }),
		uri: Type.String({ minLength: 1, maxLength: URI_CHARACTERS_MAX, description: "Path and query, as sent" }),
		raw_key: Type.Optional(
			Type.String({ maxLength: 4096, writeOnly: true, description: "The API key to test; with it the response also has the decision" }),
		),
		ip: Type.Optional(
			Type.String({ maxLength: 64, description: "The caller's address; omitted: unknown, which no list of allowed addresses matches" }),
		),
		rules: Type.Optional(RuleList),
	},
	{ additionalProperties: false },
);
export type TestInput = Static<typeof TestInput>;

const Refusal = Type.Object({ status: Type.Integer(), code: Type.String(), detail: Type.String() });

export const TestAnswer = Type.Object({
	rule: orNull(RuleSchema),
	rule_index: orNull(Type.Integer({ description: "Its index in the list, from 0" })),
	between: Type.Immutable(
		Type.Array(Type.Integer(), { description: "The rules that match different spellings of the path, if it is refused for that" }),
	),
	tenant_id: orNull(Type.String()),
	site_id: orNull(Type.String()),
	permissions: Type.Immutable(Type.Array(Type.String())),
	capability: orNull(Type.String()),
	cost: Type.Integer(),
	limits: Type.Immutable(Limits),
	budgets: Budgets,
	refusal: Type.Union([Refusal, Type.Null()], { description: "Why the request is denied regardless of its key; null if it is not" }),
	decision: orNull(
		Type.Object({
			allowed: Type.Boolean(),
			status: Type.Integer(),
			code: Type.String({ description: "`allowed`, or the code of the denial" }),
			detail: Type.String(),
			key: Type.Optional(
				Type.Object({
					id: Type.String(),
					name: Type.String(),
					environment: Type.String(),
					last4: Type.String(),
					permissions: Type.Array(Type.String()),
					site_ids: orNull(Type.Array(Type.String())),
					expires_at: orNull(Type.String()),
					rotation_due_at: orNull(Type.String()),
				}),
			),
			tenant: Type.Optional(Type.Object({ id: Type.String(), name: Type.String() })),
		}),
	),
});
export type TestAnswer = Static<typeof TestAnswer>;
