import type { ErrorCode } from "../core/error.ts";

/** Outcome of a request with a known key: allowed, or the error code. */
export type UsageCode = "allowed" | ErrorCode;

/** Codes that do not count as use of a key: the secret was right, but the key was not live. */
export const CODES_OF_DEAD_KEYS: readonly UsageCode[] = ["key_revoked", "key_expired", "key_rotated", "key_paused", "tenant_suspended"];

/** Codes of secrets that can never work again. Their requests are reported separately from live use. */
export const CODES_OF_ENDED_SECRETS: readonly UsageCode[] = ["key_revoked", "key_expired", "key_rotated"];

/** Codes of requests that only came too often. */
export const CODES_OF_LIMITS: readonly UsageCode[] = ["rate_limited", "quota_exceeded", "too_many_refusals"];

export const DEAD: ReadonlySet<UsageCode> = new Set(CODES_OF_DEAD_KEYS);

/** Whether a request with this outcome is a use of its secret. */
export function isUse(code: UsageCode): boolean {
	return !DEAD.has(code);
}
