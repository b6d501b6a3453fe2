import { type ChangeContext, change } from "../audit/change.ts";
import { reauthorize } from "../audit/reauthorize.ts";
import { canonicalJson } from "../core/canonical.ts";
import { ApiError, type InputError } from "../core/error.ts";
import type { DatabaseContext } from "../database/database.ts";
import { type ReadTx, read } from "../database/transaction.ts";
import { readCatalogue } from "../plans/store.ts";
import { coversMethods, type ForwardAuthRule, parsePattern, shapeOf } from "./rule.ts";
import type { RuleInput, RulesAnswer, RulesInput } from "./schema.ts";
import { lockRules, readRules, type StoredRules, saveRules } from "./store.ts";

export function toRulesResponse({ rules, updated_at }: StoredRules): RulesAnswer {
	return { rules, updated_at: updated_at?.toISOString() ?? null };
}

/** Returns the rules of forwarded requests, in order. */
export async function getForwardAuthRules(context: DatabaseContext): Promise<RulesAnswer> {
	return toRulesResponse(await read(context, readRules));
}

const RULES_ID = "forward_auth_rules";
const ERRORS_SHOWN_MAX = 20;

function toRule(input: RuleInput): ForwardAuthRule {
	const { pattern, methods = null, permissions = [], capability = null, cost = 1, limits = [], note = null } = input;
	return { pattern, methods, permissions, capability, cost, limits, note: note === "" ? null : note };
}

/** Index of an earlier rule that matches every request of this one; -1 for none. */
function coveredBy(rules: readonly ForwardAuthRule[], shapes: readonly (string | null)[], index: number): number {
	const rule = rules[index];
	if (rule === undefined || shapes[index] === null) return -1;
	return rules.findIndex((earlier, at) => at < index && shapes[at] === shapes[index] && coversMethods(earlier, rule));
}

function validateRules(rules: readonly ForwardAuthRule[]): InputError[] {
	const patterns = rules.map((rule) => parsePattern(rule.pattern));
	const shapes = patterns.map((pattern) => (typeof pattern === "string" ? null : shapeOf(pattern)));
	return rules.flatMap((rule, index) => {
		const pattern = patterns[index];
		const errors: InputError[] = [];
		if (typeof pattern === "string") errors.push({ pointer: `/rules/${index}/pattern`, detail: pattern });
		const earlier = coveredBy(rules, shapes, index);
		if (earlier !== -1) errors.push({ pointer: `/rules/${index}`, detail: `never applies: rule ${earlier} matches every request that it matches` });
		const names = rule.limits.map(({ name }) => name);
		const twice = names.findIndex((name, at) => names.indexOf(name) < at);
		if (twice !== -1) errors.push({ pointer: `/rules/${index}/limits/${twice}/name`, detail: "repeats the name of another limit" });
		return errors;
	});
}

function assertNoErrors(errors: readonly InputError[]): void {
	if (errors.length === 0) return;
	throw new ApiError("invalid_request", "Invalid rules. See `errors`.", { errors: errors.slice(0, ERRORS_SHOWN_MAX) });
}

/** Parses rules and fills in defaults. 400 `invalid_request` with the first 20 errors. */
export function parseRules(inputs: readonly RuleInput[]): ForwardAuthRule[] {
	const rules = inputs.map(toRule);
	assertNoErrors(validateRules(rules));
	return rules;
}

/** A permission outside the catalogue is a typing error. */
async function assertKnownPermissions(tx: ReadTx, rules: readonly ForwardAuthRule[]): Promise<void> {
	const catalogue = await readCatalogue(tx);
	assertNoErrors(
		rules.flatMap(({ permissions }, index) =>
			permissions.flatMap((permission, at) =>
				catalogue.has(permission) ? [] : [{ pointer: `/rules/${index}/permissions/${at}`, detail: "is not in the permission catalogue" }],
			),
		),
	);
}

/** Replaces all rules of forwarded requests. They apply on every node before the response. 400 `invalid_request`. */
export async function putForwardAuthRules(context: ChangeContext, input: RulesInput): Promise<RulesAnswer> {
	const rules = parseRules(input.rules);
	return change(context, async (tx) => {
		await reauthorize(tx);
		const before = await lockRules(tx);
		if (before.updated_at !== null && canonicalJson(before.rules) === canonicalJson(rules)) return { unchanged: toRulesResponse(before) };
		await assertKnownPermissions(tx, rules);
		const updated_at = new Date(context.clock.now());
		await saveRules(tx, rules, updated_at);
		return {
			result: toRulesResponse({ rules, updated_at }),
			audit: [
				{
					action: "forward_auth_rules.updated",
					target: { kind: "forward_auth_rules", id: RULES_ID },
					facts: { before: before.rules, rules },
				},
			],
			invalidates: [{ kind: "forward_auth", id: RULES_ID }],
		};
	});
}
