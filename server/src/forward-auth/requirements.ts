import { CHOSEN_ID_PATTERN } from "../core/id.ts";
import type { ProblemDetails } from "../http/problem.ts";
import type { NamedCosts } from "../verification/limits/policy.ts";
import { type CompiledRule, type RuleMatcher, segmentAt, TWO_RULES } from "./matcher.ts";

/** What a forwarded request requires of its key. */
export interface Requirements {
	/** Null without rules, and when none covers the path. */
	readonly rule: CompiledRule | null;
	readonly tenant_id: string | null;
	readonly site_id: string | null;
	readonly permissions: readonly string[];
	readonly capability: string | null;
	readonly cost: number;
	readonly limits: NamedCosts | null;
	readonly budgets: NamedCosts | null;
	/** The operation that usage is counted under: a rule, never a path. */
	readonly operation: string;
}

const ID = new RegExp(CHOSEN_ID_PATTERN);
/** The id of no tenant. Every key gets `not_found`, in the normal order of checks. */
const NO_TENANT = "";
const NOTHING: readonly never[] = [];

const AMBIGUOUS: ProblemDetails = {
	code: "ambiguous_path",
	detail: "This path matches a different rule when its case, trailing slash or percent-encoding is changed. Send the path as the API documents it.",
};

function withoutRule(tenant_id: string | null, operation: string): Requirements {
	return { rule: null, tenant_id, site_id: null, permissions: NOTHING, capability: null, cost: 1, limits: null, budgets: null, operation };
}

const ANY_KEY = withoutRule(null, "forward-auth");
const NOT_COVERED = withoutRule(NO_TENANT, "forward-auth without a rule");

/** Finds what the rules require of a request with an unambiguous path. Refuses a path that matches two rules in different spellings. */
export function getRequirements(matcher: RuleMatcher, method: string, path: string): Requirements | ProblemDetails {
	if (matcher.rules.length === 0) return ANY_KEY;
	const found = matcher.find(method, path);
	if (found === TWO_RULES) return AMBIGUOUS;
	return found === null ? NOT_COVERED : requirementsOfRule(found, method, path);
}

function requirementsOfRule(compiled: CompiledRule, method: string, path: string): Requirements {
	const { rule, tenant_at, site_at } = compiled;
	const site_id = site_at === -1 ? null : segmentAt(path, site_at);
	const tenant_id = tenant_at === -1 ? null : segmentAt(path, tenant_at);
	// An invalid id needs no lookup: no such site exists.
	const nowhere = site_id !== null && !ID.test(site_id);
	return {
		rule: compiled,
		tenant_id: nowhere ? NO_TENANT : tenant_id,
		site_id: nowhere ? null : site_id,
		permissions: rule.permissions,
		capability: rule.capability,
		cost: rule.cost,
		limits: compiled.limits,
		budgets: compiled.budgets,
		operation: compiled.operations.get(method) ?? compiled.other_operation,
	};
}
