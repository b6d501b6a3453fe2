/**
 * The table of all error codes. `status` is the HTTP status, `title` heads problem responses and the page of the code,
 * `cure` the general advice on that page. The `detail` of an error is more exact.
 */
export const ERRORS = {
	invalid_request: { status: 400, title: "The request is malformed", cure: "Correct what `detail` and `errors` name, and send it again." },
	unknown_field: {
		status: 400,
		title: "The request has an unknown field",
		cure: "Remove the field that `errors` names, or correct its spelling.",
	},
	multiple_credentials: {
		status: 400,
		title: "More than one credential was sent",
		cure: "Send exactly one credential: one `X-API-Key` header, one `Authorization` header, or the cookie of one session.",
	},
	ambiguous_path: {
		status: 400,
		title: "The path is ambiguous",
		cure: "Send the path without `..`, `//`, backslashes and encoded slashes or dots.",
	},
	forwarded_uri_missing: {
		status: 400,
		title: "The proxy did not send the original method and URI",
		cure: "Configure the proxy to send them; see the guide for your proxy.",
	},
	key_missing: { status: 401, title: "No API key was sent", cure: "Send the key in the `X-API-Key` header." },
	key_invalid: { status: 401, title: "The API key is not valid", cure: "Compare the key with the one in your secret manager, or ask for a new one." },
	key_expired: { status: 401, title: "The API key has expired", cure: "Ask the owner of the key for a new expiry date or a new key." },
	key_revoked: { status: 401, title: "The API key was revoked", cure: "Ask the owner for a new key; a revoked key never works again." },
	key_rotated: {
		status: 401,
		title: "This secret was replaced",
		cure: "Use the key's current secret. If it is lost, ask the owner of the key to replace it.",
	},
	credential_missing: {
		status: 401,
		title: "No credential was sent",
		cure: "Sign in, or send `Authorization: Bearer …` with the operator token or service credential.",
	},
	credential_invalid: {
		status: 401,
		title: "The credential is not valid",
		cure: "Sign in again, or check the bearer token. An API key is not accepted here.",
	},
	key_paused: { status: 403, title: "The API key is paused", cure: "Ask the owner to resume the key." },
	tenant_suspended: { status: 403, title: "The tenant is suspended", cure: "Ask the operator of this API to reinstate the tenant." },
	ip_not_allowed: {
		status: 403,
		title: "The key may not be used from this address",
		cure: "Call from an allowed address, or ask the owner to add this one to the key.",
	},
	client_not_allowed: {
		status: 403,
		title: "The key may not be used from a browser or an app",
		cure: "Call the API from your server; a key in a browser or an app is public.",
	},
	environment_mismatch: { status: 403, title: "The key is for another environment", cure: "Use the key made for this site's environment." },
	capability_not_in_plan: { status: 403, title: "The plan does not include this", cure: "Ask the operator of this API for a plan that does." },
	permission_missing: {
		status: 403,
		title: "The key does not have the required permission",
		cure: "Ask the owner to give the key the missing permission.",
	},
	role_not_allowed: {
		status: 403,
		title: "The role does not allow this",
		cure: "Ask a person whose role allows it: an owner of the tenant, or an operator.",
	},
	confirmation_needed: {
		status: 403,
		title: "Confirm your identity first",
		cure: "Confirm with `POST /api/v1/session/confirm`, then send the request again. In a portal session, open a portal link that was created with `confirmed`.",
	},
	cross_site_request: { status: 403, title: "The request came from another site", cure: "Use the dashboard at its own address." },
	not_found: { status: 404, title: "Not found", cure: "Check the ids in the path. Resources of another tenant or site are not found either." },
	method_not_allowed: { status: 405, title: "The path does not support this method", cure: "Use one of the methods in the `Allow` header." },
	request_timeout: {
		status: 408,
		title: "The request did not arrive in time",
		cure: "Send the headers within 15 seconds, a JSON body within another 30 seconds, and an upload at 1,024 bytes per second or more, without a pause of 30 seconds.",
	},
	conflict: { status: 409, title: "The request conflicts with the current state", cure: "Read the current state, then decide again." },
	idempotency_mismatch: {
		status: 409,
		title: "The Idempotency-Key was used for another request",
		cure: "Use a new Idempotency-Key for a new request.",
	},
	secret_already_issued: {
		status: 409,
		title: "The secret was already issued and is shown only once",
		cure: "If the secret or link is lost, replace it as `detail` says.",
	},
	rotation_in_progress: { status: 409, title: "A rotation of this key is already in progress", cure: "Complete or cancel that rotation first." },
	old_secret_still_in_use: {
		status: 409,
		title: "The old secret is still in use",
		cure: "Deploy the new secret to the clients that the response names, or force with a reason.",
	},
	successor_in_use: { status: 409, title: "The new secret is already in use", cure: "Complete the rotation, or force the cancellation." },
	payload_too_large: { status: 413, title: "The body is too large", cure: "Send a smaller body; `detail` says what is too large." },
	unsupported_media_type: { status: 415, title: "The content type is not supported", cure: "Send the content type that `detail` names." },
	headers_too_large: { status: 431, title: "The headers are too large or too many", cure: "Send fewer and shorter headers." },
	rate_limited: { status: 429, title: "Too many requests", cure: "Wait the number of seconds in `Retry-After`, then send requests more slowly." },
	quota_exceeded: {
		status: 429,
		title: "The quota of this period is used up",
		cure: "Wait until it refills, or ask for a larger plan or, if a budget of the key is named, for a larger budget.",
	},
	too_many_auth_failures: {
		status: 429,
		title: "Too many wrong keys from this address",
		cure: "Correct the key, wait for `Retry-After`, and try again.",
	},
	too_many_refusals: {
		status: 429,
		title: "Too many refused requests with this key",
		cure: "Correct the request that is refused, then wait for `Retry-After`.",
	},
	internal_error: {
		status: 500,
		title: "An internal error occurred",
		cure: "Check whether the request took effect, then try again. If the error persists, send the request id to the operator.",
	},
	unknown_transfer_coding: {
		status: 501,
		title: "The transfer coding is not supported",
		cure: "Send the body with `Content-Length` or `Transfer-Encoding: chunked`.",
	},
	unavailable: { status: 503, title: "Temporarily unavailable", cure: "Try again after the number of seconds in `Retry-After`." },
	storage_full: {
		status: 507,
		title: "The storage of this instance is full",
		cure: "Report it to the operator, and send the request again when storage is available.",
	},
} as const satisfies Record<string, { status: number; title: string; cure: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** One fault of the input: `pointer` is an RFC 6901 JSON pointer into the body, or `/query/name`, `/path/name`. */
export interface InputError {
	pointer: string;
	detail: string;
}

export interface ApiErrorMetadata {
	errors?: InputError[];
	retry_after_seconds?: number;
	headers?: Record<string, string>;
	/** Extension members of the problem response (RFC 9457), in snake_case. They contain only the caller's own data. */
	members?: Record<string, string | number | boolean | null | string[]>;
	cause?: unknown;
}

/** An error for the caller. `detail` says what to do, contains only the caller's own data, and never echoes input. */
export class ApiError extends Error {
	override readonly name = "ApiError";
	readonly code: ErrorCode;
	readonly detail: string;
	readonly metadata: ApiErrorMetadata;

	constructor(code: ErrorCode, detail: string, metadata: ApiErrorMetadata = {}) {
		super(`${code}: ${detail}`, { cause: metadata.cause });
		this.code = code;
		this.detail = detail;
		this.metadata = metadata;
	}

	get status(): number {
		return ERRORS[this.code].status;
	}
}

/** Checks an invariant. A false condition is a bug in the server, never a fault of the caller. */
export function assert(condition: unknown, message: string): asserts condition {
	if (!condition) throw new Error(`impossible state: ${message}`);
}
