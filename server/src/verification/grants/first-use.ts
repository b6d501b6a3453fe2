import { record } from "../../audit/record.ts";
import type { Clock } from "../../core/clock.ts";
import type { Database } from "../../database/database.ts";
import { recordFirstUses } from "../../usage/sources/evidence-store.ts";
import { Batcher } from "../batcher.ts";
import type { Grant } from "./grant.ts";

const BATCH_KIDS_MAX = 500;
const QUEUE_KIDS_MAX = 20_000;

/**
 * Records the first use of a secret before the response, so that it is ordered against a change that withdraws an unused secret. Once per
 * secret; a cached grant skips it.
 */
export class FirstUses {
	readonly #database: Database;
	readonly #clock: Clock;
	/** Records many kids in one statement and skips locked ones; false for those. */
	readonly #together: Batcher<boolean>;
	/** Skipped kids, each in its own transaction: it waits for one lock while it holds no other, which excludes deadlocks. */
	readonly #alone = new Map<string, Promise<boolean>>();

	constructor(options: { database: Database; clock: Clock }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#together = new Batcher({ batch_max: BATCH_KIDS_MAX, queue_max: QUEUE_KIDS_MAX, load: (kids) => this.#recordTogether(kids) });
	}

	/** False when the secret has ended in the meantime. Rejects with 503 `unavailable` when the database is unavailable. */
	async record(grant: Grant): Promise<boolean> {
		const { kid } = grant;
		if (!(await this.#together.get(kid)) && !(await this.#recordAlone(kid))) return false;
		grant.first_use_recorded = true;
		return true;
	}

	async #recordTogether(kids: readonly string[]): Promise<Map<string, boolean>> {
		const recorded = new Set(await this.#record(kids, false));
		return new Map(kids.map((kid) => [kid, recorded.has(kid)]));
	}

	#recordAlone(kid: string): Promise<boolean> {
		const known = this.#alone.get(kid);
		if (known) return known;
		const recording = this.#record([kid], true)
			.then((recorded) => recorded.length > 0)
			.finally(() => this.#alone.delete(kid));
		this.#alone.set(kid, recording);
		return recording;
	}

	#record(kids: readonly string[], wait: boolean): Promise<string[]> {
		return record({ database: this.#database }, (tx) => recordFirstUses(tx, kids, new Date(this.#clock.now()), wait));
	}
}
