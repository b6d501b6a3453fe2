import { equal, match, ok } from "node:assert/strict";
import { ERRORS, type ErrorCode } from "../server/src/core/error.ts";
import type { Answer } from "./client.ts";

const MEMBERS = ["type", "title", "status", "detail", "instance", "code", "request_id"] as const;
const KEY_CODES = new Set<string>(["key_missing", "key_invalid", "key_expired", "key_revoked", "key_rotated"]);

function assertMembers(answer: Answer, code: ErrorCode): void {
	const problem = answer.json;
	const { status, title } = ERRORS[code];
	equal(answer.status, status);
	for (const name of MEMBERS) ok(name in problem, `the member ${name}`);
	equal(problem.status, status);
	equal(problem.title, title);
	match(String(problem.type), new RegExp(`^http://127\\.0\\.0\\.1:\\d+/problems/${code}$`));
	match(String(problem.request_id), /^req_[0-9A-Za-z]{20}$/);
	equal(problem.instance, `urn:keywright:request:${String(problem.request_id)}`);
	ok(typeof problem.detail === "string" && problem.detail.length > 10, "a detail that says what to do");
	ok(!("stack" in problem) && !answer.text.includes("node_modules"), "nothing of how the server is made");
}

function assertHeaders(answer: Answer, code: ErrorCode): void {
	const { status } = ERRORS[code];
	match(answer.header("content-type"), /^application\/problem\+json/);
	equal(answer.header("x-request-id"), answer.json.request_id);
	equal(answer.header("cache-control"), "no-store");
	equal(answer.header("x-content-type-options"), "nosniff");
	if (status === 401) match(answer.header("www-authenticate"), KEY_CODES.has(code) ? /^ApiKey realm="[^"]+"$/ : /^Bearer realm="[^"]+"/);
	else equal(answer.header("www-authenticate"), "");
	if (status === 429 || status === 503) match(answer.header("retry-after"), /^[1-9]\d*$/);
}

/** Asserts that `answer` is the complete problem response of `code` (members and headers) and contains none of `unsaid`. */
export function assertProblem(answer: Answer, code: ErrorCode, absent: readonly string[] = []): void {
	equal(answer.code, code, `${answer.status} ${answer.text}`);
	assertMembers(answer, code);
	assertHeaders(answer, code);
	const everything = `${answer.text}\n${JSON.stringify(answer.headers)}`;
	for (const input of absent) ok(!everything.includes(input), `the answer repeats ${input}`);
}

/** Asserts that `answer` points at `pointer` in its `errors`. */
export function assertPointer(answer: Answer, pointer: string): void {
	const { errors } = answer.as<{ errors?: { pointer: string; detail: string }[] }>();
	ok(
		errors?.some((error) => error.pointer === pointer && error.detail.length > 3),
		`${pointer} in ${answer.text}`,
	);
}

/** The remaining requests of each rate limit by name, from the `RateLimit` header. Asserts that `RateLimit-Policy` has the same names. */
export function getRemaining(answer: Answer): Record<string, number> {
	const named = /"([a-z0-9_-]+)";r=(\d+);t=(\d+)/g;
	const left = Object.fromEntries([...answer.header("ratelimit").matchAll(named)].map(([, name, remaining]) => [name, Number(remaining)]));
	const policies = [...answer.header("ratelimit-policy").matchAll(/"([a-z0-9_-]+)";q=\d+/g)].map(([, name]) => name);
	equal(Object.keys(left).join(), policies.join());
	return left;
}

/** The response without its request id and times, which always differ. */
export function withoutRequestId(answer: Answer): string {
	const request_id = answer.header("x-request-id");
	const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => name !== "date"));
	return `${answer.status}\n${JSON.stringify(headers)}\n${answer.text}`.replaceAll(request_id, "<request id>");
}
