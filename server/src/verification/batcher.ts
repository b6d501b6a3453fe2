import { ApiError } from "../core/error.ts";

interface Waiting<V> {
	readonly promise: Promise<V>;
	readonly resolve: (value: V) => void;
	readonly reject: (error: unknown) => void;
}

const RETRY_SECONDS = 1;

/** Batches lookups: at most one query runs at a time, and the keys requested meanwhile form the next one, without duplicates. */
export class Batcher<V> {
	readonly #load: (keys: string[]) => Promise<Map<string, V>>;
	readonly #batchMax: number;
	readonly #queueMax: number;
	#waiting = new Map<string, Waiting<V>>();
	#flying = new Map<string, Waiting<V>>();

	constructor(options: { batch_max: number; queue_max: number; load: (keys: string[]) => Promise<Map<string, V>> }) {
		this.#load = options.load;
		this.#batchMax = options.batch_max;
		this.#queueMax = options.queue_max;
	}

	/** The value of `key`, read after this call began. Rejects with 503 `unavailable` when the queue is full. */
	get(key: string): Promise<V> {
		const waiting = this.#waiting.get(key);
		if (waiting) return waiting.promise;
		if (this.#waiting.size >= this.#queueMax) {
			return Promise.reject(
				new ApiError("unavailable", "Too many key lookups are waiting for the database. Try again shortly.", { retry_after_seconds: RETRY_SECONDS }),
			);
		}
		const { promise, resolve, reject } = Promise.withResolvers<V>();
		this.#waiting.set(key, { promise, resolve, reject });
		if (this.#flying.size === 0 && this.#waiting.size === 1) queueMicrotask(() => void this.#fly());
		return promise;
	}

	async #fly(): Promise<void> {
		while (this.#waiting.size > 0) {
			const batch = new Map([...this.#waiting].slice(0, this.#batchMax));
			for (const key of batch.keys()) this.#waiting.delete(key);
			this.#flying = batch;
			try {
				const values = await this.#load([...batch.keys()]);
				for (const [key, waiting] of batch) {
					const value = values.get(key);
					if (value === undefined) waiting.reject(new Error("impossible state: a lookup without a result"));
					else waiting.resolve(value);
				}
			} catch (error) {
				for (const waiting of batch.values()) waiting.reject(error);
			}
			this.#flying = new Map();
		}
	}
}
