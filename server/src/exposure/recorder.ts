import { record } from "../audit/record.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Database } from "../database/database.ts";
import type { Exposure, ExposureKind } from "../keys/exposures/exposure.ts";
import { type AddedExposure, addExposures } from "../keys/exposures/store.ts";
import { insertNews, type News } from "../outbox/news-store.ts";
import { insertEvents } from "../outbox/store.ts";

/** Secrets and kinds that wait to be written. Further ones are not recorded; their next request is. */
const WAITING_MAX = 10_000;

type Waiting = { -readonly [Field in keyof Exposure]: Exposure[Field] };

function toNews({ tenant_id, key_id, kid, kind, source_id, requests }: AddedExposure): News {
	return { tenant_id, rule: "key_exposed", key_id, requests, details: { kid, kind, source_id } };
}

/** Collects exposures of proven secrets in memory and writes them with an event for each new one, on each `flush`. */
export class ExposureRecorder {
	readonly #options: { readonly database: Database; readonly clock: Clock; readonly log: Log };
	#waiting = new Map<string, Waiting>();

	constructor(options: { database: Database; clock: Clock; log: Log }) {
		this.#options = options;
	}

	/** Records one request in which the whole secret of `kid` was right. No I/O. */
	add(kid: string, kind: ExposureKind, source_id: string | null): void {
		const at = new Date(this.#options.clock.now());
		const name = `${kid} ${kind}`;
		const known = this.#waiting.get(name);
		if (known) {
			known.last_at = at;
			known.requests += 1;
			known.source_id = source_id ?? known.source_id;
		} else if (this.#waiting.size < WAITING_MAX) {
			this.#waiting.set(name, { kid, kind, first_at: at, last_at: at, requests: 1, source_id });
		}
	}

	/** Writes what waits; returns whether there was anything. Rejects when the database is unavailable; it then waits on. */
	async flush(): Promise<boolean> {
		const waiting = this.#waiting;
		if (waiting.size === 0) return false;
		this.#waiting = new Map();
		try {
			await record(this.#options, async (tx) => {
				const added = await addExposures(tx, [...waiting.values()]);
				const events = added.filter(({ is_new }) => is_new).map(({ tenant_id, ...data }) => ({ tenant_id, type: "key.exposed" as const, data }));
				await insertEvents(tx, events);
				await insertNews(tx, added.filter(({ alerts }) => alerts).map(toNews));
			});
		} catch (error) {
			this.#restore(waiting);
			throw error;
		}
		return true;
	}

	/** The last flush. Exposures that cannot be written are lost and logged. */
	async stop(): Promise<void> {
		await this.flush().catch((error: unknown) => this.#options.log.warn({ err: error }, "exposures_lost_at_stop"));
	}

	/** Puts back what could not be written, together with what came meanwhile. */
	#restore(unwritten: Map<string, Waiting>): void {
		for (const [name, later] of this.#waiting) {
			const earlier = unwritten.get(name);
			if (earlier) Object.assign(later, { first_at: earlier.first_at, requests: earlier.requests + later.requests });
			unwritten.set(name, later);
		}
		this.#waiting = unwritten;
	}
}
