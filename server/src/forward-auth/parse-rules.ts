import { ApiError, type InputError } from "../core/error.ts";
import { coversMethods, type ForwardAuthRule, getShape, parsePattern } from "./rule.ts";
import type { RuleInput } from "./schema.ts";

export const ERRORS_SHOWN_MAX = 20;

export function toRule(input: RuleInput): ForwardAuthRule {
	const { pattern, methods = null, permissions = [], capability = null, cost = 1, limits = [], budgets = {}, note = null } = input;
	return { pattern, methods, permissions, capability, cost, limits, budgets, note: note === "" ? null : note };
}

/** Index of an earlier rule that matches every request of this one; -1 for none. */
export function findCoveringRule(rules: readonly ForwardAuthRule[], shapes: readonly (string | null)[], index: number): number {
	const rule = rules[index];
	if (rule === undefined || shapes[index] === null) return -1;
	return rules.findIndex((earlier, at) => at < index && shapes[at] === shapes[index] && coversMethods(earlier, rule));
}

export function validateRules(rules: readonly ForwardAuthRule[]): InputError[] {
	const patterns = rules.map((rule) => parsePattern(rule.pattern));
	const shapes = patterns.map((pattern) => (typeof pattern === "string" ? null : getShape(pattern)));
	return rules.flatMap((rule, index) => {
		const pattern = patterns[index];
		const errors: InputError[] = [];
		if (typeof pattern === "string") errors.push({ pointer: `/rules/${index}/pattern`, detail: pattern });
		const earlier = findCoveringRule(rules, shapes, index);
		if (earlier !== -1) errors.push({ pointer: `/rules/${index}`, detail: `never applies: rule ${earlier} matches every request that it matches` });
		const names = rule.limits.map(({ name }) => name);
		const twice = names.findIndex((name, at) => names.indexOf(name) < at);
		if (twice !== -1) errors.push({ pointer: `/rules/${index}/limits/${twice}/name`, detail: "repeats the name of another limit" });
		return errors;
	});
}

export function assertNoErrors(errors: readonly InputError[]): void {
	if (errors.length === 0) return;
	throw new ApiError("invalid_request", "Invalid rules. See `errors`.", { errors: errors.slice(0, ERRORS_SHOWN_MAX) });
}

/** Parses rules and fills in defaults. 400 `invalid_request` with the first 20 errors. */
export function parseRules(inputs: readonly RuleInput[]): ForwardAuthRule[] {
	const rules = inputs.map(toRule);
	assertNoErrors(validateRules(rules));
	return rules;
}
