import { record } from "../../audit/record.ts";
import type { Clock } from "../../core/clock.ts";
import { HOUR_MS, MINUTE_MS } from "../../core/time.ts";
import type { Database } from "../../database/database.ts";
import type { RecordTx } from "../../database/transaction.ts";
import type { OutboxEvent } from "../../outbox/events.ts";
import { insertEventsOnce } from "../../outbox/store.ts";
import { type KeyNews, type Range, readExpired, readFirstUses, readNewSources, readRotationsDue, readRotationsOverdue } from "./store.ts";

/** Usage is written seconds late, and keys that were locked are skipped: each look covers this time again. */
const OVERLAP_MS = MINUTE_MS;
/** A node that was cut off writes its usage much later. Reading so much again at each look would cost seconds after an import. */
const LONG_OVERLAP_MS = HOUR_MS;
const LONG_EVERY_MS = 10 * MINUTE_MS;
/** What the first look after a start covers. Less than the shortest time for which events are kept, by which repeats are recognised. */
const FIRST_LOOK_MS = 20 * HOUR_MS;
const ROWS_PER_STEP = 500;

type Emitted = OutboxEvent & { readonly fact: readonly string[] };

interface Kind<News extends KeyNews> {
	readonly read: (tx: RecordTx, range: Range) => Promise<News[]>;
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
		toEvent: ({ tenant_id, subject: source_id, network, client }, key, at) => ({
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
	#looked_long_at = Number.NEGATIVE_INFINITY;

	constructor(context: { readonly database: Database; readonly clock: Clock }) {
		this.#context = context;
	}

	async look(): Promise<void> {
		const now = this.#context.clock.now();
		const is_long = now - this.#looked_long_at >= LONG_EVERY_MS;
		const overlap_ms = is_long ? LONG_OVERLAP_MS : OVERLAP_MS;
		const from = new Date(this.#looked_until === null ? now - FIRST_LOOK_MS : this.#looked_until - overlap_ms);
		for (const each of KINDS) await this.#emit(each, from, new Date(now));
		this.#looked_until = now;
		if (is_long) this.#looked_long_at = now;
	}

	async #emit({ read, toEvent }: Kind<KeyNews>, from: Date, until: Date): Promise<void> {
		for (let after: KeyNews | null = null; ; ) {
			const start: KeyNews | null = after;
			const found = await record(this.#context, async (tx) => {
				const news = await read(tx, { from, until, after: start, rows_max: ROWS_PER_STEP });
				const events = news.map((each) =>
					toEvent(each, { key_id: each.key_id, name: each.name, environment: each.environment }, each.at.toISOString()),
				);
				await insertEventsOnce(tx, events);
				return news;
			});
			after = found.at(-1) ?? null;
			// Skipped rows shorten a page, so only an empty one is the last.
			if (after === null) return;
		}
	}
}
