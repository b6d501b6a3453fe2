import type { Clock } from "../core/clock.ts";
import { MINUTE_MS } from "../core/time.ts";
import { BATCH_FACTS_MAX, type Batch, emptyBatch } from "./batch.ts";
import type { UsesBound } from "./by-source/uses.ts";
import type { UsageCode } from "./code.ts";
import { type ClosedFact, type Counter, OperationCounter } from "./counter.ts";
import { KeyCounter } from "./key-counter.ts";
import { RecentCounters } from "./recent.ts";
import { type Source, UNKNOWN_SOURCE } from "./sources/source.ts";

export type { UsageCode } from "./code.ts";
export type { OperationCounter } from "./counter.ts";
export type { KeyCounter } from "./key-counter.ts";

const ENTRIES_MAX = 500_000;
const GENERATION_MS = 120_000;
/** Uses per drain. Those of further counters wait, so that busy keys are counted by what they do once in a while, and all within USES_DRAINS drains. */
const USES_LEAST = 1_000;
const USES_DRAINS = 120;
const NO_SITE = "";
/** The separators of values and lines in a flush. */
const UNSTORABLE = /[|\n]/g;

/**
 * Counts requests in bounded memory until they are drained. Two separate facts bound the cardinality: by secret, source, minute and code;
 * by site, operation, minute and code. When full, past minutes are merged into current ones: precision is lost before counts are.
 */
export class Meter {
	readonly #clock: Clock;
	readonly #entriesMax: number;
	readonly #keys: RecentCounters<KeyCounter>;
	readonly #operations: RecentCounters<OperationCounter>;
	readonly #uses: UsesBound;
	readonly #counts_uses: boolean;
	#generationBegan: number;
	/** Counters with undrained facts, each once, oldest first. */
	#dirty: Counter[] = [];
	#closed: ClosedFact[] = [];
	/** Counters with undrained uses, each once, oldest first. */
	#using: KeyCounter[] = [];
	/** The most uses that waited during the present USES_DRAINS drains, and during those before. */
	#most_waiting = { current: 0, before: 0 };
	#drains = 0;
	#facts = 0;
	/** Successful operations that are not drained yet. */
	#successes = 0;
	#lost = 0;

	/** `entries_max` bounds the undrained facts and the indexed counters; `counts_uses` false: keys are not counted by what they do. */
	constructor(options: { clock: Clock; entries_max?: number; counts_uses?: boolean }) {
		this.#clock = options.clock;
		this.#counts_uses = options.counts_uses ?? true;
		this.#entriesMax = options.entries_max ?? ENTRIES_MAX;
		this.#keys = new RecentCounters(this.#entriesMax / 2);
		this.#operations = new RecentCounters(this.#entriesMax / 2);
		this.#uses = { apart: 0, apart_max: this.#entriesMax };
		this.#generationBegan = options.clock.monotonic();
		this.stored_until = options.clock.now();
	}

	/** Counts of either kind lost to the bound since the start. */
	get lost(): number {
		return this.#lost;
	}

	/** Every count before this time, in ms since the epoch, is in the database; of the start until the first flush. Set by the flusher. */
	stored_until: number;

	/** Number of undrained facts. */
	get waiting(): number {
		return this.#facts;
	}

	/** Number of indexed counters. */
	get known(): number {
		return this.#keys.size + this.#operations.size;
	}

