import type { FramedRequest } from "./framed-request.ts";
import { type Problem, type ProblemDetails, toProblem } from "./problem.ts";

/** The route that reverse proxies call for each request. Some proxies append the path of the original request. */
export const FORWARD_AUTH = "/api/v1/forward-auth";
/** For proxies that understand only 401 and 403. The rest of the query is ignored. */
const FORWARD_AUTH_DENY_403 = `${FORWARD_AUTH}?deny=403`;
const SLASH = 47;
const QUESTION_MARK = 63;
/** Proxies buffer the headers of a response in a page of 4 KiB. */
const PROBLEM_HEADER_CHARACTERS_MAX = 2_000;
const NOT_PRINTABLE = /[^\x20-\x7e]/g;

export function isForwardAuth(url: string): boolean {
	if (!url.startsWith(FORWARD_AUTH)) return false;
	const next = url.charCodeAt(FORWARD_AUTH.length);
	return Number.isNaN(next) || next === SLASH || next === QUESTION_MARK;
}

/** The problem response of a refusal. For forward auth, headers carry the real status and code, because the proxy may need another status. */
export function problemFor(request: FramedRequest, refusal: ProblemDetails, type_base: string): Problem {
	const problem = toProblem(refusal, request.request_id, type_base);
	const url = request.url ?? "";
	return isForwardAuth(url) ? toProxyResponse(problem, refusal, url === FORWARD_AUTH_DENY_403) : problem;
}

function toProxyResponse(problem: Problem, refusal: ProblemDetails, deny_403: boolean): Problem {
	const headers = { ...problem.headers, "x-keywright-status": String(problem.status), "x-keywright-code": refusal.code };
	if (!deny_403) return { ...problem, headers };
	const proxy_headers = { ...headers, "x-keywright-problem": oneLine(problem.body) };
	return { body: problem.body, headers: proxy_headers, status: problem.status === 401 ? 401 : 403 };
}

/** The same JSON in printable ASCII, for a proxy that cannot forward the body and responds with the text of a header. */
function oneLine(body: string): string {
	const text = body.replace(NOT_PRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
	if (text.length <= PROBLEM_HEADER_CHARACTERS_MAX) return text;
	const { type, title, status, instance, code, request_id } = JSON.parse(body) as Record<string, unknown>;
	return JSON.stringify({ type, title, status, instance, code, request_id });
}
