import { record } from "../../audit/record.ts";
import type { Clock } from "../../core/clock.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../core/time.ts";
import type { Database } from "../../database/database.ts";
import type { RecordTx } from "../../database/transaction.ts";
import type { OutboxEvent } from "../../outbox/events.ts";
import { insertEventsOnce } from "../../outbox/store.ts";
import {
	type KeyNews,
	type NewsPage,
	type Range,
	readExpired,
	readFirstUses,
	readNewSources,
	readRotationsDue,
	readRotationsOverdue,
} from "./store.ts";

/**
 * Usage is written seconds late, by a node that was cut off much later, and keys that were locked are skipped: so each look covers some time again. The
 * longer the time, the more rarely, because after an import it has a piece of news for every key. Longest first.
 */
const OVERLAPS = [
	{ overlap_ms: HOUR_MS, every_ms: 10 * MINUTE_MS },
	{ overlap_ms: MINUTE_MS, every_ms: 15 * SECOND_MS },
	{ overlap_ms: 10 * SECOND_MS, every_ms: 0 },
] as const;
/** What the first run after a start covers. Less than the shortest retention of events, by which repeats are detected. */
const FIRST_LOOK_MS = 20 * HOUR_MS;
const ROWS_PER_STEP = 500;

type Emitted = OutboxEvent & { readonly fact: readonly string[] };

interface Kind<News extends KeyNews> {
	readonly read: (tx: RecordTx, range: Range) => Promise<NewsPage<News>>;
	readonly toEvent: (news: News, key: Pick<KeyNews, "key_id" | "name" | "environment">, at: string) => Emitted;
}

/** Guarantee: `read` and `toEvent` of a kind agree on `News`; only `#emit` calls them, one after the other. */
function kind<News extends KeyNews>(parts: Kind<News>): Kind<KeyNews> {
	return parts as unknown as Kind<KeyNews>;
}

const KINDS: readonly Kind<KeyNews>[] = [
	kind({
		read: readFirstUses,
		toEvent: ({ tenant_id }, key, at) => ({ tenant_id, type: "key.first_used", data: { ...key, first_used_at: at }, fact: [key.key_id] }),
	}),
	kind({
		read: readNewSources,
		toEvent: ({ tenant_id, source_id, network, client }, key, at) => ({
			...{ tenant_id, type: "key.new_source", data: { ...key, source_id, network, client, first_seen_at: at } },
			fact: [key.key_id, source_id, at],
		}),
	}),
	kind({
		read: readExpired,
		toEvent: ({ tenant_id, last_used_at }, key, at) => ({
			...{ tenant_id, type: "key.expired", data: { ...key, expires_at: at, last_used_at: last_used_at?.toISOString() ?? null } },
			fact: [key.key_id, at],
		}),
	}),
	kind({
		read: readRotationsDue,
		toEvent: ({ tenant_id, auto_rotate }, key, at) => ({
			...{ tenant_id, type: "rotation.due", data: { ...key, rotation_due_at: at, auto_rotate } },
			fact: [key.key_id, at],
		}),
	}),
	kind({
		read: readRotationsOverdue,
		toEvent: ({ tenant_id, auto_rotate, rotation_due_at }, key, at) => ({
			...{ tenant_id, type: "rotation.overdue", data: { ...key, rotation_due_at: rotation_due_at.toISOString(), auto_rotate } },
			fact: [key.key_id, at],
		}),
	}),
];

/** Emits events of what happens to keys without a change: first use, new source, expiry, rotation due. Once each, whichever node finds it. */
export class KeyNewsEmitter {
	readonly #context: { readonly database: Database; readonly clock: Clock };
	#looked_until: number | null = null;
	/** When each overlap was covered last, by itself or a longer one. */
	readonly #covered_at: number[] = OVERLAPS.map(() => Number.NEGATIVE_INFINITY);

	constructor(context: { readonly database: Database; readonly clock: Clock }) {
		this.#context = context;
	}

	async look(): Promise<void> {
		const now = this.#context.clock.now();
		const due = OVERLAPS.findIndex(({ every_ms }, index) => now - (this.#covered_at[index] ?? 0) >= every_ms);
		const { overlap_ms } = OVERLAPS[due] ?? OVERLAPS[0];
		const from = new Date(this.#looked_until === null ? now - FIRST_LOOK_MS : this.#looked_until - overlap_ms);
		for (const each of KINDS) await this.#emit(each, from, new Date(now));
		this.#looked_until = now;
		this.#covered_at.fill(now, due);
	}

	async #emit({ read, toEvent }: Kind<KeyNews>, from: Date, until: Date): Promise<void> {
		for (let after: Range["after"] = null; ; ) {
			const start: Range["after"] = after;
			after = await record(this.#context, async (tx) => {
				const { news, next } = await read(tx, { from, until, after: start, rows_max: ROWS_PER_STEP });
				const events = news.map((each) =>
					toEvent(each, { key_id: each.key_id, name: each.name, environment: each.environment }, each.at.toISOString()),
				);
				await insertEventsOnce(tx, events);
				return next;
			});
			if (after === null) return;
		}
	}
}
