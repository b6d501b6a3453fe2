import pg from "pg";
import { record } from "../audit/record.ts";
import type { Clock } from "../core/clock.ts";
import { randomBase62 } from "../core/id.ts";
import type { Log } from "../core/log.ts";
import { startLoop } from "../core/loop.ts";
import type { Database } from "../database/database.ts";
import { inStatement } from "../database/transaction.ts";
import type { Node } from "../nodes/node.ts";
import { BATCH_FACTS_MAX, type Batch, requestsIn } from "./batch.ts";
import type { Meter } from "./meter.ts";
import { storeFlushedUntil, storeIdleUntil, storeUsageGap } from "./sources/progress-store.ts";
import { appendFlush } from "./store.ts";

const EVERY_MS = 1_000;
const BATCHES_PER_RUN_MAX = 50;
const REFUSALS_MAX = 3;
const STOP_ATTEMPTS = 2;
/** How often a node that counts nothing says so: it delays what waits for it by so long at the most. */
const IDLE_EVERY_MS = 5_000;

export interface Flushing {
	/** Flushes all that waits; rejects when it could not be written, which is then tried again by itself. */
	flushNow(): Promise<void>;
	/** Ends the flushing with a last flush. What the database does not take then is lost, and said so in the log. */
	stop(): Promise<void>;
}

interface Flush {
	readonly flush_number: number;
	readonly batch: Batch;
	/** Once it is in the database, nothing that was counted before waits any more; null while more of that is to come. */
	readonly flushed_until: Date | null;
	/** How often the database answered that the values themselves are wrong. */
	refusals: number;
}

export interface FlushingOptions {
	readonly database: Database;
	readonly meter: Meter;
	readonly clock: Clock;
	/** The one that answers by what the meter counts. */
	readonly node: Pick<Node, "id">;
	readonly log: Log;
}

/** Brings what the meter counts to the database each second. A crash loses what was counted since the last flush. */
export function startFlushing(options: FlushingOptions): Flushing {
	const flusher = new Flusher(options);
	const loop = startLoop({ name: "usage_flush", every_ms: EVERY_MS, log: options.log, run: () => flusher.run() });
	return {
		async flushNow() {
			await loop.kick();
			if (flusher.failure) throw flusher.failure;
		},
		async stop() {
			await loop.stop();
			for (let attempt = 0; attempt < STOP_ATTEMPTS; attempt += 1) {
				await flusher.run();
				if (!flusher.failure) return;
			}
			options.log.error({ err: flusher.failure, facts: flusher.waiting }, "usage_lost_at_stop");
		},
	};
}

/** Values that the database refuses now it refuses always: everything else may be over the next time. */
export function isRefusal(error: unknown): boolean {
	return error instanceof pg.DatabaseError && /^2[23]/.test(error.code ?? "");
}

/** Counts that were given up, and of which the database is to be told. */
interface Gap {
	readonly until: Date;
	readonly lost: number;
	readonly gave_up_at: number;
}

class Flusher {
	readonly #options: FlushingOptions;
	/** Of this process and no other, whatever becomes of its node: with the number it names a flush for good. */
	readonly #id = `flusher_${randomBase62(20)}`;
	#flushNumber = 0;
	/** Sent, not yet known to be applied: sent again as it is, under its number, while later counts wait in the meter. */
	#pending: Flush | null = null;
	/** What the database has been told, and of which node: one that was fenced goes on as another. */
	#told = { node_id: "", flushed_until: 0 };
	/** Of the counts that the meter had no room for, how many are known of in the database. */
	#lostTold = 0;
	/** When the last batch was given up, until the database knows; 0 for none. */
	#gaveUpAt = 0;
	failure: Error | null = null;

	constructor(options: FlushingOptions) {
		this.#options = options;
	}

	get waiting(): number {
		return this.#options.meter.waiting + (this.#pending?.batch.facts ?? 0);
	}

