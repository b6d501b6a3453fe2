import { assertStillAllowed, type ChangeContext } from "../audit/change.ts";
import { ERRORS } from "../core/error.ts";
import { parseForwarded } from "../core/network.ts";
import type { ProblemDetails } from "../http/problem.ts";
import { keyNotSent } from "../verification/denial.ts";
import { toGrantResponse } from "../verification/grants/response.ts";
import type { Decision } from "../verification/question.ts";
import type { Verifier } from "../verification/verifier.ts";
import { pathOfUri, validateTarget } from "./forwarded.ts";
import type { ForwardAuthContext } from "./live.ts";
import { RuleMatcher } from "./matcher.ts";
import { parseRules } from "./parse-rules.ts";
import { getRequirements, type Requirements } from "./requirements.ts";
import type { TestAnswer, TestInput } from "./schema.ts";

export interface ForwardAuthTestContext extends ChangeContext, ForwardAuthContext {
	readonly verifier: Verifier;
}

function toRefusalResponse({ code, detail }: ProblemDetails) {
	return { status: ERRORS[code].status, code, detail };
}

const NO_RULE: ProblemDetails = { code: "not_found", detail: "No rule covers this request, so it is not found with any key." };

function toTestResponse(required: Requirements | null, refusal: ProblemDetails | null, decision: TestAnswer["decision"]): TestAnswer {
	return {
		rule: required?.rule?.rule ?? null,
		rule_index: required?.rule?.index ?? null,
		between: [],
		tenant_id: required?.tenant_id || null,
		site_id: required?.site_id ?? null,
		permissions: required?.permissions ?? [],
		capability: required?.capability ?? null,
		cost: required?.cost ?? 1,
		limits: required?.rule?.rule.limits ?? [],
		budgets: required?.rule?.rule.budgets ?? {},
		refusal: refusal === null ? null : toRefusalResponse(refusal),
		decision,
	};
}

async function decide(verifier: Verifier, input: TestInput, raw_key: string, required: Requirements): Promise<Decision> {
	if (raw_key.trim() === "") return { denial: keyNotSent(), grant: null };
	const address = input.ip === undefined ? null : parseForwarded(input.ip);
	return verifier.examine({
		...{ request_id: null, raw_key, address, client: "server", plain_http: false, source: verifier.sources.find(address, null, null) },
		...{ tenant_id: required.tenant_id, site_id: required.site_id, permissions: required.permissions, capability: required.capability },
		...{ cost: required.cost, limits: required.limits, budgets: required.budgets, operation: required.operation },
	});
}

function toDecisionResponse({ denial, grant }: Decision): TestAnswer["decision"] {
	return {
		allowed: denial === null,
		...(denial === null
			? { status: 200, code: "allowed", detail: "The request would be allowed unless a limit is exhausted." }
			: toRefusalResponse(denial)),
		...(grant === null ? {} : toGrantResponse(grant)),
	};
}

/**
 * Dry run of a forwarded request with the stored rules or a draft. Spends and counts nothing. 400 `invalid_request` for an invalid draft.
 */
export async function testForwardAuth(context: ForwardAuthTestContext, input: TestInput): Promise<TestAnswer> {
	const { method, uri, raw_key } = input;
	await assertStillAllowed(context);
	const matcher = input.rules === undefined ? await context.forward_auth.current() : new RuleMatcher(parseRules(input.rules));
	const invalid = validateTarget(method, uri);
	if (invalid) return toTestResponse(null, invalid, null);
	const required = getRequirements(matcher, method, pathOfUri(uri));
	if ("code" in required) return { ...toTestResponse(null, required, null), between: matcher.readings(method, pathOfUri(uri)) };
	const decision = raw_key === undefined ? null : toDecisionResponse(await decide(context.verifier, input, raw_key, required));
	return toTestResponse(required, required.rule === null && matcher.rules.length > 0 ? NO_RULE : null, decision);
}
