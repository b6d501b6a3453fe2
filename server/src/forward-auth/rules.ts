import { type ChangeContext, change } from "../audit/change.ts";
import { reauthorize } from "../audit/reauthorize.ts";
import { canonicalJson } from "../core/canonical.ts";
import type { DatabaseContext } from "../database/database.ts";
import { type ReadTx, read } from "../database/transaction.ts";
import { readCatalogue } from "../plans/store.ts";
import { assertNoErrors, parseRules } from "./parse-rules.ts";
import type { ForwardAuthRule } from "./rule.ts";
import type { RulesAnswer, RulesInput } from "./schema.ts";
import { lockRules, readRules, type StoredRules, saveRules } from "./store.ts";

export function toRulesResponse({ rules, updated_at }: StoredRules): RulesAnswer {
	return { rules, updated_at: updated_at?.toISOString() ?? null };
}

/** Returns the rules of forwarded requests, in order. */
export async function getForwardAuthRules(context: DatabaseContext): Promise<RulesAnswer> {
	return toRulesResponse(await read(context, readRules));
}

const RULES_ID = "forward_auth_rules";

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
					details: { before: before.rules, rules },
				},
			],
			invalidates: [{ kind: "forward_auth", id: RULES_ID }],
		};
	});
}
