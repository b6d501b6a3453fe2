import type { ErrorCode } from "../core/error.ts";
import type { Batch } from "./batch.ts";

/** How a request with a known key ended: allowed, or the code it was refused with. */
export type UsageCode = "allowed" | ErrorCode;

/**
 * What was counted of one thing in its running minute and is not drained yet. Holders keep it by reference and hand it back to the meter;
 * its fields belong to the meter.
 */
export abstract class Counter {
	/** What the meter finds it by. */
	abstract readonly index_name: string;
	/** Minutes since 1970 UTC. */
	minute = 0;
	allowed = 0;
	refused: Map<UsageCode, number> | null = null;
	/** Whether it stands in the meter's list of what the next drain visits. */
	dirty = false;
	/** The generation of the meter's index in which it was entered last. */
	generation = 0;

	abstract putFact(batch: Batch, minute: number, code: UsageCode, requests: number): void;
	/** Moves the times of use to the batch. */
	abstract putTimes(batch: Batch): void;

	requestsOf(code: UsageCode): number {
		return code === "allowed" ? this.allowed : (this.refused?.get(code) ?? 0);
	}

	add(code: UsageCode, requests: number): void {
		if (code === "allowed") {
			this.allowed += requests;
			return;
		}
		this.refused ??= new Map();
		this.refused.set(code, (this.refused.get(code) ?? 0) + requests);
	}

	/** Empties the running minute into `put`. */
	empty(put: (code: UsageCode, requests: number) => void): void {
		if (this.allowed > 0) put("allowed", this.allowed);
		this.allowed = 0;
		if (!this.refused) return;
		for (const [code, requests] of this.refused) put(code, requests);
		this.refused = null;
	}
}

/** Counts one secret of a key, and notes when it was used. */
export class KeyCounter extends Counter {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly kid: string;
	first_used_ms = 0;
	last_used_ms = 0;
	last_check_ms = 0;

	constructor(tenant_id: string, key_id: string, kid: string) {
		super();
		this.tenant_id = tenant_id;
		this.key_id = key_id;
		this.kid = kid;
	}

	override get index_name(): string {
		return this.kid;
	}

	override putFact(batch: Batch, minute: number, code: UsageCode, requests: number): void {
		batch.facts += 1;
		batch.keys.push({ tenant_id: this.tenant_id, key_id: this.key_id, kid: this.kid, minute, code, requests });
	}

	override putTimes(batch: Batch): void {
		const { tenant_id, key_id, kid, first_used_ms, last_used_ms, last_check_ms } = this;
		if (last_used_ms > 0) batch.secret_uses.push({ tenant_id, kid, first_used_ms, last_used_ms });
		if (last_check_ms > 0) {
			batch.facts += 1;
			batch.key_checks.push({ tenant_id, key_id, last_check_ms });
		}
		this.first_used_ms = 0;
		this.last_used_ms = 0;
		this.last_check_ms = 0;
	}
}

/** Counts one operation of a tenant, at one of its sites or, where the path names none, at "". */
export class OperationCounter extends Counter {
	readonly tenant_id: string;
	readonly site_id: string;
	readonly operation: string;
	override readonly index_name: string;

	constructor(tenant_id: string, site_id: string, operation: string, index_name: string) {
		super();
		this.tenant_id = tenant_id;
		this.site_id = site_id;
		this.operation = operation;
		this.index_name = index_name;
	}

	override putFact(batch: Batch, minute: number, code: UsageCode, requests: number): void {
		batch.facts += 1;
		batch.operations.push({ tenant_id: this.tenant_id, site_id: this.site_id, operation: this.operation, minute, code, requests });
	}

	override putTimes(): void {}
}
