import type { ErrorCode } from "../core/error.ts";
import type { Source } from "../usage/sources/source.ts";

/** The step of verification that refused a request, in the order in which they run; `verification/checks.ts` has those of a proven secret. */
export const CHECK_NAMES = [
	...(["available", "key_present", "key_shape", "key_known", "address_failures"] as const),
	...(["not_revoked", "not_replaced", "not_expired", "not_paused", "tenant_active", "address_allowed", "client_allowed"] as const),
	...(["refusals_budget", "tenant_matches", "site_visible", "environment_matches", "capability_included", "permission_held"] as const),
	...(["rate_limit", "quota", "budget"] as const),
];

export type CheckName = (typeof CHECK_NAMES)[number];

/** What a check knew: never the raw key, a path, or an id that the caller made up. */
export type FactValue = string | number | boolean | null | readonly string[];
export type Facts = Readonly<Record<string, FactValue>>;

/** A refused request. */
export interface Refusal {
	readonly request_id: string;
	/** Unix time in milliseconds. */
	readonly at_ms: number;
	readonly code: ErrorCode;
	readonly check: CheckName;
	readonly operation: string;
	readonly source: Source;
	/** Null where addresses are not stored, or the request has none. */
	readonly address: string | null;
	/** The public id in the key that was sent; null if it has none. */
	readonly kid: string | null;
	/** Whether the whole secret was right. */
	readonly proven: boolean;
	readonly facts: Facts;
}
