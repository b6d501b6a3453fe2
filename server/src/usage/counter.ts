import type { Batch, Target } from "./batch.ts";
import type { UsageCode } from "./code.ts";

/** Times of the first and the last request, in milliseconds since the start of their counter's minute. */
export interface Span {
	readonly first: number;
	readonly last: number;
}

const NO_SPAN: Span = { first: 0, last: 0 };

/** A count of a past minute. */
export interface ClosedFact {
	readonly counter: Counter;
	readonly minute: number;
	readonly code: UsageCode;
	readonly requests: number;
	readonly span: Span;
	/** What the last of these requests did, if they were allowed. */
	readonly last_success: Target | null;
}

/**
 * Undrained counts of one subject in its current minute. Callers retain it by reference and pass it to the meter; only the meter may
 * change its fields.
 */
export abstract class Counter {
	/** Its name in the meter's index. */
	abstract readonly index_name: string;
	/** Minutes since 1970 UTC. */
	minute = 0;
	allowed = 0;
	refused: Map<UsageCode, number> | null = null;
	/** Whether it is in the meter's list for the next drain. */
	dirty = false;
	/** The generation of the meter's index that it was last entered into. */
	generation = 0;

	/** Writes one fact to the batch. */
	abstract putFact(batch: Batch, minute: number, code: UsageCode, requests: number, span: Span, last_success: Target | null): void;

	/** Starts a minute, once the counts of the last one are closed or drained. */
	startMinute(minute: number): void {
		this.minute = minute;
	}

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

	/** Moves the counts of the current minute into the batch; subclasses add their other facts. */
	drainInto(batch: Batch): void {
		const { minute, allowed } = this;
		if (allowed > 0) this.putFact(batch, minute, "allowed", allowed, this.spanOf("allowed"), this.lastSuccess());
		if (this.refused) for (const [code, requests] of this.refused) this.putFact(batch, minute, code, requests, this.spanOf(code), null);
		this.reset();
	}

	/** Moves the current minute to `closed`. */
	closeInto(closed: ClosedFact[]): void {
		const fact = { counter: this, minute: this.minute };
		if (this.allowed > 0)
			closed.push({ ...fact, code: "allowed", requests: this.allowed, span: this.spanOf("allowed"), last_success: this.lastSuccess() });
		if (this.refused)
			for (const [code, requests] of this.refused) closed.push({ ...fact, code, requests, span: this.spanOf(code), last_success: null });
		this.reset();
	}

	/** Adds a past minute's count to the current one. */
	addClosed(fact: ClosedFact): void {
		this.add(fact.code, fact.requests);
	}

	protected spanOf(_code: UsageCode): Span {
		return NO_SPAN;
	}

	protected lastSuccess(): Target | null {
		return null;
	}

	protected reset(): void {
		this.allowed = 0;
		this.refused = null;
	}
}

/** Counts the requests of one operation at one site of a tenant; "" for no site. */
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
}
