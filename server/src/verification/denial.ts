import type { ApiErrorMetadata, ErrorCode } from "../core/error.ts";
import type { CheckName, Facts } from "../failures/refusal.ts";

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
	/** The check that denied, and what it knew, for explanations: no text that the caller sent. */
	readonly check: CheckName;
	readonly facts: Facts;
}

const NO_FACTS: Facts = {};

export function deny(check: CheckName, code: DenialCode, detail: string, more: { metadata?: ApiErrorMetadata; facts?: Facts } = {}): Denial {
	const { metadata, facts = NO_FACTS } = more;
	return metadata ? { code, detail, check, facts, metadata } : { code, detail, check, facts };
}

const UNAVAILABLE_SECONDS = 2;
const SITE_DEPENDENT = ["environment_mismatch", "capability_not_in_plan", "permission_missing"];
const BUDGETED = new Set<string>(["not_found", ...SITE_DEPENDENT]);
const AFTER_SITE = new Set<string>([...SITE_DEPENDENT, "rate_limited", "quota_exceeded"]);

/** One denial for unknown ids, wrong secrets and unknown imported keys, so that they are indistinguishable. */
export const NOT_KNOWN = deny(
	"key_known",
	"key_invalid",
	"This API key is not known. Compare it with the one in your secret manager; it may belong to another instance or have a mistyped secret.",
);

export const LEASE_LOST = unavailable("This server has lost its database connection and cannot verify API keys. Try again shortly.");

/** Verification is not possible now: `detail` says why. */
export function unavailable(detail: string, metadata: ApiErrorMetadata = { retry_after_seconds: UNAVAILABLE_SECONDS }): Denial {
	return deny("available", "unavailable", detail, { metadata });
}

export function cannotBeChecked(): Denial {
	return unavailable("The key cannot be verified at the moment. Try again shortly.");
}

/** The denial of a request without a key. `found_in`: where else one was. */
export function keyNotSent(detail = "Send the API key in the X-API-Key header.", found_in?: string): Denial {
	return deny("key_present", "key_missing", detail, found_in === undefined ? {} : { facts: { found_in } });
}

/** Whether the denial counts towards the key's limit of refusals. */
export function isBudgeted(denial: Denial): boolean {
	return BUDGETED.has(denial.code);
}

/** Whether the site was found before the denial. Counting by an unchecked site would let a dead key fill the usage tables. */
export function isAfterSite(denial: Denial): boolean {
	return AFTER_SITE.has(denial.code);
}
