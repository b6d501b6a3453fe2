import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../core/time.ts";

/** Who receives the mails of a rule: people by their role or duty; or a member, by id. */
export const RECIPIENT_GROUPS = ["owners", "admins", "responsible"] as const;

/**
 * How a rule learns that something is the matter. `news`: occurrences are written down as they happen, and it is resolved after a time without
 * one. `state`: it is raised while a state lasts, looked at every `every_ms`.
 */
type Kind =
	| {
			readonly kind: "news";
			/** Resolved after this time without an occurrence; null: when `every_ms` finds that it has ended. */
			readonly quiet_ms: number | null;
			/** The same for one that comes back soon after it was resolved: what recurs every hour or day is one alert. */
			readonly quiet_again_ms: number | null;
			readonly every_ms: number | null;
	  }
	| { readonly kind: "state"; readonly every_ms: number };

/** A threshold and what it counts; null for a rule that has none. */
interface Threshold {
	readonly default: number;
	readonly min: number;
	readonly max: number;
	/** For people, after the number. */
	readonly unit: string;
	/** Whether the rule is raised from the threshold on, or below it. */
	readonly reached: "at_least" | "at_most";
}

interface RuleKind {
	readonly threshold: Threshold | null;
	readonly to: readonly string[];
	readonly remind_ms: number;
	readonly how: Kind;
}

const OFTEN_MS = 10 * SECOND_MS;
const URGENT_REMIND_MS = 8 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** More than a day, for what happens once a day. */
const QUIET_AGAIN_MS = 26 * HOUR_MS;

const SECURITY = { to: ["owners", "responsible"], remind_ms: URGENT_REMIND_MS } as const;
const MATTER = { to: ["responsible"], remind_ms: WEEK_MS } as const;

/** Every rule with its defaults; docs/alerts.md explains them. */
export const RULE_KINDS = {
	failures_jump: {
		...SECURITY,
		threshold: { default: 10, min: 2, max: 1_000, unit: "times the usual refusals", reached: "at_least" },
		how: { kind: "news", quiet_ms: 5 * MINUTE_MS, quiet_again_ms: 2 * HOUR_MS, every_ms: null },
	},
	dead_key_presented: {
		...SECURITY,
		threshold: { default: 1, min: 1, max: 1_000_000, unit: "requests in a day", reached: "at_least" },
		how: { kind: "news", quiet_ms: 5 * MINUTE_MS, quiet_again_ms: QUIET_AGAIN_MS, every_ms: null },
	},
	key_expiring: {
		...MATTER,
		threshold: { default: 14, min: 1, max: 365, unit: "days before", reached: "at_most" },
		how: { kind: "state", every_ms: OFTEN_MS },
	},
	rotation_due: {
		...MATTER,
		threshold: { default: 7, min: 0, max: 365, unit: "days before", reached: "at_most" },
		how: { kind: "state", every_ms: OFTEN_MS },
	},
	new_source: {
		...SECURITY,
		threshold: { default: 1, min: 1, max: 64, unit: "new sources in a day", reached: "at_least" },
		how: { kind: "news", quiet_ms: DAY_MS, quiet_again_ms: null, every_ms: null },
	},
	limit_near: {
		to: ["owners", "admins"],
		remind_ms: WEEK_MS,
		threshold: { default: 80, min: 1, max: 100, unit: "percent", reached: "at_least" },
		how: { kind: "state", every_ms: MINUTE_MS },
	},
	key_unused: {
		...MATTER,
		threshold: { default: 90, min: 1, max: 3_650, unit: "days", reached: "at_least" },
		how: { kind: "state", every_ms: 15 * MINUTE_MS },
	},
	responsible_left: { to: ["owners"], remind_ms: WEEK_MS, threshold: null, how: { kind: "state", every_ms: MINUTE_MS } },
	key_exposed: { ...SECURITY, threshold: null, how: { kind: "news", quiet_ms: null, quiet_again_ms: null, every_ms: OFTEN_MS } },
	canary_used: { ...SECURITY, threshold: null, how: { kind: "news", quiet_ms: DAY_MS, quiet_again_ms: null, every_ms: null } },
	webhook_failing: {
		to: ["owners", "admins"],
		remind_ms: DAY_MS,
		threshold: { default: 60, min: 1, max: 1_440, unit: "minutes", reached: "at_least" },
		how: { kind: "state", every_ms: OFTEN_MS },
	},
} as const satisfies Readonly<Record<string, RuleKind>>;

export type RuleName = keyof typeof RULE_KINDS;

/** Guarantee: `RULE_KINDS` is an object literal, which has no other keys. */
export const RULE_NAMES = Object.keys(RULE_KINDS) as readonly RuleName[];

export function getKind(rule: RuleName): RuleKind {
	return RULE_KINDS[rule];
}

/** What a tenant has decided about a rule, or its default. */
export interface Rule {
	readonly rule: RuleName;
	readonly enabled: boolean;
	/** Null for a rule that has none. */
	readonly threshold: number | null;
	readonly to: readonly string[];
}

export function defaultRule(rule: RuleName): Rule {
	const { threshold, to } = getKind(rule);
	return { rule, enabled: true, threshold: threshold?.default ?? null, to };
}

/** Whether `value`, in the unit of the rule's threshold, is enough to raise it. */
export function isReached(rule: Rule, value: number): boolean {
	const { threshold } = getKind(rule.rule);
	if (threshold === null) return true;
	const limit = rule.threshold ?? threshold.default;
	return threshold.reached === "at_least" ? value >= limit : value <= limit;
}
