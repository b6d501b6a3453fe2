import type { ApiErrorMetadata, ErrorCode } from "../core/error.ts";

/** The error codes of keyed requests. A new code must be added here and to the contract's table. */
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
	readonly metadata?: ApiErrorMetadata;
}

export function deny(code: DenialCode, detail: string, metadata?: ApiErrorMetadata): Denial {
	return metadata ? { code, detail, metadata } : { code, detail };
}

const UNAVAILABLE_SECONDS = 2;
const SITE_DEPENDENT = ["environment_mismatch", "capability_not_in_plan", "permission_missing"];
const BUDGETED = new Set<string>(["not_found", ...SITE_DEPENDENT]);
const AFTER_SITE = new Set<string>([...SITE_DEPENDENT, "rate_limited", "quota_exceeded"]);

/** One denial for unknown ids, wrong secrets and unknown imported keys, so that they are indistinguishable. */
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

/** Whether the denial counts towards the key's limit of refusals. */
export function isBudgeted(denial: Denial): boolean {
	return BUDGETED.has(denial.code);
}

/** Whether the site was found before the denial. Counting by an unchecked site would let a dead key fill the usage tables. */
export function isAfterSite(denial: Denial): boolean {
	return AFTER_SITE.has(denial.code);
}
