import type { Seen } from "../../http/meanwhile.ts";
import type { Rule, RuleName } from "../queries.ts";

/** A threshold: what it counts, its default and its range, as the server validates them. */
export interface Threshold {
	readonly label: string;
	readonly unit: string;
	readonly standard: number;
	readonly min: number;
	readonly max: number;
	/** "10 × the usual", "14 days before". */
	readonly format: (value: number) => string;
}

interface RuleWords {
	readonly name: string;
	/** What it watches, after "Raised when". */
	readonly when: string;
	/** Null: raised at once. */
	readonly threshold: Threshold | null;
}

const days = (value: number): string => (value === 1 ? "1 day" : `${value} days`);
const daysBefore = (value: number): string => (value === 0 ? "on the day" : `${days(value)} before`);

function formatMinutes(minutes: number): string {
	if (minutes % 60 !== 0) return minutes === 1 ? "after 1 minute" : `after ${minutes} minutes`;
	return minutes === 60 ? "after 1 hour" : `after ${minutes / 60} hours`;
}

/** Every rule in words. One that the server adds does not compile without its line here; words.test.ts compares the ranges. */
export const RULES: Readonly<Record<RuleName, RuleWords>> = {
	failures_jump: {
		name: "Refusals jump",
		when: "far more requests than usual are refused",
		threshold: { label: "How many times the usual", unit: "×", standard: 10, min: 2, max: 1_000, format: (value) => `${value} × the usual` },
	},
	dead_key_presented: {
		name: "Ended key presented",
		when: "a revoked, expired or replaced key is still presented",
		threshold: {
			...{ label: "Requests in a day", unit: "requests", standard: 1, min: 1, max: 1_000_000 },
			format: (value) => (value === 1 ? "at once" : `${value.toLocaleString("en")} requests a day`),
		},
	},
	key_expiring: {
		name: "Key expires",
		when: "a key is near its end",
		threshold: { label: "Days before its end", unit: "days", standard: 14, min: 1, max: 365, format: daysBefore },
	},
	rotation_due: {
		name: "Replacement due",
		when: "a key is to be replaced soon, or overdue",
		threshold: { label: "Days before it is due", unit: "days", standard: 7, min: 0, max: 365, format: daysBefore },
	},
	new_source: {
		name: "New client",
		when: "a key in use is used from a place that is new",
		threshold: {
			...{ label: "New clients in a day", unit: "clients", standard: 1, min: 1, max: 64 },
			format: (value) => (value === 1 ? "at once" : `${value} in a day`),
		},
	},
	limit_near: {
		name: "Limit near",
		when: "much of a limit of the plan is used",
		threshold: { label: "Share that is used", unit: "%", standard: 80, min: 1, max: 100, format: (value) => `from ${value} %` },
	},
	key_unused: {
		name: "Key unused",
		when: "a key was not used for long",
		threshold: { label: "Days without a request", unit: "days", standard: 90, min: 1, max: 3_650, format: (value) => `after ${days(value)}` },
	},
	responsible_left: { name: "Responsible person left", when: "the person responsible for a key leaves the team", threshold: null },
	key_exposed: { name: "Key exposed", when: "a key is seen in a URL, a browser or the like", threshold: null },
	canary_used: { name: "Canary key used", when: "a canary key is presented", threshold: null },
	webhook_failing: {
		name: "Webhook failing",
		when: "a webhook accepts nothing, or was disabled for it",
		threshold: { label: "Minutes without success", unit: "minutes", standard: 60, min: 1, max: 1_440, format: formatMinutes },
	},
};

/** Guarantee: the keys of `RULES` are exactly the rules. */
export const RULE_NAMES = Object.keys(RULES) as readonly RuleName[];

/** Rules whose subject is mailed in words of its own, to owners, admins and the responsible person, whatever the rule says. */
export const RULES_WITH_OWN_MAIL: readonly RuleName[] = ["new_source", "rotation_due", "key_expiring"];

/** "at once", "14 days before". */
export function formatThreshold(rule: RuleName, value: number | null): string {
	const { threshold } = RULES[rule];
	return threshold === null || value === null ? "at once" : threshold.format(value);
}

const GROUPS: Readonly<Record<string, string>> = { owners: "Owners", admins: "Admins", responsible: "Responsible person" };
export const GROUP_WORDS = Object.entries(GROUPS).map(([value, label]) => ({ value, label }));

export function isGroup(recipient: string): boolean {
	return recipient in GROUPS;
}

interface Member {
	readonly id: string;
	readonly name: string;
}

/** Whom a rule mails: "Owners, Dana". Empty for no one; a member who has left gets nothing and is not named. */
export function formatRecipients(to: readonly string[], members: readonly Member[]): string {
	const names = to.flatMap((recipient) => GROUPS[recipient] ?? members.find(({ id }) => id === recipient)?.name ?? []);
	const [first = "", ...others] = names;
	return [first, ...others.map((name) => (Object.values(GROUPS).includes(name) ? name.toLowerCase() : name))].join(", ");
}

/** What a person decides by, when they change a rule. */
export function seenOfRule(members: readonly { readonly id: string; readonly name: string }[]): readonly Seen<Rule>[] {
	return [
		{ name: "On", format: ({ enabled }) => (enabled ? "on" : "off") },
		{ name: "From", format: ({ rule, threshold }) => formatThreshold(rule, threshold) },
		{ name: "Mailed to", format: ({ to }) => formatRecipients(to, members) || "no one" },
	];
}

/** What is wrong with a threshold, as a sentence; null for nothing. */
export function thresholdFault(rule: Rule["rule"], value: number | string): string | null {
	const range = RULES[rule].threshold;
	if (range === null) return null;
	const { min, max } = range;
	const is_right = typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
	return is_right ? null : `Write a whole number from ${min.toLocaleString("en")} to ${max.toLocaleString("en")}.`;
}
