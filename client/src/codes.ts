/**
 * Status and title of every code that can refuse a keyed request. The server's error table is the source; a test compares the two.
 */
export const CODES = {
	invalid_request: { status: 400, title: "The request is malformed" },
	ambiguous_path: { status: 400, title: "The path is ambiguous" },
	multiple_credentials: { status: 400, title: "More than one credential was sent" },
	key_missing: { status: 401, title: "No API key was sent" },
	key_invalid: { status: 401, title: "The API key is not valid" },
	key_expired: { status: 401, title: "The API key has expired" },
	key_revoked: { status: 401, title: "The API key was revoked" },
	key_rotated: { status: 401, title: "This secret was replaced" },
	key_paused: { status: 403, title: "The API key is paused" },
	tenant_suspended: { status: 403, title: "The tenant is suspended" },
	ip_not_allowed: { status: 403, title: "The key may not be used from this address" },
	client_not_allowed: { status: 403, title: "The key may not be used from a browser or an app" },
	environment_mismatch: { status: 403, title: "The key is for another environment" },
	capability_not_in_plan: { status: 403, title: "The plan does not include this" },
	permission_missing: { status: 403, title: "The key does not have the required permission" },
	not_found: { status: 404, title: "Not found" },
	rate_limited: { status: 429, title: "Too many requests" },
	quota_exceeded: { status: 429, title: "The quota of this period is used up" },
	too_many_auth_failures: { status: 429, title: "Too many wrong keys from this address" },
	too_many_refusals: { status: 429, title: "Too many refused requests with this key" },
	headers_too_large: { status: 431, title: "The headers are too large or too many" },
	internal_error: { status: 500, title: "An internal error occurred" },
	unavailable: { status: 503, title: "Temporarily unavailable" },
} as const satisfies Record<string, { status: number; title: string }>;

export type Code = keyof typeof CODES;

/** The title of a code; undefined for an unknown code of a newer server. */
export function getTitle(code: string): string | undefined {
	return isCode(code) ? CODES[code].title : undefined;
}

function isCode(code: string): code is Code {
	return Object.hasOwn(CODES, code);
}
