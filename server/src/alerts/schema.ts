import Type, { type Static, type TSchema } from "typebox";
import { pageSchema } from "../http/input/cursor.ts";
import { ALERT_STATUSES } from "./alert.ts";
import { RECIPIENT_GROUPS, RULE_NAMES } from "./rule.ts";

const RECIPIENTS_MAX = 20;
const RECIPIENT_CHARACTERS_MAX = 64;
const THRESHOLD_MAX = 1_000_000;

const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const Time = Type.String({ format: "date-time" });
const RuleNames = Type.Enum([...RULE_NAMES]);
const Recipient = Type.String({
	minLength: 1,
	maxLength: RECIPIENT_CHARACTERS_MAX,
	description: `${RECIPIENT_GROUPS.map((group) => `\`${group}\``).join(", ")}, or the id of a member`,
});

const ReachedSchema = orNull(
	Type.Object(
		{
			mails: orNull(
				Type.Array(
					Type.Object({
						name: Type.String(),
						status: Type.Enum(["waiting", "digest", "sent", "failed"], { description: "`digest`: in the digest of the day, with others" }),
						at: orNull(Type.String({ format: "date-time", description: "When the mail server accepted it" })),
					}),
					{ description: "Null: not queued yet" },
				),
			),
			webhooks: orNull(
				Type.Array(
					Type.Object({
						webhook_id: Type.String(),
						url_origin: Type.String(),
						status: Type.Enum(["waiting", "delivered", "failed"]),
						at: orNull(Type.String({ format: "date-time", description: "Of the last attempt" })),
					}),
					{ description: "Null: not queued yet. Those of the operator are not listed" },
				),
			),
		},
		{ description: "Who received it when it was raised; null once its event is deleted (`KEYWRIGHT_EVENT_RETENTION_DAYS`)" },
	),
);
const Person = Type.Object({ kind: Type.String(), id: Type.Optional(Type.String()), name: Type.String() });

export const AlertSchema = Type.Object({
	id: Type.String(),
	rule: RuleNames,
	status: Type.Enum([...ALERT_STATUSES]),
	raised_at: Time,
	last_at: Type.String({ format: "date-time", description: "The latest occurrence" }),
	reminded_at: orNull(Time),
	resolved_at: orNull(Time),
	acknowledged_at: orNull(Time),
	acknowledged_by: orNull(Person),
	key_id: orNull(Type.String({ description: "Null if it is not about one key" })),
	summary: Type.String({ description: "One sentence" }),
	evidence: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Null()]), {
		description: "What was found, by the names of facts; docs/alerts.md lists them by rule",
	}),
	count: Type.Integer({ description: "Occurrences, such as requests" }),
	reached: ReachedSchema,
});
export const AlertPage = Type.Object({
	...pageSchema(AlertSchema).properties,
	total: Type.Optional(Type.Integer({ description: "With `total` only" })),
});
export type AlertAnswer = Static<typeof AlertSchema>;

export const AlertRuleSchema = Type.Object({
	rule: RuleNames,
	enabled: Type.Boolean(),
	threshold: orNull(Type.Integer({ description: "docs/alerts.md gives the unit by rule; null for a rule that has none" })),
	to: Type.Array(Recipient, { description: "Who is mailed" }),
});
export type AlertRuleAnswer = Static<typeof AlertRuleSchema>;

export const AlertRules = Type.Object({ data: Type.Array(AlertRuleSchema) });

export const AlertRuleInput = Type.Object(
	{
		rule: RuleNames,
		enabled: Type.Optional(Type.Boolean()),
		threshold: Type.Optional(
			orNull(Type.Integer({ minimum: 0, maximum: THRESHOLD_MAX, description: "Null: the default. docs/alerts.md gives unit and range by rule" })),
		),
		to: Type.Optional(Type.Array(Recipient, { maxItems: RECIPIENTS_MAX, uniqueItems: true, description: "Who is mailed; empty for no one" })),
	},
	{ additionalProperties: false, description: "What is omitted stays as it is" },
);
export type AlertRuleInput = Static<typeof AlertRuleInput>;

export const AlertTestSchema = Type.Object({
	id: Type.String({ description: "`alert_id` of the event `alert.tested`; there is no alert with this id" }),
	rule: RuleNames,
	tested_at: Time,
	tested_by: Person,
	delivered_at: orNull(Type.String({ format: "date-time", description: "When the first mail server or receiver accepted it" })),
	reached: ReachedSchema,
});
export type AlertTestAnswer = Static<typeof AlertTestSchema>;
export const AlertTests = Type.Object({ data: Type.Array(AlertTestSchema) });

export const AlertTestInput = Type.Object({ rule: RuleNames }, { additionalProperties: false });

export const MadeAlertTest = Type.Object({
	test: AlertTestSchema,
	mail: Type.Enum(["queued", "off", "own_mail", "no_recipient"], {
		description:
			"Whether it is mailed, or why not: no mail server is configured; alerts of this rule are not mailed, because its events have mails of their own; no member of the rule's `to` has a proven address",
	}),
	not_proven: Type.Array(Type.String(), { description: "Names of members whom the rule mails and whose address is not proven: they get no mail" }),
});
export type MadeAlertTest = Static<typeof MadeAlertTest>;

export const alertFilter = {
	status: Type.Optional(Type.Enum([...ALERT_STATUSES, "open"], { description: "`open`: raised or acknowledged" })),
	rule: Type.Optional(RuleNames),
	key_id: Type.Optional(Type.String({ maxLength: 64 })),
	total: Type.Optional(Type.Boolean({ description: "Also return the number of alerts that match" })),
};
