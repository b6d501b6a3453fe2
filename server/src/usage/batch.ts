import type { UsageCode } from "./code.ts";
import type { Source } from "./sources/source.ts";

/** Requests of one secret from one source in one minute (since 1970 UTC) that ended with one code; and when the first and last of them were. */
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
}

/** Requests of one operation at one site ("" for none) in one minute that ended with one code. */
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

/** When a secret last did an operation with success. */
export interface SecretOperation {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly kid: string;
	readonly operation: string;
	readonly last_ms: number;
}

/** About as many facts as one flush brings to the database. */
export const BATCH_FACTS_MAX = 20_000;

/** What one flush brings to the database. The same thing may stand in it more than once: the sums count. */
export interface Batch {
	/** How many of the meter's facts it took: counts and checks. */
	facts: number;
	readonly keys: KeyFact[];
	readonly operations: OperationFact[];
	readonly key_checks: KeyCheck[];
	readonly secret_operations: SecretOperation[];
}

export function emptyBatch(): Batch {
	return { facts: 0, keys: [], operations: [], key_checks: [], secret_operations: [] };
}

/** How many requests the batch counts, each once. */
export function requestsIn(batch: Batch): number {
	return batch.keys.reduce((sum, fact) => sum + fact.requests, 0);
}
