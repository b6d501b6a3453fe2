import { MINUTE_MS } from "../core/time.ts";
import type { Batch } from "./batch.ts";
import { DEAD, type UsageCode } from "./code.ts";
import { type Source, UNKNOWN_SOURCE } from "./sources/source.ts";

/** A successful operation is recorded at most once an hour per secret and source. */
const RECORD_SUCCESS_EVERY_MINUTES = 60;
/** Operations remembered per secret and source. */
const OPERATIONS_MAX = 64;

/** Times of the first and the last request, in milliseconds since the start of their counter's minute. */
interface Span {
	readonly first: number;
	readonly last: number;
}

/** Initial minimum and maximum. They fit V8's small integers, so that a counter stores them without a heap object. */
const NEVER_FIRST = 0x3fff_ffff;
const NEVER_LAST = -0x3fff_ffff;
const NO_SPAN: Span = { first: 0, last: 0 };

/** A count of a past minute. */
export interface ClosedFact {
	readonly counter: Counter;
	readonly minute: number;
	readonly code: UsageCode;
	readonly requests: number;
	readonly span: Span;
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
	abstract putFact(batch: Batch, minute: number, code: UsageCode, requests: number, span: Span): void;

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
		if (this.allowed > 0) this.putFact(batch, this.minute, "allowed", this.allowed, this.spanOf("allowed"));
		if (this.refused) for (const [code, requests] of this.refused) this.putFact(batch, this.minute, code, requests, this.spanOf(code));
		this.reset();
	}

	/** Moves the current minute to `closed`. */
	closeInto(closed: ClosedFact[]): void {
		const { minute } = this;
		if (this.allowed > 0) closed.push({ counter: this, minute, code: "allowed", requests: this.allowed, span: this.spanOf("allowed") });
		if (this.refused) for (const [code, requests] of this.refused) closed.push({ counter: this, minute, code, requests, span: this.spanOf(code) });
		this.reset();
	}

	/** Adds a past minute's count to the current one. */
	addClosed(fact: ClosedFact): void {
		this.add(fact.code, fact.requests);
	}

	protected spanOf(_code: UsageCode): Span {
		return NO_SPAN;
	}

	protected reset(): void {
		this.allowed = 0;
		this.refused = null;
	}
}

/** Counts the requests of one secret from one source, with their first and last times. */
export class KeyCounter extends Counter {
	/** May be replaced by an equal source. */
	source: Source;
	/** Requests with a live key. */
	#first = NEVER_FIRST;
	#last = NEVER_LAST;
	/** The last request that was allowed. */
	#last_allowed = NEVER_LAST;
	/** Requests with a dead key, which do not count as use. */
	#dead_first = NEVER_FIRST;
	#dead_last = NEVER_LAST;
	readonly tenant_id: string;
	readonly key_id: string;
	readonly kid: string;
	last_check_ms = 0;
	/** The operation that last succeeded, and the minute from which it is recorded again. */
	#operation: OperationCounter | null = null;
	#record_again_minute = 0;
	/** The same minute per operation, once there are several. */
	#recorded: Map<string, number> | null = null;
	/** Undrained successful operations → Unix time in milliseconds. */
	#succeeded: Map<string, number> | null = null;

	constructor(tenant_id: string, key_id: string, kid: string, source: Source = UNKNOWN_SOURCE) {
		super();
		this.tenant_id = tenant_id;
		this.key_id = key_id;
		this.kid = kid;
		this.source = source;
	}

	override get index_name(): string {
		return `${this.kid} ${this.source.id}`;
	}

	/** Extends the span of requests with this code by `first` to `last`, in milliseconds since the start of the current minute. */
	note(code: UsageCode, first: number, last: number): void {
		if (code !== "allowed" && DEAD.has(code)) {
			if (first < this.#dead_first) this.#dead_first = first;
			if (last > this.#dead_last) this.#dead_last = last;
			return;
		}
		if (first < this.#first) this.#first = first;
		if (last > this.#last) this.#last = last;
		if (code === "allowed" && last > this.#last_allowed) this.#last_allowed = last;
	}

	/** Whether a success of `operation` in this minute may have to be recorded. A cheap check before `recordSuccess`. */
	mayBeUnrecorded(operation: OperationCounter, minute: number): boolean {
		return operation !== this.#operation || minute >= this.#record_again_minute;
	}

	/** Stores the success for the next drain unless it was recorded within the hour. True when it adds an undrained entry. */
	recordSuccess(operation: OperationCounter, minute: number, now_ms: number): boolean {
		const { operation: name } = operation;
		if (this.#operation !== null && this.#operation !== operation)
			this.#recorded ??= new Map([[this.#operation.operation, this.#record_again_minute]]);
		this.#operation = operation;
		this.#record_again_minute = this.#recorded?.get(name) ?? 0;
		if (minute < this.#record_again_minute) return false;
		this.#record_again_minute = minute + RECORD_SUCCESS_EVERY_MINUTES;
		if ((this.#recorded?.size ?? 0) >= OPERATIONS_MAX) this.#recorded?.clear();
		this.#recorded?.set(name, this.#record_again_minute);
		this.#succeeded ??= new Map();
		const fresh = !this.#succeeded.has(name);
		this.#succeeded.set(name, now_ms);
		return fresh;
	}

	override addClosed(fact: ClosedFact): void {
		super.addClosed(fact);
		const offset = (fact.minute - this.minute) * MINUTE_MS;
		this.note(fact.code, offset + fact.span.first, offset + fact.span.last);
	}

	override putFact(batch: Batch, minute: number, code: UsageCode, requests: number, span: Span): void {
		const { tenant_id, key_id, kid, source } = this;
		const from_ms = minute * MINUTE_MS;
		batch.facts += 1;
		const operation = code === "allowed" ? (this.#operation?.operation ?? null) : null;
		const times = { first_ms: from_ms + span.first, last_ms: from_ms + span.last };
		batch.keys.push({ tenant_id, key_id, kid, minute, code, requests, ...times, source, operation });
	}

	override drainInto(batch: Batch): void {
		super.drainInto(batch);
		if (this.#succeeded !== null) this.#drainSucceeded(batch, this.#succeeded);
		if (this.last_check_ms === 0) return;
		batch.facts += 1;
		batch.key_checks.push({ tenant_id: this.tenant_id, key_id: this.key_id, last_check_ms: this.last_check_ms });
		this.last_check_ms = 0;
	}

	#drainSucceeded(batch: Batch, succeeded: ReadonlyMap<string, number>): void {
		const { tenant_id, key_id, kid } = this;
		for (const [operation, last_ms] of succeeded) batch.secret_operations.push({ tenant_id, key_id, kid, operation, last_ms });
		this.#succeeded = null;
	}

	protected override spanOf(code: UsageCode): Span {
		if (DEAD.has(code)) return { first: this.#dead_first, last: this.#dead_last };
		return { first: this.#first, last: code === "allowed" ? this.#last_allowed : this.#last };
	}

	protected override reset(): void {
		super.reset();
		this.#first = NEVER_FIRST;
		this.#last = NEVER_LAST;
		this.#last_allowed = NEVER_LAST;
		this.#dead_first = NEVER_FIRST;
		this.#dead_last = NEVER_LAST;
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
