import { assertStillAllowed, type ChangeContext } from "../audit/change.ts";
import { ERRORS } from "../core/error.ts";
import { parseForwarded } from "../core/network.ts";
import type { Refusal } from "../http/problem.ts";
import { deny } from "../verification/denial.ts";
import { toGrantResponse } from "../verification/grants/response.ts";
import type { Decision } from "../verification/question.ts";
import type { Verifier } from "../verification/verifier.ts";
import { type Asked, askedOf } from "./asked.ts";
import { pathOfUri, validateTarget } from "./forwarded.ts";
import type { ForwardAuthContext } from "./live.ts";
import { RuleMatcher } from "./matcher.ts";
import { parseRules } from "./rules.ts";
import type { TestAnswer, TestInput } from "./schema.ts";

export interface ForwardAuthTestContext extends ChangeContext, ForwardAuthContext {
	readonly verifier: Verifier;
}

function toRefusalResponse({ code, detail }: Refusal) {
	return { status: ERRORS[code].status, code, detail };
}

const KEY_MISSING = "Send the API key in the X-API-Key header.";
const NO_RULE: Refusal = { code: "not_found", detail: "No rule covers this request, so it is not found with any key." };

function answerOf(asked: Asked | null, refusal: Refusal | null, decision: TestAnswer["decision"]): TestAnswer {
	return {
		rule: asked?.rule?.rule ?? null,
		rule_index: asked?.rule?.index ?? null,
		between: [],
		tenant_id: asked?.tenant_id || null,
		site_id: asked?.site_id ?? null,
		permissions: asked?.permissions ?? [],
		capability: asked?.capability ?? null,
		cost: asked?.cost ?? 1,
		limits: asked?.rule?.rule.limits ?? [],
		refusal: refusal === null ? null : toRefusalResponse(refusal),
		decision,
	};
}

async function decide(verifier: Verifier, input: TestInput, raw_key: string, asked: Asked): Promise<Decision> {
	if (raw_key.trim() === "") return { denial: deny("key_missing", KEY_MISSING), grant: null };
	const address = input.ip === undefined ? null : parseForwarded(input.ip);
	return verifier.examine({
		...{ raw_key, address, client: "server", source: verifier.sources.find(address, null, null) },
		...{ tenant_id: asked.tenant_id, site_id: asked.site_id, permissions: asked.permissions, capability: asked.capability },
		...{ cost: asked.cost, limits: asked.limits, operation: asked.operation },
	});
}

function describeDecision({ denial, grant }: Decision): TestAnswer["decision"] {
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
	if (invalid) return answerOf(null, invalid, null);
	const asked = askedOf(matcher, method, pathOfUri(uri));
	if ("code" in asked) return { ...answerOf(null, asked, null), between: matcher.readings(method, pathOfUri(uri)) };
	const decision = raw_key === undefined ? null : describeDecision(await decide(context.verifier, input, raw_key, asked));
	return answerOf(asked, asked.rule === null && matcher.rules.length > 0 ? NO_RULE : null, decision);
}
