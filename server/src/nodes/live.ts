import type { Log } from "../core/log.ts";
import { type Loop, startLoop } from "../core/loop.ts";
import type { InvalidationKind } from "./invalidation.ts";
import type { Node } from "./node.ts";

/** Retry interval after a failed read. */
const RETRY_EVERY_MS = 1_000;
/** Maximum number of reads per call, when changes arrive during a read. */
const READINGS_MAX = 5;

export interface LiveOptions<T> {
	readonly node: Node;
	readonly log: Log;
	/** The kind of invalidation after which the value is read again. */
	readonly kind: InvalidationKind;
	/** The value until the first read. */
	readonly initial: T;
	readonly read: () => Promise<T>;
}

/** A small instance-wide value, cached on each node: read once, and again after a node changes it. */
export class Live<T> {
	readonly #options: LiveOptions<T>;
	#known: T;
	/** How many change notifications this node received, and how many of them the cached value includes. */
	#notified = 1;
	#followed = 0;
	#reading: Promise<void> | null = null;
	#retrying: Loop | null = null;

	constructor(options: LiveOptions<T>) {
		this.#options = options;
		this.#known = options.initial;
		options.node.onInvalidation((entries) => {
			if (entries !== null && !entries.some((entry) => entry.kind === options.kind)) return undefined;
			this.#notified += 1;
			return this.current().then(
				() => undefined,
				(error: unknown) => options.log.warn({ err: error, kind: options.kind }, "live_value_not_read"),
			);
		});
	}

	/** The cached value; while `isBehind`, without the last change. */
	get known(): T {
		return this.#known;
	}

	/** Whether this node received a notification of a change that `known` does not include yet. */
	get isBehind(): boolean {
		return this.#followed < this.#notified;
	}

	/** The value with every notified change. Rejects when it must be read and the database fails. */
	async current(): Promise<T> {
		for (let turn = 0; this.isBehind && turn < READINGS_MAX; turn += 1) {
			this.#reading ??= this.#read().finally(() => {
				this.#reading = null;
			});
			await this.#reading;
		}
		return this.#known;
	}

	/** Reads the value for the first time; later changes are followed automatically. */
	async start(): Promise<void> {
		await this.current();
		const { kind, log } = this.#options;
		this.#retrying = startLoop({ name: kind, every_ms: RETRY_EVERY_MS, log, run: async () => void (await this.current()) });
	}

	async stop(): Promise<void> {
		await this.#retrying?.stop();
	}

	async #read(): Promise<void> {
		const notified = this.#notified;
		this.#known = await this.#options.read();
		this.#followed = notified;
	}
}
