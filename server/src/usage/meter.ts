import type { Clock } from "../core/clock.ts";
import { MINUTE_MS } from "../core/time.ts";
import { BATCH_FACTS_MAX, type Batch, emptyBatch } from "./batch.ts";
import type { UsageCode } from "./code.ts";
import { type ClosedFact, type Counter, KeyCounter, OperationCounter } from "./counter.ts";
import { RecentCounters } from "./recent.ts";
import { type Source, UNKNOWN_SOURCE } from "./sources/source.ts";

export type { UsageCode } from "./code.ts";
export type { KeyCounter, OperationCounter } from "./counter.ts";

const ENTRIES_MAX = 500_000;
const GENERATION_MS = 120_000;
const NO_SITE = "";
/** What parts values and lines in a flush. */
const UNSTORABLE = /[|\n]/g;

/**
 * Counts requests in memory, bounded, until they are drained. Two facts, not a product: by secret, source, minute and code; by site,
 * operation, minute and code. When there is no room for another fact, past minutes are added to running ones: time is given up before counts are.
 */
export class Meter {
	readonly #clock: Clock;
	readonly #entriesMax: number;
	readonly #keys: RecentCounters<KeyCounter>;
	readonly #operations: RecentCounters<OperationCounter>;
	#generationBegan: number;
	/** Counters with something to drain, each once, longest waiting first. */
	#dirty: Counter[] = [];
	#closed: ClosedFact[] = [];
	#facts = 0;
	/** Successes that wait to be told. */
	#successes = 0;
	#lost = 0;

	/** `entries_max` bounds the facts that wait, and the counters that can be found by name. */
	constructor(options: { clock: Clock; entries_max?: number }) {
		this.#clock = options.clock;
		this.#entriesMax = options.entries_max ?? ENTRIES_MAX;
		this.#keys = new RecentCounters(this.#entriesMax / 2);
		this.#operations = new RecentCounters(this.#entriesMax / 2);
		this.#generationBegan = options.clock.monotonic();
	}

	/** Counts that found no room since the start, of either kind of fact. */
	get lost(): number {
		return this.#lost;
	}

	/** Facts that wait for a drain. */
	get waiting(): number {
		return this.#facts;
	}

	/** How many counters can be found by name. */
	get known(): number {
		return this.#keys.size + this.#operations.size;
	}

	/** The counter of one secret and source: the same object as long as the meter knows it. A holder may keep it for ever. */
	keyCounter(tenant_id: string, key_id: string, kid: string, source: Source = UNKNOWN_SOURCE): KeyCounter {
		const known = this.#keys.find(`${kid} ${source.id}`);
		if (known) return known;
		const counter = new KeyCounter(tenant_id, key_id, kid, source);
		this.#keys.touch(counter);
		return counter;
	}

	/** The counter of an operation (a route, never a path as it was sent) at a site that exists, or at none. */
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

	/** Counts one request whose secret was right. `now_ms` is wall time. */
	count(key: KeyCounter, operation: OperationCounter, code: UsageCode, now_ms: number): void {
		const minute = Math.floor(now_ms / MINUTE_MS);
		const offset = now_ms - minute * MINUTE_MS;
		if (this.#add(key, minute, code)) key.note(code, offset, offset);
		this.#add(operation, minute, code);
		if (code === "allowed" && key.isNews(operation, minute)) this.#tellSuccess(key, operation, minute, now_ms);
	}

	/** Notes what a secret was used for, with room of its own, so that no count gives way to it; when there is none, not now. */
	#tellSuccess(key: KeyCounter, operation: OperationCounter, minute: number, now_ms: number): void {
		if (this.#successes >= this.#entriesMax) return;
		if (key.tellSuccess(operation, minute, now_ms)) this.#successes += 1;
		this.#markDirty(key);
	}

	/** Notes that the key's connectivity check succeeded. */
	noteConnectivityCheck(key: KeyCounter, now_ms: number): void {
		if (key.last_check_ms === 0) {
			if (this.#facts >= this.#entriesMax) return;
			this.#facts += 1;
			this.#markDirty(key);
		}
		if (now_ms > key.last_check_ms) key.last_check_ms = now_ms;
	}

	/** What waits, longest waiting first and about `facts_max` facts at most, removed from the meter; null when nothing waits. */
	drain(facts_max = BATCH_FACTS_MAX): Batch | null {
		this.#forgetIdle();
		if (this.#dirty.length === 0 && this.#closed.length === 0) return null;
		const batch = emptyBatch();
		let visited = 0;
		for (const counter of this.#dirty) {
			if (batch.facts >= facts_max) break;
			counter.drainInto(batch);
			counter.dirty = false;
			visited += 1;
		}
		this.#dirty.splice(0, visited);
		const closed = this.#closed.splice(0, facts_max - batch.facts);
		for (const { counter, minute, code, requests, span } of closed) counter.putFact(batch, minute, code, requests, span);
		this.#facts -= batch.facts;
		this.#successes -= batch.secret_operations.length;
		return batch;
	}

	/** Adds one request; false when there was no room for it. */
	#add(counter: Counter, minute: number, code: UsageCode): boolean {
		if (counter.minute !== minute) this.#turn(counter, minute);
		if (counter.requestsOf(code) === 0 && !this.#makeRoom(counter, code, minute)) {
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

	/** Closes the counter's minute and opens another. */
	#turn(counter: Counter, minute: number): void {
		counter.closeInto(this.#closed);
		counter.minute = minute;
	}

	/** Takes room for a fact that the counter does not have in its running minute; false when there is none left. */
	#makeRoom(counter: Counter, code: UsageCode, minute: number): boolean {
		if (this.#facts >= this.#entriesMax) {
			this.#coalesce(minute);
			if (counter.requestsOf(code) > 0) return true;
			if (this.#facts >= this.#entriesMax) return false;
		}
		this.#facts += 1;
		return true;
	}

	/** Adds what is closed to the running minutes of its counters. */
	#coalesce(minute: number): void {
		const closed = this.#closed;
		this.#closed = [];
		for (const fact of closed) {
			const { counter, code } = fact;
			if (!counter.dirty) {
				counter.minute = minute;
				this.#markDirty(counter);
			}
			if (counter.requestsOf(code) > 0) this.#facts -= 1;
			counter.addClosed(fact);
		}
	}

	#forgetIdle(): void {
		const now = this.#clock.monotonic();
		if (now - this.#generationBegan < GENERATION_MS) return;
		this.#generationBegan = now;
		this.#keys.forgetIdle();
		this.#operations.forgetIdle();
	}
}
