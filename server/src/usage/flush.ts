import pg from "pg";
import { record } from "../audit/record.ts";
import { randomBase62 } from "../core/id.ts";
import type { Log } from "../core/log.ts";
import { startLoop } from "../core/loop.ts";
import type { Database } from "../database/database.ts";
import { BATCH_FACTS_MAX, type Batch, requestsIn } from "./batch.ts";
import type { Meter } from "./meter.ts";
import { appendFlush } from "./store.ts";

const EVERY_MS = 1_000;
const BATCHES_PER_RUN_MAX = 50;
const REFUSALS_MAX = 3;
const STOP_ATTEMPTS = 2;

export interface Flushing {
	/** Flushes all that waits; rejects when it could not be written, which is then tried again by itself. */
	flushNow(): Promise<void>;
	/** Ends the flushing with a last flush. What the database does not take then is lost, and said so in the log. */
	stop(): Promise<void>;
}

interface Flush {
	readonly flush_number: number;
	readonly batch: Batch;
	/** How often the database answered that the values themselves are wrong. */
	refusals: number;
}

export interface FlushingOptions {
	readonly database: Database;
	readonly meter: Meter;
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

class Flusher {
	readonly #options: FlushingOptions;
	/** Of this process and no other, whatever becomes of its node: with the number it names a flush for good. */
	readonly #id = `flusher_${randomBase62(20)}`;
	#flushNumber = 0;
	/** Sent, not yet known to be applied: sent again as it is, under its number, while later counts wait in the meter. */
	#pending: Flush | null = null;
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
		for (let sent = 0; sent < BATCHES_PER_RUN_MAX; sent += 1) {
			const flush = this.#next();
			if (!flush) return;
			await this.#send(flush);
			if (flush.batch.facts < BATCH_FACTS_MAX) return;
		}
	}

	async #send(flush: Flush): Promise<void> {
		this.#pending = flush;
		const { database, log } = this.#options;
		const applied = await record({ database }, (tx) => appendFlush(tx, { flusher_id: this.#id, ...flush }));
		if (!applied) log.info({ flush_number: flush.flush_number }, "usage_flush_was_applied_before");
		this.#pending = null;
	}

	#next(): Flush | null {
		const batch = this.#options.meter.drain();
		if (!batch) return null;
		this.#flushNumber += 1;
		return { flush_number: this.#flushNumber, batch, refusals: 0 };
	}

	/** Gives up a batch whose values the database refuses: it must not hold up all later counts. */
	#countRefusal(error: unknown): void {
		const flush = this.#pending;
		if (!flush || !isRefusal(error)) return;
		flush.refusals += 1;
		if (flush.refusals < REFUSALS_MAX) return;
		this.#options.log.error({ err: error, requests: requestsIn(flush.batch) }, "usage_batch_given_up");
		this.#pending = null;
	}
}
