import { MINUTE_MS } from "../core/time.ts";
import type { Refusal } from "./refusal.ts";

/** The latest refusals of one key and code that one flush writes, as many as the database keeps. */
export const LATEST_PER_GROUP = 100;
/** Refusals in memory, by whether the secret was right: what anyone can send displaces nothing of a key. */
const PROVEN_MAX = 5_000;
const UNPROVEN_MAX = 1_000;
/** Names of first refusals and of counts that are remembered within a minute. */
const NAMES_MAX = 20_000;

/** How many requests with a wrong secret were refused. Proven ones are counted by the usage meter. */
export interface UnprovenCount {
	readonly kid: string;
	readonly code: string;
	readonly source_id: string;
	/** Minutes since 1970 UTC. */
	readonly minute: number;
	requests: number;
}

export interface KeptRefusal extends Refusal {
	/** The first of its key, code, source and minute. */
	readonly sampled: boolean;
	/** How many refusals of its group it represents: itself, and those that were displaced since the last flush. */
	requests: number;
}

export interface RefusalBatch {
	readonly refusals: readonly KeptRefusal[];
	readonly counts: readonly UnprovenCount[];
}

/** The latest refusals of one key and code, or of one address and code; a ring. */
class Group {
	readonly latest: KeptRefusal[] = [];
	#next = 0;
	#displaced = 0;

	/** `grows` false: the pool is full, so the oldest is overwritten. */
	add(refusal: KeptRefusal, grows: boolean): void {
		if (grows && this.latest.length < LATEST_PER_GROUP) {
			this.#startAtOldest();
			this.latest.push(refusal);
			return;
		}
		this.latest[this.#next] = refusal;
		this.#next = (this.#next + 1) % this.latest.length;
		this.#displaced += 1;
	}

	/** Displaces the older half; returns how many. */
	halve(): number {
		this.#startAtOldest();
		const { length } = this.latest.splice(0, Math.floor(this.latest.length / 2));
		this.#displaced += length;
		return length;
	}

	#startAtOldest(): void {
		if (this.#next > 0) this.latest.push(...this.latest.splice(0, this.#next));
		this.#next = 0;
	}

	take(): KeptRefusal[] {
		const [first] = this.latest;
		if (first) first.requests += this.#displaced;
		return this.latest;
	}
}

/** One bounded set of groups. */
class Pool {
	readonly #rows_max: number;
	#groups = new Map<string, Group>();
	#samples: KeptRefusal[] = [];
	#rows = 0;
	/** Whether it is full and no group has more than one row. */
	#exhausted = false;
	#firsts = new Set<string>();
	#minute = 0;

	constructor(rows_max: number) {
		this.#rows_max = rows_max;
	}

	get rows(): number {
		return this.#rows;
	}

	/** Whether the name was not asked about in this minute. */
	isFirst(name: string, minute: number): boolean {
		if (minute !== this.#minute) {
			this.#minute = minute;
			this.#firsts = new Set();
		}
		if (this.#firsts.has(name) || this.#firsts.size >= NAMES_MAX) return false;
		this.#firsts.add(name);
		return true;
	}

	add(name: string, refusal: KeptRefusal): void {
		if (refusal.sampled && this.#has_space && this.#samples.length < this.#rows_max / 2) {
			this.#samples.push(refusal);
			this.#rows += 1;
			return;
		}
		let group = this.#groups.get(name);
		if (group === undefined) {
			if (!this.#has_space) this.#makeSpace();
			if (!this.#has_space) return;
			group = new Group();
			this.#groups.set(name, group);
		}
		const before = group.latest.length;
		group.add(refusal, this.#has_space);
		this.#rows += group.latest.length - before;
	}

	get #has_space(): boolean {
		return this.#rows < this.#rows_max;
	}

	/** A key or address that is refused all the time displaces its own refusals, not the first one of another. */
	#makeSpace(): void {
		if (this.#exhausted) return;
		let largest: Group | undefined;
		for (const group of this.#groups.values()) if (group.latest.length > (largest?.latest.length ?? 1)) largest = group;
		if (largest === undefined) this.#exhausted = true;
		else this.#rows -= largest.halve();
	}

	take(): KeptRefusal[] {
		const taken = [...this.#samples, ...[...this.#groups.values()].flatMap((group) => group.take())];
		this.#groups = new Map();
		this.#samples = [];
		this.#rows = 0;
		this.#exhausted = false;
		return taken;
	}
}

/**
 * Collects refusals in bounded memory until they are written: the latest of each key and code, and the first of each key, code, source and
 * minute. Synchronous and without I/O: verification calls it.
 */
export class RefusalRecorder {
	readonly #proven = new Pool(PROVEN_MAX);
	readonly #unproven = new Pool(UNPROVEN_MAX);
	readonly #addresses: boolean;
	#counts = new Map<string, UnprovenCount>();

	/** `addresses` false: no address is stored. */
	constructor(options: { addresses: boolean }) {
		this.#addresses = options.addresses;
	}

	/** Refusals that wait to be written. */
	get waiting(): number {
		return this.#proven.rows + this.#unproven.rows;
	}

	add(refusal: Refusal): void {
		const { kid, code, source, proven } = refusal;
		const minute = Math.floor(refusal.at_ms / MINUTE_MS);
		const name = `${kid ?? `@${refusal.address ?? source.id}`} ${code}`;
		if (!proven && kid !== null) this.#count(`${name} ${source.id} ${minute}`, { kid, code, source_id: source.id, minute, requests: 1 });
		const pool = proven ? this.#proven : this.#unproven;
		const address = this.#addresses ? refusal.address : null;
		pool.add(name, { ...refusal, address, sampled: kid !== null && pool.isFirst(`${name} ${source.id}`, minute), requests: 1 });
	}

	/** Removes and returns what waits; null if nothing does. */
	take(): RefusalBatch | null {
		const counts = [...this.#counts.values()];
		const refusals = [...this.#proven.take(), ...this.#unproven.take()];
		this.#counts = new Map();
		return refusals.length + counts.length === 0 ? null : { refusals, counts };
	}

	#count(name: string, count: UnprovenCount): void {
		const known = this.#counts.get(name);
		if (known !== undefined) known.requests += 1;
		else if (this.#counts.size < NAMES_MAX) this.#counts.set(name, count);
	}
}
