import { STATUS_CODES } from "node:http";
import { getTitle } from "./codes.ts";
import type { Decision, Denial, RateLimit } from "./verifier/decision.ts";

const RETRY_AFTER_SECONDS = 1;
const DEFAULT_REALM = "api";
const DEFAULT_TYPE_BASE = "urn:keywright:error:";

export interface ProblemOptions {
	/** The realm in the challenge of a 401. */
	readonly realm?: string;
	/** Prefix of the code in `type`, such as `https://example.com/errors/`. Default: Keywright's page, else a URN. */
	readonly type_base?: string;
}

/** A complete response: send the status, each header, and the body unchanged. */
export interface Problem {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
}

/** Converts a denial to an `application/problem+json` response (RFC 9457). */
export function getProblem(denial: Denial, options: ProblemOptions = {}): Problem {
	const { status, code, detail, request_id } = denial;
	const body = {
		type: options.type_base === undefined && denial.type ? denial.type : (options.type_base ?? DEFAULT_TYPE_BASE) + code,
		title: getTitle(code) ?? STATUS_CODES[status] ?? "Refused",
		status,
		detail,
		instance: `urn:keywright:request:${request_id}`,
		code,
		request_id,
	};
	const headers: Record<string, string> = {
		"Content-Type": "application/problem+json",
		"X-Request-Id": request_id,
		"X-Content-Type-Options": "nosniff",
		...getHeaders(denial),
	};
	if (status === 401) headers["WWW-Authenticate"] = formatChallenge(denial, options);
	if ((status === 429 || status === 503) && !headers["Retry-After"]) headers["Retry-After"] = String(RETRY_AFTER_SECONDS);
	return { status, headers, body: JSON.stringify(body) };
}

/** Headers of every keyed response: rate limits, and `no-store`, because caches exempt only requests with `Authorization` (RFC 9111). */
export function getHeaders(decision: Decision): Record<string, string> {
	return { "Cache-Control": "no-store", ...rateLimitHeaders(decision.rate_limits), ...decision.headers };
}

function formatChallenge(denial: Denial, options: ProblemOptions): string {
	const answered = denial.headers["WWW-Authenticate"];
	if (answered && options.realm === undefined) return answered;
	return `ApiKey realm=${quote(options.realm ?? DEFAULT_REALM)}`;
}

/** `RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers. */
function rateLimitHeaders(limits: readonly RateLimit[]): Record<string, string> {
	if (limits.length === 0) return {};
	return {
		RateLimit: limits
			.map((limit) => `${quote(limit.name)};r=${limit.remaining}${limit.reset_seconds === undefined ? "" : `;t=${limit.reset_seconds}`}`)
			.join(", "),
		"RateLimit-Policy": limits.map((limit) => `${quote(limit.name)};q=${limit.requests};w=${limit.window_seconds}`).join(", "),
	};
}

/** A string of RFC 8941 or RFC 9110: printable ASCII between quotes. */
function quote(text: string): string {
	const printable = text.replace(/[^\x20-\x7e]/g, "");
	return `"${printable.replace(/["\\]/g, "\\$&")}"`;
}