	/** Flushes what waits, in batches; keeps the failure of the one that could not be written. */
	async run(): Promise<void> {
		try {
			await this.#flushWaiting();
			if (this.failure) this.#options.log.info({}, "usage_flush_recovered");
			this.failure = null;
		} catch (error) {
			if (!this.failure) this.#options.log.warn({ err: error }, "usage_flush_failed");
			this.failure = error instanceof Error ? error : new Error(String(error));
			this.#countRefusal(error);
		}
	}

	/** A batch that is not full took all that waited; what was counted since is for the next run. */
	async #flushWaiting(): Promise<void> {
		if (this.#pending) await this.#send(this.#pending);
		const began = this.#options.clock.now();
		for (let sent = 0; sent < BATCHES_PER_RUN_MAX; sent += 1) {
			const flush = this.#next(began);
			if (!flush) return this.#sendIdle(began);
			await this.#send(flush);
			if (flush.flushed_until !== null) return;
		}
	}

	async #sendIdle(began: number): Promise<void> {
		const { database, node } = this.#options;
		const gap = this.#gapAt(began);
		if (gap !== null) await record({ database }, (tx) => storeUsageGap(tx, gap.until));
		this.#forgetGap(gap);
		if (this.#told.node_id === node.id && Math.abs(began - this.#told.flushed_until) < IDLE_EVERY_MS) return;
		const told = { node_id: node.id, flushed_until: began };
		await inStatement(database, (queries) => storeIdleUntil(queries, told.node_id, new Date(began)));
		this.#told = told;
	}

	async #send(flush: Flush): Promise<void> {
		this.#pending = flush;
		const { database, log, node } = this.#options;
		const { flushed_until } = flush;
		const node_id = node.id;
		const gap = this.#gapAt(this.#options.clock.now());
		const applied = await record({ database }, async (tx) => {
			const entered = await appendFlush(tx, { flusher_id: this.#id, ...flush });
			// Before or with what it casts doubt on.
			if (gap !== null) await storeUsageGap(tx, gap.until);
			if (entered && flushed_until !== null) await storeFlushedUntil(tx, node_id, flushed_until);
			return entered;
		});
		if (applied && flushed_until !== null) this.#told = { node_id, flushed_until: flushed_until.getTime() };
		if (!applied) log.info({ flush_number: flush.flush_number }, "usage_flush_was_applied_before");
		this.#forgetGap(gap);
		this.#pending = null;
	}

	/** What was given up so far that the database does not know of, which is of uses before `now`; null for nothing. */
	#gapAt(now: number): Gap | null {
		const { lost } = this.#options.meter;
		const gave_up_at = this.#gaveUpAt;
		if (lost === this.#lostTold && gave_up_at === 0) return null;
		return { until: new Date(lost === this.#lostTold ? gave_up_at : now), lost, gave_up_at };
	}

	#forgetGap(gap: Gap | null): void {
		if (gap === null) return;
		this.#lostTold = gap.lost;
		if (this.#gaveUpAt === gap.gave_up_at) this.#gaveUpAt = 0;
	}

	#next(began: number): Flush | null {
		const batch = this.#options.meter.drain();
		if (!batch) return null;
		this.#flushNumber += 1;
		const flushed_until = batch.facts < BATCH_FACTS_MAX ? new Date(began) : null;
		return { flush_number: this.#flushNumber, batch, flushed_until, refusals: 0 };
	}

	/** Gives up a batch whose values the database refuses: it must not hold up all later counts. */
	#countRefusal(error: unknown): void {
		const flush = this.#pending;
		if (!flush || !isRefusal(error)) return;
		flush.refusals += 1;
		if (flush.refusals < REFUSALS_MAX) return;
		this.#options.log.error({ err: error, requests: requestsIn(flush.batch) }, "usage_batch_given_up");
		this.#gaveUpAt = this.#options.clock.now();
		this.#pending = null;
	}
}
