import { type ServerResponse, STATUS_CODES } from "node:http";
import { type ApiErrorMetadata, ERRORS, type ErrorCode, type InputError } from "../core/error.ts";

/** A refusal as a value, which the hot path returns instead of throwing. `ApiError` has the same shape. */
export interface ProblemDetails {
	readonly code: ErrorCode;
	readonly detail: string;
	readonly metadata?: ApiErrorMetadata;
}

/** An unexpected error can occur before, during or after a commit: the detail must be true in all three cases. */
export const INTERNAL_ERROR: ProblemDetails = {
	code: "internal_error",
	detail: "An internal error occurred. Check whether the request took effect before you send it again, and send the request id to the operator.",
};

const API_KEY_CHALLENGE = 'ApiKey realm="api"';
const BEARER_CHALLENGE = 'Bearer realm="management"';

const KEYED_CODES = new Set<ErrorCode>(["key_missing", "key_invalid", "key_expired", "key_revoked", "key_rotated"]);

export interface Problem {
	readonly status: number;
	readonly headers: Record<string, string>;
	readonly body: string;
}

interface ProblemBody {
	type: string;
	title: string;
	status: number;
	detail: string;
	instance: string;
	code: ErrorCode;
	request_id: string;
	errors?: InputError[];
}

/** The response of a refusal (RFC 9457), with the challenge on 401 (RFC 9110) and `Retry-After` where waiting helps. */
export function toProblem(refusal: ProblemDetails, request_id: string, type_base: string): Problem {
	const { status, title } = ERRORS[refusal.code];
	const metadata = refusal.metadata ?? {};
	const body: ProblemBody & Record<string, unknown> = {
		type: `${type_base}/${refusal.code}`,
		title,
		status,
		detail: refusal.detail,
		instance: `urn:keywright:request:${request_id}`,
		code: refusal.code,
		request_id,
		...(metadata.errors ? { errors: metadata.errors } : {}),
		...metadata.members,
	};
	const headers: Record<string, string> = {
		"content-type": "application/problem+json",
		"cache-control": "no-store",
		"x-request-id": request_id,
		"x-content-type-options": "nosniff",
		...metadata.headers,
	};
	if (status === 401) headers["www-authenticate"] = KEYED_CODES.has(refusal.code) ? API_KEY_CHALLENGE : BEARER_CHALLENGE;
	if (metadata.retry_after_seconds !== undefined) headers["retry-after"] = String(Math.max(1, Math.ceil(metadata.retry_after_seconds)));
	else if (status === 429 || status === 503) headers["retry-after"] = "1";
	return { status, headers, body: JSON.stringify(body) };
}

/** Writes a response outside the framework, for requests refused before routing. Closes the connection, because the body is not read. */
export function writeProblem(response: ServerResponse, problem: Problem): void {
	response.writeHead(problem.status, { ...problem.headers, "content-length": String(Buffer.byteLength(problem.body)), connection: "close" });
	response.end(problem.body);
}

/** The same response as text, for a socket without a response object. */
export function toResponseText({ status, headers, body }: Problem): string {
	const lines = Object.entries({ ...headers, "content-length": Buffer.byteLength(body), connection: "close" });
	return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`;
}
