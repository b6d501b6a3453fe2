import { record } from "../audit/record.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Database } from "../database/database.ts";
import type { RecordTx } from "../database/transaction.ts";
import type { Canary } from "../keys/canaries/canary.ts";
import { type AddedCanaryUse, addCanaryUses, type CanaryUse } from "../keys/canaries/store.ts";
import type { Exposure, ExposureKind } from "../keys/exposures/exposure.ts";
import { type AddedExposure, addExposures } from "../keys/exposures/store.ts";
import { insertNews, type News } from "../outbox/news-store.ts";
import { insertEvents } from "../outbox/store.ts";
import type { Source } from "../usage/sources/source.ts";
import { Waiting } from "./waiting.ts";

/** Secrets and kinds that wait to be written, and canary keys. Further ones are not recorded; their next request is. */
const WAITING_MAX = 10_000;

function toNews({ tenant_id, key_id, kid, kind, source_id, requests }: AddedExposure): News {
	return { tenant_id, rule: "key_exposed", key_id, requests, details: { kid, kind, source_id } };
}

function toCanaryNews({ tenant_id, key_id, kid, source_id, source, network, requests }: AddedCanaryUse): News {
	return { tenant_id, rule: "canary_used", key_id, requests, details: { kid, source_id, source, network } };
}

/** Writes exposures of proven secrets, with an event for each new one and news for the alerts. */
export async function writeExposures(tx: RecordTx, exposures: readonly Exposure[]): Promise<void> {
	if (exposures.length === 0) return;
	const added = await addExposures(tx, exposures);
	const fresh = added.filter(({ is_new }) => is_new);
	await insertEvents(
		tx,
		fresh.map(({ tenant_id, ...data }) => ({ tenant_id, type: "key.exposed" as const, data })),
	);
	await insertNews(tx, added.filter(({ alerts }) => alerts).map(toNews));
}

/** Collects exposures of proven secrets and uses of canary keys in memory, and writes them with an event for each new one, on each `flush`. */
export class ExposureRecorder {
	readonly #options: { readonly database: Database; readonly clock: Clock; readonly log: Log };
	readonly #exposures = new Waiting<Exposure>(WAITING_MAX);
	readonly #canaries = new Waiting<CanaryUse>(WAITING_MAX);

	constructor(options: { database: Database; clock: Clock; log: Log }) {
		this.#options = options;
	}

	/** Records one request in which the whole secret of `kid` was right. No I/O. */
	add(kid: string, kind: ExposureKind, by: Source | null): void {
		const at = new Date(this.#options.clock.now());
		const seen = { source_id: by?.id ?? null, network: by?.network ?? null, source: by === null ? null : (by.client ?? by.agent) };
		this.#exposures.add(`${kid} ${kind}`, { kid, kind, first_at: at, last_at: at, requests: 1, ...seen });
	}

	/** Records one request in which the whole secret of a canary key was right. No I/O. */
	addCanary({ tenant_id, key_id, kid }: Canary, { id: source_id, network, agent, client }: Source): void {
		const at = new Date(this.#options.clock.now());
		const source = client ?? agent;
		this.#canaries.add(key_id, { tenant_id, key_id, kid, first_at: at, last_at: at, requests: 1, source_id, network, source });
	}

	/** Writes what waits; returns whether there was anything. Rejects when the database is unavailable; the rows then stay in memory for the next flush. */
	async flush(): Promise<boolean> {
		const [exposures, canaries] = [this.#exposures.take(), this.#canaries.take()];
		if (exposures.size + canaries.size === 0) return false;
		try {
			const used = await record(this.#options, async (tx) => {
				await writeExposures(tx, [...exposures.values()]);
				const used = await addCanaryUses(tx, [...canaries.values()]);
				const fresh = used.filter(({ is_new }) => is_new);
				await insertEvents(
					tx,
					fresh.map(({ tenant_id, ...data }) => ({ tenant_id, type: "key.canary_used" as const, data })),
				);
				await insertNews(tx, used.map(toCanaryNews));
				return used;
			});
			for (const { tenant_id, key_id, kid, is_new } of used) if (is_new) this.#options.log.warn({ tenant_id, key_id, kid }, "canary_used");
		} catch (error) {
			this.#exposures.restore(exposures);
			this.#canaries.restore(canaries);
			throw error;
		}
		return true;
	}

	/** The last flush. Exposures that cannot be written are lost and logged. */
	async stop(): Promise<void> {
		await this.flush().catch((error: unknown) => this.#options.log.warn({ err: error }, "exposures_lost_at_stop"));
	}
}