	/** The counter of one secret and source; the same object while it is indexed. Callers may retain it: it counts even after eviction. */
	keyCounter(tenant_id: string, key_id: string, kid: string, source: Source = UNKNOWN_SOURCE): KeyCounter {
		const known = this.#keys.find(`${kid} ${source.id}`);
		if (known) return known;
		const counter = new KeyCounter(tenant_id, key_id, kid, this.#uses, source);
		this.#keys.touch(counter);
		return counter;
	}

	/** The counter of an operation (a route, never a raw path) at an existing site or none: raw input would be unbounded. */
	operationCounter(tenant_id: string, site_id: string | null, operation_text: string): OperationCounter {
		const site = site_id ?? NO_SITE;
		const operation = operation_text.replace(UNSTORABLE, "_");
		const name = `${tenant_id} ${site} ${operation}`;
		const known = this.#operations.find(name);
		if (known) return known;
		const counter = new OperationCounter(tenant_id, site, operation, name);
		this.#operations.touch(counter);
		return counter;
	}

	/** Counts one request with a valid secret. `now_ms` is Unix time. */
	count(key: KeyCounter, operation: OperationCounter, code: UsageCode, now_ms: number): void {
		const minute = Math.floor(now_ms / MINUTE_MS);
		const offset = now_ms - minute * MINUTE_MS;
		if (this.#add(key, minute, code)) {
			key.note(code, offset, offset);
			if (this.#counts_uses) this.#countUse(key, operation, code);
			else if (code === "allowed") key.noteSuccess(operation);
		}
		this.#add(operation, minute, code);
		if (code === "allowed" && key.mayBeUnrecorded(operation, minute)) this.#recordSuccess(key, operation, minute, now_ms);
	}

	#countUse(key: KeyCounter, operation: OperationCounter, code: UsageCode): void {
		key.countUse(operation, code);
		if (key.has_uses) return;
		key.has_uses = true;
		this.#using.push(key);
	}

	/** Records what a secret was used for. Its bound is separate, so that it displaces no counts; when full, a later request records it. */
	#recordSuccess(key: KeyCounter, operation: OperationCounter, minute: number, now_ms: number): void {
		if (this.#successes >= this.#entriesMax) return;
		if (key.recordSuccess(operation, minute, now_ms)) this.#successes += 1;
		this.#markDirty(key);
	}

	/** Records that the key's connectivity check succeeded. */
	recordConnectivityCheck(key: KeyCounter, now_ms: number): void {
		if (key.last_check_ms === 0) {
			if (this.#facts >= this.#entriesMax) return;
			this.#facts += 1;
			this.#markDirty(key);
		}
		if (now_ms > key.last_check_ms) key.last_check_ms = now_ms;
	}

	/** Removes and returns about `facts_max` facts and some of the uses, or all with `all_uses`, oldest first; null when there are none. */
	drain(facts_max = BATCH_FACTS_MAX, all_uses = false): Batch | null {
		this.#evictIdle();
		if (this.#dirty.length === 0 && this.#closed.length === 0 && this.#using.length === 0) return null;
		const batch = emptyBatch();
		let visited = 0;
		for (const counter of this.#dirty) {
			if (batch.facts >= facts_max) break;
			counter.drainInto(batch);
			counter.dirty = false;
			visited += 1;
		}
		this.#dirty.splice(0, visited);
		const closed = this.#closed.splice(0, Math.max(0, facts_max - batch.facts));
		for (const { counter, minute, code, requests, span, last_success } of closed) counter.putFact(batch, minute, code, requests, span, last_success);
		this.#drainUses(batch, all_uses ? facts_max : this.#countUsesDue());
		this.#facts -= batch.facts;
		this.#successes -= batch.secret_operations.length;
		return batch;
	}

	/** As many as drain within USES_DRAINS drains what waited most in the last USES_DRAINS of them, however much has been drained since. */
	#countUsesDue(): number {
		// A counter has at least one use, and any number that are counted apart.
		const waiting = this.#using.length + this.#uses.apart;
		if (this.#drains % USES_DRAINS === 0) this.#most_waiting = { current: 0, before: this.#most_waiting.current };
		this.#drains += 1;
		const { current, before } = this.#most_waiting;
		this.#most_waiting = { current: Math.max(current, waiting), before };
		return Math.max(USES_LEAST, Math.ceil(Math.max(current, before, waiting) / USES_DRAINS));
	}

	#drainUses(batch: Batch, uses_max: number): void {
		let visited = 0;
		for (const counter of this.#using) {
			if (batch.uses.length >= uses_max) break;
			counter.drainUsesInto(batch);
			visited += 1;
		}
		this.#using.splice(0, visited);
	}

	/** Adds one request; false when the meter is full. */
	#add(counter: Counter, minute: number, code: UsageCode): boolean {
		if (counter.minute !== minute) this.#turn(counter, minute);
		if (counter.requestsOf(code) === 0 && !this.#reserveFact(counter, code, minute)) {
			this.#lost += 1;
			return false;
		}
		counter.add(code, 1);
		if (!counter.dirty) this.#markDirty(counter);
		return true;
	}

	#markDirty(counter: Counter): void {
		if (counter.dirty) return;
		counter.dirty = true;
		this.#dirty.push(counter);
		if (counter instanceof KeyCounter) this.#keys.touch(counter);
		else if (counter instanceof OperationCounter) this.#operations.touch(counter);
	}

	/** Closes the counter's current minute and starts `minute`. */
	#turn(counter: Counter, minute: number): void {
		counter.closeInto(this.#closed);
		counter.startMinute(minute);
	}

	/** Reserves a new fact in the counter's current minute; false when the meter is full. */
	#reserveFact(counter: Counter, code: UsageCode, minute: number): boolean {
		if (this.#facts >= this.#entriesMax) {
			this.#coalesce(minute);
			if (counter.requestsOf(code) > 0) return true;
			if (this.#facts >= this.#entriesMax) return false;
		}
		this.#facts += 1;
		return true;
	}

	/** Merges closed facts into the current minutes of their counters. */
	#coalesce(minute: number): void {
		const closed = this.#closed;
		this.#closed = [];
		for (const fact of closed) {
			const { counter, code } = fact;
			if (!counter.dirty) {
				counter.startMinute(minute);
				this.#markDirty(counter);
			}
			if (counter.requestsOf(code) > 0) this.#facts -= 1;
			counter.addClosed(fact);
		}
	}

	#evictIdle(): void {
		const now = this.#clock.monotonic();
		if (now - this.#generationBegan < GENERATION_MS) return;
		this.#generationBegan = now;
		this.#keys.evictIdle();
		this.#operations.evictIdle();
	}
}
