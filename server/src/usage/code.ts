import type { ErrorCode } from "../core/error.ts";

/** How a request with a known key ended: allowed, or the code it was refused with. */
export type UsageCode = "allowed" | ErrorCode;

/** A key was last used when the right secret of a live key was last presented, whether or not the request got what it asked for. */
export const CODES_OF_DEAD_KEYS: readonly UsageCode[] = ["key_revoked", "key_expired", "key_rotated", "key_paused", "tenant_suspended"];

/** A secret that has ended for good: who presents it still is told apart from who uses it. */
export const CODES_OF_ENDED_SECRETS: readonly UsageCode[] = ["key_revoked", "key_expired", "key_rotated"];

export const DEAD: ReadonlySet<UsageCode> = new Set(CODES_OF_DEAD_KEYS);

/** Whether a request that ended with the code was a use of its secret, rather than an attempt with a dead one. */
export function isUse(code: UsageCode): boolean {
	return !DEAD.has(code);
}
