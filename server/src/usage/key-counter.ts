import { DAY_MS, MINUTE_MS } from "../core/time.ts";
import type { Batch, Target } from "./batch.ts";
import { Uses, type UsesBound } from "./by-source/uses.ts";
import { DEAD, type UsageCode } from "./code.ts";
import { type ClosedFact, Counter, type OperationCounter, type Span } from "./counter.ts";
import { type Source, UNKNOWN_SOURCE } from "./sources/source.ts";

/** A successful operation is recorded at most once an hour per secret and source. */
const RECORD_SUCCESS_EVERY_MINUTES = 60;
const DAY_MINUTES = DAY_MS / MINUTE_MS;
/** Operations remembered per secret and source. */
const OPERATIONS_MAX = 64;
/** Initial minimum and maximum. They fit V8's small integers, so that a counter stores them without a heap object. */
const NEVER_FIRST = 0x3fff_ffff;
const NEVER_LAST = -0x3fff_ffff;

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
	/** What the last allowed request did, and how many undrained ones in a row did so on this day. */
	#target: Target | null = null;
	#run = 0;
	/** Undrained requests by what they did, without the run. */
	readonly #uses: Uses;
	/** Whether it is in the meter's list of counters with undrained uses. */
	has_uses = false;

	constructor(tenant_id: string, key_id: string, kid: string, bound: UsesBound, source: Source = UNKNOWN_SOURCE) {
		super();
		this.tenant_id = tenant_id;
		this.key_id = key_id;
		this.kid = kid;
		this.source = source;
		this.#uses = new Uses(bound);
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

	/** Notes what the last allowed request did, without counting it. */
	noteSuccess(target: Target): void {
		this.#target = target;
	}

	/** Counts by what a request did. Costs an increment while allowed requests do the same. */
	countUse(target: Target, code: UsageCode): void {
		if (code !== "allowed") this.#uses.add(target, code, this.#day, 1);
		else if (target === this.#target) this.#run += 1;
		else {
			this.#endRun();
			this.#target = target;
			this.#run = 1;
		}
	}

	get #day(): number {
		return Math.floor(this.minute / DAY_MINUTES);
	}

	override startMinute(minute: number): void {
		if (Math.floor(minute / DAY_MINUTES) !== this.#day) this.#endRun();
		super.startMinute(minute);
	}

	/** Moves the requests by what they did into the batch. */
	drainUsesInto(batch: Batch): void {
		this.#endRun();
		this.#uses.drainInto(batch, this);
		this.has_uses = false;
	}

	#endRun(): void {
		if (this.#target !== null && this.#run > 0) this.#uses.add(this.#target, "allowed", this.#day, this.#run);
		this.#run = 0;
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

	override putFact(batch: Batch, minute: number, code: UsageCode, requests: number, span: Span, last_success: Target | null): void {
		const { tenant_id, key_id, kid, source } = this;
		const from_ms = minute * MINUTE_MS;
		batch.facts += 1;
		const times = { first_ms: from_ms + span.first, last_ms: from_ms + span.last };
		batch.keys.push({ tenant_id, key_id, kid, minute, code, requests, ...times, source, last_success });
	}

	protected override lastSuccess(): Target | null {
		return this.#target;
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
