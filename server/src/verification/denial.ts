import type { ErrorCode, FailureFacts } from "../core/error.ts";

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
	readonly facts?: FailureFacts;
}

export function deny(code: DenialCode, detail: string, facts?: FailureFacts): Denial {
	return facts ? { code, detail, facts } : { code, detail };
}
