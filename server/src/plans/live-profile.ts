import { ALL_TENANTS, type Context } from "../core/context.ts";
import type { Log } from "../core/log.ts";
import { type Loop, startLoop } from "../core/loop.ts";
import type { Database } from "../database/database.ts";
import { read } from "../database/read.ts";
import type { Node } from "../nodes/node.ts";
import { type ApiProfile, defaultProfile, effectiveProfile } from "./profile.ts";
import { readProfile } from "./profile-store.ts";

/** How often a reading that failed is tried again. */
const RETRY_EVERY_MS = 1_000;
/** A profile that is changed while it is read is read again, this often at the most for one question. */
const READINGS_MAX = 5;

/** What an action needs that speaks in the operator's name. */
export interface ProfileContext extends Context {
	readonly profile: LiveProfile;
}

/** The operator's API profile in memory: read once, and again when some node has changed it. */
export class LiveProfile {
	readonly #options: { database: Database; node: Node; log: Log; public_url: string };
	#known: ApiProfile;
	/** How many changes this node was told of, and how many of them the profile in memory follows. */
	#told = 1;
	#followed = 0;
	#reading: Promise<void> | null = null;
	#retrying: Loop | null = null;

	constructor(options: { database: Database; node: Node; log: Log; public_url: string }) {
		this.#options = options;
		this.#known = defaultProfile(options.public_url);
		options.node.onInvalidation((entries) => {
			if (entries !== null && !entries.some((entry) => entry.kind === "profile")) return;
			this.#told += 1;
			this.current().catch((error: unknown) => options.log.warn({ err: error }, "profile_not_read"));
		});
	}

	/** The profile as it is known here: at most about a second behind another node's change. For what cannot wait, such as error types. */
	get known(): ApiProfile {
		return this.#known;
	}

	get public_url(): string {
		return this.#options.public_url;
	}

	/** The profile with every change that this node was told of. Rejects when it has to be read and cannot be. */
	async current(): Promise<ApiProfile> {
		for (let turn = 0; this.#followed < this.#told && turn < READINGS_MAX; turn += 1) {
			this.#reading ??= this.#read().finally(() => {
				this.#reading = null;
			});
			await this.#reading;
		}
		return this.#known;
	}

	/** Reads it for the first time; from then on it follows by itself. */
	async start(): Promise<void> {
		await this.current();
		this.#retrying = startLoop({ name: "profile", every_ms: RETRY_EVERY_MS, log: this.#options.log, run: async () => void (await this.current()) });
	}

	async stop(): Promise<void> {
		await this.#retrying?.stop();
	}

	async #read(): Promise<void> {
		const told = this.#told;
		const stored = await read({ database: this.#options.database, scope: ALL_TENANTS }, readProfile);
		this.#known = effectiveProfile(stored, this.#options.public_url);
		this.#followed = told;
	}
}
