import type { Seen } from "../../http/meanwhile.ts";
import type { Rule } from "../queries.ts";
import { formatRecipients, formatThreshold, RULES } from "./words.ts";

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
