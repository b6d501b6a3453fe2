import type { UsageCode } from "./code.ts";
import type { Source } from "./sources/source.ts";

/** What a request did, and at which site ("" for none). */
export interface Target {
	readonly site_id: string;
	readonly operation: string;
}

/** Requests of one secret, source, minute (since 1970 UTC) and code, with the times of the first and the last. */
export interface KeyFact {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly kid: string;
	readonly minute: number;
	readonly code: UsageCode;
	readonly requests: number;
	readonly first_ms: number;
	readonly last_ms: number;
	readonly source: Source;
	/** What the last allowed request did, which came at `last_ms`; null for refused ones. */
	readonly last_success: Target | null;
}

/** Requests of one key, source, code and day by what they did. */
export interface UseFact {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly source: Source;
	/** Null: combined, because a bound was reached. */
	readonly target: Target | null;
	readonly code: UsageCode;
	/** Since 1970 UTC. */
	readonly day: number;
	readonly requests: number;
}

/** Requests of one operation, site ("" for none), minute and code. */
export interface OperationFact {
	readonly tenant_id: string;
	readonly site_id: string;
	readonly operation: string;
	readonly minute: number;
	readonly code: UsageCode;
	readonly requests: number;
}

/** When the connectivity check of a key last succeeded. */
export interface KeyCheck {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly last_check_ms: number;
}

/** When an operation last succeeded with a secret. */
export interface SecretOperation {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly kid: string;
	readonly operation: string;
	readonly last_ms: number;
}

/** Approximate number of facts per flush. */
export const BATCH_FACTS_MAX = 20_000;

/** The content of one flush. A fact may occur more than once; aggregation sums duplicates. */
export interface Batch {
	/** Number of facts taken from the meter: counts and connectivity checks. */
	facts: number;
	readonly keys: KeyFact[];
	/** Beside `facts`. Requests are counted here up to two minutes later than in `keys`, so that more of them are one fact. */
	readonly uses: UseFact[];
	readonly operations: OperationFact[];
	readonly key_checks: KeyCheck[];
	readonly secret_operations: SecretOperation[];
}

export function emptyBatch(): Batch {
	return { facts: 0, keys: [], uses: [], operations: [], key_checks: [], secret_operations: [] };
}

/** Number of requests in the batch. */
export function requestsIn(batch: Batch): number {
	return batch.keys.reduce((sum, fact) => sum + fact.requests, 0);
}
