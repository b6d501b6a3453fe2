import { ApiError } from "../core/error.ts";
import type { Log } from "../core/log.ts";
import type { AllowList } from "../core/network.ts";
import type { AnswerHead, HeadAnswer } from "../http/direct.ts";
import type { FramedRequest } from "../http/framed-request.ts";
import { isPlainHttp } from "../http/peer.ts";
import type { ProblemDetails } from "../http/problem.ts";
import { getClientKind } from "../verification/client-kind.ts";
import { cannotBeChecked, type Denial, unavailable } from "../verification/denial.ts";
import { type ExposedKeys, logExposure } from "../verification/exposed-key.ts";
import { getHeader, keyMissing } from "../verification/gate.ts";
import { grantLines } from "../verification/grant-headers.ts";
import { identityLines } from "../verification/identity-headers.ts";
import type { Decision, Question } from "../verification/question.ts";
import type { Verifier } from "../verification/verifier.ts";
import { type Forwarded, readForwarded } from "./forwarded.ts";
import type { LiveForwardAuth } from "./live.ts";
import { getRequirements, type Requirements } from "./requirements.ts";

export interface ForwardAuthOptions {
	readonly verifier: Verifier;
	readonly exposed_keys: ExposedKeys;
	readonly forward_auth: LiveForwardAuth;
	readonly trusted_proxies: AllowList | null;
	readonly log: Log;
}

function refused(refusal: ProblemDetails): HeadAnswer {
	return { refusal, lines: [] };
}

/** Responds to proxies: reads the original request, finds the rule's requirements and verifies the key. */
export function forwardAuthAnswer(options: ForwardAuthOptions): AnswerHead {
	const { verifier, exposed_keys, forward_auth, trusted_proxies, log } = options;

	function toQuestion(raw: FramedRequest, raw_key: string, forwarded: Forwarded, required: Requirements): Question {
		const { address } = forwarded;
		const user_agent = getHeader(raw, "user-agent");
		return {
			raw_key,
			request_id: raw.request_id,
			cost: required.cost,
			limits: required.limits,
			budgets: required.budgets,
			operation: required.operation,
			source: verifier.sources.of(raw.socket, address, user_agent, raw.client_name),
			address,
			client: getClientKind({ origin: getHeader(raw, "origin"), sec_fetch_site: getHeader(raw, "sec-fetch-site"), user_agent }),
			tenant_id: required.tenant_id,
			site_id: required.site_id,
			capability: required.capability,
			permissions: required.permissions,
			plain_http: isPlainHttp(raw, trusted_proxies, address),
		};
	}

	function conclude(question: Question, decision: Decision): HeadAnswer {
		const { grant, denial } = decision;
		const lines = grant === null ? [] : grantLines(decision, grant, question.limits, verifier);
		if (denial !== null) return { refusal: denial, lines };
		if (grant === null) throw new Error("impossible state: allowed without a grant");
		if (question.client !== "server") logExposure(log, grant, question.client, verifier.now().monotonic);
		lines.push(...identityLines(grant, question.site_id, question.permissions));
		return { refusal: null, lines };
	}

	function decide(raw: FramedRequest, forwarded: Forwarded): HeadAnswer | Promise<HeadAnswer> {
		const required = getRequirements(forward_auth.known, forwarded.method, forwarded.path);
		if ("code" in required) return refused(required);
		if (raw.raw_key === null || raw.raw_key.trim() === "") {
			const denial = keyMissing(raw, exposed_keys);
			verifier.keepWithoutKey(toQuestion(raw, "", forwarded, required), denial);
			return refused(denial);
		}
		const question = toQuestion(raw, raw.raw_key, forwarded, required);
		const decision = verifier.decide(question);
		if (decision instanceof Promise) return decision.then((late) => conclude(question, late));
		return conclude(question, decision);
	}

	/** Reads changed rules before it decides. */
	async function decideWithCurrentRules(raw: FramedRequest, forwarded: Forwarded): Promise<HeadAnswer> {
		try {
			await forward_auth.current();
		} catch (error) {
			return refused(rulesNotRead(log, error));
		}
		return decide(raw, forwarded);
	}

	return (raw) => {
		const forwarded = readForwarded(raw, trusted_proxies);
		if ("code" in forwarded) return refused(forwarded);
		return forward_auth.isBehind ? decideWithCurrentRules(raw, forwarded) : decide(raw, forwarded);
	};
}

function rulesNotRead(log: Log, error: unknown): Denial {
	if (error instanceof ApiError && error.code === "unavailable") return unavailable(error.detail, error.metadata);
	log.error({ err: error }, "forward_auth_rules_not_read");
	return cannotBeChecked();
}
