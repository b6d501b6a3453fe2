import { type ChangeContext, change } from "../audit/change.ts";
import { ApiError, type InputError } from "../core/error.ts";
import type { DatabaseContext } from "../database/database.ts";
import { type ReadTx, read } from "../database/transaction.ts";
import { readTenantForUpdate } from "../tenants/store.ts";
import { readMemberRole } from "../tenants/team/member-store.ts";
import { assertTenantActive, tenantNotFound } from "../tenants/tenant.ts";
import { defaultRule, getKind, RECIPIENT_GROUPS, RULE_NAMES, type Rule, type RuleName } from "./rule.ts";
import { makeRuleDue, putRuleRow, readRules } from "./rules-store.ts";
import type { AlertRuleAnswer, AlertRuleInput } from "./schema.ts";

const GROUPS: ReadonlySet<string> = new Set(RECIPIENT_GROUPS);

/** Every rule of a tenant, in a fixed order. */
export async function listRules(context: DatabaseContext, input: { tenant_id: string }): Promise<{ data: AlertRuleAnswer[] }> {
	const changed = await read(context, (tx) => readRules(tx, input.tenant_id));
	return { data: RULE_NAMES.map((name) => toRuleResponse(changed.find(({ rule }) => rule === name) ?? defaultRule(name))) };
}

/** Replaces what `input` has of a rule. It is evaluated anew within seconds. 400 for a threshold out of range or an unknown recipient. */
export async function putRule(context: ChangeContext, input: AlertRuleInput & { tenant_id: string }): Promise<AlertRuleAnswer> {
	const { tenant_id, rule: name } = input;
	return change(context, async (tx) => {
		const found = await readTenantForUpdate(tx, tenant_id);
		if (!found) throw tenantNotFound();
		assertTenantActive(found.tenant);
		const before = (await readRules(tx, tenant_id)).find(({ rule }) => rule === name) ?? defaultRule(name);
		const rule = merge(before, input);
		const errors = [...validateThreshold(name, input.threshold), ...(await validateRecipients(tx, tenant_id, rule.to, before.to))];
		if (errors.length > 0) throw new ApiError("invalid_request", "The rule is not valid. Correct what `errors` names.", { errors });
		if (JSON.stringify(rule) === JSON.stringify(before)) return { unchanged: toRuleResponse(before) };
		await putRuleRow(tx, tenant_id, rule);
		await makeRuleDue(tx, tenant_id, name);
		return {
			result: toRuleResponse(rule),
			audit: [{ action: "alert_rule.updated", target: { kind: "alert_rule", id: name }, tenant_id, details: { name, before, after: rule } }],
		};
	});
}

function merge(before: Rule, { enabled, threshold, to }: AlertRuleInput): Rule {
	const standard = defaultRule(before.rule).threshold;
	return {
		rule: before.rule,
		enabled: enabled ?? before.enabled,
		threshold: threshold === undefined ? before.threshold : (threshold ?? standard),
		to: to ?? before.to,
	};
}

function validateThreshold(rule: RuleName, threshold: number | null | undefined): InputError[] {
	if (threshold === null || threshold === undefined) return [];
	const range = getKind(rule).threshold;
	const pointer = "/threshold";
	if (range === null) return [{ pointer, detail: "must be null: this rule has no threshold" }];
	if (threshold >= range.min && threshold <= range.max) return [];
	return [{ pointer, detail: `must be from ${range.min} to ${range.max} ${range.unit}` }];
}

/** Those that the rule has already are not validated: a member may have left since. */
async function validateRecipients(tx: ReadTx, tenant_id: string, to: readonly string[], before: readonly string[]): Promise<InputError[]> {
	const errors: InputError[] = [];
	for (const [index, recipient] of to.entries()) {
		if (GROUPS.has(recipient) || before.includes(recipient)) continue;
		if ((await readMemberRole(tx, tenant_id, recipient)) !== null) continue;
		errors.push({ pointer: `/to/${index}`, detail: `must be ${[...GROUPS].join(", ")}, or the id of a member of this tenant` });
	}
	return errors;
}

function toRuleResponse({ rule, enabled, threshold, to }: Rule): AlertRuleAnswer {
	return { rule, enabled, threshold, to: [...to] };
}
