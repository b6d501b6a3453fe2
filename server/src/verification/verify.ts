import type { Context } from "../core/context.ts";
import { ApiError, ERRORS } from "../core/error.ts";
import { parseForwarded } from "../core/network.ts";
import { type Problem, toProblem } from "../http/problem.ts";
import { getClientKind } from "./client-kind.ts";
import { keyNotSent } from "./denial.ts";
import type { Grant } from "./grants/grant.ts";
import { toGrantResponse } from "./grants/response.ts";
import { getPolicyHeader, getRateLimitHeader, getRemaining } from "./limits/headers.ts";
import { isSpent, type Limit, type NamedCosts } from "./limits/policy.ts";
import { toOperation } from "./operation.ts";
import type { Decision, Question } from "./question.ts";
import type { Verifier } from "./verifier.ts";

/** A key that was presented to an API, and the request to authorize. */
export interface VerifyInput {
	raw_key: string;
	tenant_id?: string;
	site_id?: string;
	permissions?: string[];
	capability?: string;
	cost?: number;
	limits?: readonly { name: string; cost: number }[];
	budgets?: Readonly<Record<string, number>>;
	request?: { method?: string; path?: string; ip?: string; user_agent?: string; client?: string; origin?: string; sec_fetch_site?: string };
}

export interface VerifyContext extends Context {
	readonly verifier: Verifier;
	readonly problem_type_base: string;
}

type LimitLeft = Pick<Limit, "name" | "per" | "requests" | "window_seconds"> & { readonly remaining: number };

/** Headers for the API's response: the challenge, the wait, and the rate limits. */
function headersFor(problem: Problem | null, { grant, left }: Decision, named: NamedCosts | null, verifier: Verifier): Record<string, string> {
	const headers: Record<string, string> = {};
	if (problem?.headers["www-authenticate"]) headers["WWW-Authenticate"] = problem.headers["www-authenticate"];
	if (problem?.headers["retry-after"]) headers["Retry-After"] = problem.headers["retry-after"];
	if (grant === null) return headers;
	const at = verifier.now();
	const policy = getPolicyHeader(grant, at, named, verifier.ledger);
	if (policy === null) return headers;
	headers["RateLimit-Policy"] = policy;
	const state = getRateLimitHeader(grant, at, named, verifier.ledger, left);
	if (state !== "") headers.RateLimit = state;
	return headers;
}

/** The remaining amount of each limit that the request spends. */
function limitsLeft(decision: Decision, grant: Grant, named: NamedCosts | null, verifier: Verifier): LimitLeft[] {
	const at = verifier.now();
	const { limits, always } = grant.policy;
	const count = named === null ? always : limits.length;
	const left: LimitLeft[] = [];
	for (let index = 0; index < count; index += 1) {
		const limit = limits[index];
		if (limit === undefined || !isSpent(grant.policy, index, named)) continue;
		const { name, per, requests, window_seconds } = limit;
		left.push({ name, per, requests, window_seconds, remaining: decision.left?.[index]?.remaining ?? getRemaining(grant, index, at) });
	}
	return left;
}

/** Costs by limit name. 400 `invalid_request` for a duplicate name, whose cost is ambiguous. */
function namedCosts(limits: VerifyInput["limits"]): NamedCosts | null {
	if (limits === undefined || limits.length === 0) return null;
	const named = new Map(limits.map(({ name, cost }) => [name, cost]));
	if (named.size === limits.length) return named;
	const errors = limits.flatMap(({ name }, index) =>
		limits.findIndex((earlier) => earlier.name === name) < index ? [{ pointer: `/limits/${index}/name`, detail: "repeats an earlier limit" }] : [],
	);
	throw new ApiError("invalid_request", "The request repeats a limit. Name each limit once.", { errors });
}

/** Verifies a key for the operator's API and spends the cost. `status` and `code` are what that API should respond with. */
export async function verify(context: VerifyContext, input: VerifyInput) {
	const { verifier } = context;
	const named = namedCosts(input.limits);
	const question = toQuestion(input, named, context);
	if (input.raw_key.trim() === "") verifier.keepWithoutKey(question, NO_KEY.denial);
	const decision: Decision = input.raw_key.trim() === "" ? NO_KEY : await verifier.decide(question);
	const { denial, grant } = decision;
	const problem = denial === null ? null : toProblem(denial, context.request_id, context.problem_type_base);
	return {
		allowed: denial === null,
		status: denial === null ? 200 : ERRORS[denial.code].status,
		code: denial === null ? "allowed" : denial.code,
		detail: denial === null ? "The key may make this request." : denial.detail,
		...(denial === null ? {} : { type: `${context.problem_type_base}/${denial.code}` }),
		...(grant === null ? {} : { ...toGrantResponse(grant), rate_limits: limitsLeft(decision, grant, named, verifier) }),
		headers: headersFor(problem, decision, named, verifier),
		request_id: context.request_id,
	};
}

/** A blank key counts as missing, as in the X-API-Key header. */
const NO_KEY = { denial: keyNotSent(), grant: null } satisfies Decision;

function toQuestion(input: VerifyInput, limits: NamedCosts | null, { verifier: { sources }, request_id }: VerifyContext): Question {
	const { request } = input;
	const address = request?.ip === undefined ? null : parseForwarded(request.ip);
	return {
		raw_key: input.raw_key,
		request_id,
		cost: input.cost ?? 1,
		limits,
		budgets: input.budgets === undefined ? null : new Map(Object.entries(input.budgets)),
		operation: toOperation(input.permissions, input.capability, request?.method),
		source: sources.find(address, request?.user_agent ?? null, request?.client ?? null),
		address,
		client: getClientKind({
			origin: request?.origin ?? null,
			sec_fetch_site: request?.sec_fetch_site ?? null,
			user_agent: request?.user_agent ?? null,
		}),
		tenant_id: input.tenant_id ?? null,
		site_id: input.site_id ?? null,
		capability: input.capability ?? null,
		permissions: input.permissions ?? [],
		plain_http: false,
	};
}
