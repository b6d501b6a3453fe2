import type { ApiErrorDetails, ErrorCode } from "../core/error.ts";

/** Why a request with a key is not let through. Closed: a new reason is added here and gets its row in the contract's table. */
export type DenialCode = Extract<
	ErrorCode,
	| "key_missing"
	| "key_invalid"
	| "key_expired"
	| "key_revoked"
	| "key_rotated"
	| "key_paused"
	| "tenant_suspended"
	| "ip_not_allowed"
	| "client_not_allowed"
	| "environment_mismatch"
	| "capability_not_in_plan"
	| "permission_missing"
	| "not_found"
	| "rate_limited"
	| "quota_exceeded"
	| "too_many_auth_failures"
	| "too_many_refusals"
	| "unavailable"
>;

export interface Denial {
	readonly code: DenialCode;
	readonly detail: string;
	readonly facts?: ApiErrorDetails;
}

export function deny(code: DenialCode, detail: string, facts?: ApiErrorDetails): Denial {
	return facts ? { code, detail, facts } : { code, detail };
}

const UNAVAILABLE_SECONDS = 2;
const SITE_DEPENDENT = ["environment_mismatch", "capability_not_in_plan", "permission_missing"];
const BUDGETED = new Set<string>(["not_found", ...SITE_DEPENDENT]);
const AFTER_SITE = new Set<string>([...SITE_DEPENDENT, "rate_limited", "quota_exceeded"]);

/** The same bytes for an unknown id, a wrong secret, and a key that was issued elsewhere and is not here. */
export const NOT_KNOWN = deny(
	"key_invalid",
	"This API key is not known. Compare it with the one in your secret manager; it may belong to another instance or have a mistyped secret.",
);

export const LEASE_LOST = deny("unavailable", "This server has lost its database connection and cannot verify API keys. Try again shortly.", {
	retry_after_seconds: UNAVAILABLE_SECONDS,
});

export function cannotBeChecked(): Denial {
	return deny("unavailable", "The key cannot be verified at the moment. Try again shortly.", { retry_after_seconds: UNAVAILABLE_SECONDS });
}

/** Whether the denial counts against the key's own refusals. */
export function isBudgeted(denial: Denial): boolean {
	return BUDGETED.has(denial.code);
}

/** Whether the site of the request was found. Before that it may be any text: counted by it, a dead key could fill the usage tables. */
export function isAfterSite(denial: Denial): boolean {
	return AFTER_SITE.has(denial.code);
}
