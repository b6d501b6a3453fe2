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
import { appendFlush } from "./flush-store.ts";
import type { Meter } from "./meter.ts";
import { storeFlushedUntil, storeIdleUntil, storeUsageGap } from "./sources/progress-store.ts";

const EVERY_MS = 1_000;
const BATCHES_PER_RUN_MAX = 50;
const REJECTIONS_MAX = 3;
const STOP_ATTEMPTS = 2;
/** How often an idle node stores its progress. Evidence that depends on this node is at most this far behind. */
const IDLE_EVERY_MS = 5_000;

export interface Flushing {
	/** Flushes all pending counts. Rejects when the write fails; the loop then retries. */
	flushNow(): Promise<void>;
	/** Stops the loop after a last flush. Counts that cannot be written are lost and logged. */
	stop(): Promise<void>;
}

interface Flush {
	readonly flush_number: number;
	readonly batch: Batch;
	/** All counts before this instant are stored once this flush is committed; null while more batches of the run follow. */
	readonly flushed_until: Date | null;
	/** How often PostgreSQL rejected the values (SQLSTATE class 22 or 23). */
	rejections: number;
}

export interface FlushingOptions {
	readonly database: Database;
	readonly meter: Meter;
	readonly clock: Clock;
	/** The node whose requests the meter counts. */
	readonly node: Pick<Node, "id">;
	readonly log: Log;
}

/** Writes the meter's counts to the database every second. A crash loses the counts since the last flush. */
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
				await flusher.run(true);
				if (!flusher.failure) return;
			}
			options.log.error({ err: flusher.failure, facts: flusher.waiting }, "usage_lost_at_stop");
		},
	};
}

/** Whether PostgreSQL rejected the values themselves, so that a retry is useless. All other errors may be transient. */
export function isRejection(error: unknown): boolean {
	return error instanceof pg.DatabaseError && /^2[23]/.test(error.code ?? "");
}

/** Lost counts that have not yet been recorded in the database. */
interface Gap {
	readonly until: Date;
	readonly lost: number;
	readonly dropped_at: number;
}

class Flusher {
	readonly #options: FlushingOptions;
	/** Unique per process; does not change when the node is fenced. With the number it identifies a flush for good. */
	readonly #id = `flusher_${randomBase62(20)}`;
	#flushNumber = 0;
	/** Sent but not confirmed. It is retried unchanged under the same number, which makes the retry idempotent. */
	#pending: Flush | null = null;
	/** The progress last stored, and for which node id: a fenced node continues under a new id. */
	#progress = { node_id: "", flushed_until: 0 };
	/** How many of the meter's lost counts are already recorded in the database. */
	#lostRecorded = 0;
	/** When the last batch was dropped, until that is recorded in the database; 0 for none. */
	#droppedAt = 0;
	failure: Error | null = null;

	constructor(options: FlushingOptions) {
		this.#options = options;
	}

	get waiting(): number {
		return this.#options.meter.waiting + (this.#pending?.batch.facts ?? 0);
	}

	/** Flushes pending counts in batches, also those of uses that could wait if it is the `last` run; a failed write is stored in `failure`. */
	async run(last = false): Promise<void> {
		try {
			await this.#flushWaiting(last);
			if (this.failure) this.#options.log.info({}, "usage_flush_recovered");
			this.failure = null;
		} catch (error) {
			if (!this.failure) this.#options.log.warn({ err: error }, "usage_flush_failed");
			this.failure = error instanceof Error ? error : new Error(String(error));
			this.#countRejection(error);
		}
	}

	/** Stops after the first batch that is not full: it emptied the meter of all but uses. */
	async #flushWaiting(last: boolean): Promise<void> {
		if (this.#pending) await this.#send(this.#pending);
		const began = this.#options.clock.now();
		for (let sent = 0; sent < BATCHES_PER_RUN_MAX; sent += 1) {
			const flush = this.#next(began, last);
			if (flush) await this.#send(flush);
			else await this.#sendIdle(began);
			if (flush && (last || flush.flushed_until === null)) continue;
			this.#options.meter.stored_until = began;
			return;
		}
	}

	async #sendIdle(began: number): Promise<void> {
		const { database, node } = this.#options;
		const gap = this.#gapAt(began);
		if (gap !== null) await record({ database }, (tx) => storeUsageGap(tx, gap.until));
		this.#clearGap(gap);
		if (this.#progress.node_id === node.id && Math.abs(began - this.#progress.flushed_until) < IDLE_EVERY_MS) return;
		const progress = { node_id: node.id, flushed_until: began };
		await inStatement(database, (queries) => storeIdleUntil(queries, progress.node_id, new Date(began)));
		this.#progress = progress;
	}

	async #send(flush: Flush): Promise<void> {
		this.#pending = flush;
		const { database, log, node } = this.#options;
		const { flushed_until } = flush;
		const node_id = node.id;
		const gap = this.#gapAt(this.#options.clock.now());
		const applied = await record({ database }, async (tx) => {
			const entered = await appendFlush(tx, { flusher_id: this.#id, ...flush });
			// The gap must be visible no later than the progress that it qualifies.
			if (gap !== null) await storeUsageGap(tx, gap.until);
			if (entered && flushed_until !== null) await storeFlushedUntil(tx, node_id, flushed_until);
			return entered;
		});
		if (applied && flushed_until !== null) this.#progress = { node_id, flushed_until: flushed_until.getTime() };
		if (!applied) log.info({ flush_number: flush.flush_number }, "usage_flush_was_applied_before");
		this.#clearGap(gap);
		this.#pending = null;
	}

	/** Lost counts of uses before `now` that are not yet recorded in the database; null for none. */
	#gapAt(now: number): Gap | null {
		const { lost } = this.#options.meter;
		const dropped_at = this.#droppedAt;
		if (lost === this.#lostRecorded && dropped_at === 0) return null;
		return { until: new Date(lost === this.#lostRecorded ? dropped_at : now), lost, dropped_at };
	}

	#clearGap(gap: Gap | null): void {
		if (gap === null) return;
		this.#lostRecorded = gap.lost;
		if (this.#droppedAt === gap.dropped_at) this.#droppedAt = 0;
	}

	#next(began: number, last: boolean): Flush | null {
		const batch = this.#options.meter.drain(BATCH_FACTS_MAX, last);
		if (!batch) return null;
		this.#flushNumber += 1;
		const flushed_until = batch.facts < BATCH_FACTS_MAX ? new Date(began) : null;
		return { flush_number: this.#flushNumber, batch, flushed_until, rejections: 0 };
	}

	/** Drops a batch that PostgreSQL rejects repeatedly, so that later counts can be written. */
	#countRejection(error: unknown): void {
		const flush = this.#pending;
		if (!flush || !isRejection(error)) return;
		flush.rejections += 1;
		if (flush.rejections < REJECTIONS_MAX) return;
		this.#options.log.error({ err: error, requests: requestsIn(flush.batch) }, "usage_batch_given_up");
		this.#droppedAt = this.#options.clock.now();
		this.#pending = null;
	}
}
