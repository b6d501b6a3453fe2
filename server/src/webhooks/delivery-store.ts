import { type RawBuilder, type SqlBool, sql } from "kysely";
import { DAY_MS } from "../core/time.ts";
import type { ReadTx, Tx } from "../database/transaction.ts";
import type { Window } from "../http/input/cursor.ts";
import type { DeliveryStatus } from "./webhook.ts";

/** An event for one endpoint, and what became of it. */
export interface Delivery {
	readonly id: string;
	readonly event_id: string;
	readonly type: string;
	readonly sequence: number;
	readonly status: DeliveryStatus;
	readonly attempts: number;
	readonly at: Date;
	/** Of the last attempt; null before the first one. */
	readonly duration_ms: number | null;
	readonly response_status: number | null;
	readonly error: string | null;
	readonly next_attempt_at: Date | null;
}

/** The deliveries of one webhook by outcome; each number is at most `COUNTED_MAX`. */
export interface DeliveryCounts {
	/** Whose last attempt was within 24 hours; the same for `failed`. */
	readonly delivered: number;
	readonly failed: number;
	/** That have attempts left, of any time. */
	readonly waiting: number;
}

export const NO_DELIVERIES: DeliveryCounts = { delivered: 0, failed: 0, waiting: 0 };
/** Bounds what is read for one number, however much was sent. */
export const COUNTED_MAX = 10_000;

interface OfWebhook {
	readonly tenant_id: string;
	readonly webhook_id: string;
}

function selectDeliveries(tx: ReadTx, { tenant_id, webhook_id }: OfWebhook) {
	return tx
		.selectFrom("webhook_deliveries as d")
		.innerJoin("outbox as o", "o.id", "d.event_id")
		.select(["d.id", "d.event_id", "o.type", "d.sequence", "d.status", "d.attempts", "d.at"])
		.select(["d.duration_ms", "d.response_status", "d.error", "d.next_attempt_at"])
		.where("d.tenant_id", "=", tenant_id)
		.where("d.webhook_id", "=", webhook_id);
}

type Row = Awaited<ReturnType<ReturnType<typeof selectDeliveries>["executeTakeFirstOrThrow"]>>;

/** Guarantee: a check constraint bounds the status. */
function deliveryFromRow(row: Row): Delivery {
	return { ...row, status: row.status as DeliveryStatus };
}

/** The deliveries of a webhook, the latest event first. */
export async function readDeliveries(tx: ReadTx, of: OfWebhook, window: Window, status: DeliveryStatus | undefined): Promise<Delivery[]> {
	const [sequence] = window.after ?? [];
	const rows = await selectDeliveries(tx, of)
		.$if(sequence !== undefined, (query) => query.where(sql<SqlBool>`d.sequence < ${sequence}::bigint`))
		.$if(status !== undefined, (query) => query.where("d.status", "=", status ?? ""))
		.orderBy("d.sequence", "desc")
		.limit(window.rows_max)
		.execute();
	return rows.map(deliveryFromRow);
}

export async function readDelivery(tx: ReadTx, { id, ...of }: OfWebhook & { readonly id: string }): Promise<Delivery | null> {
	const row = await selectDeliveries(tx, of).where("d.id", "=", id).executeTakeFirst();
	return row ? deliveryFromRow(row) : null;
}

/** Counts the deliveries of webhooks of one tenant; finished ones of the 24 hours before `now`. By indexes alone. */
export async function readDeliveryCounts(
	tx: ReadTx,
	webhooks: readonly { readonly tenant_id: string; readonly id: string }[],
	now: number,
): Promise<(webhook: { readonly id: string }) => DeliveryCounts> {
	const [first] = webhooks;
	if (first === undefined) return () => NO_DELIVERIES;
	const { tenant_id } = first;
	const since = new Date(now - DAY_MS);
	const counted = (condition: RawBuilder<unknown>) => sql<number>`(select count(*)::int from (
		select from keywright.webhook_deliveries d where d.tenant_id = ${tenant_id} and d.webhook_id = w.id and ${condition} limit ${COUNTED_MAX}
	) as counted)`;
	const { rows } = await sql<DeliveryCounts & { id: string }>`
		select w.id, ${counted(sql`d.status = 'delivered' and d.at > ${since}::timestamptz`)} as delivered,
			${counted(sql`d.status = 'failed' and d.at > ${since}::timestamptz`)} as failed,
			${counted(sql`d.next_attempt_at is not null`)} as waiting
		from unnest(${webhooks.map(({ id }) => id)}::text[]) as w (id)
	`.execute(tx);
	const known = new Map(rows.map(({ id, ...counts }) => [id, counts]));
	return ({ id }) => known.get(id) ?? NO_DELIVERIES;
}

/** Makes a finished delivery due at `now`, as before its first attempt; false if it is not finished. */
export async function replayDelivery(tx: Tx, { tenant_id, webhook_id, id }: OfWebhook & { readonly id: string }, now: Date): Promise<boolean> {
	const replayed = await tx
		.updateTable("webhook_deliveries")
		.set({ status: "pending", attempts: 0, at: now, duration_ms: null, response_status: null, error: null, next_attempt_at: now })
		.where("tenant_id", "=", tenant_id)
		.where("webhook_id", "=", webhook_id)
		.where("id", "=", id)
		.where("status", "<>", "pending")
		.executeTakeFirst();
	await tx
		.updateTable("webhook_queues")
		.set({ due_at: sql<Date>`least(due_at, ${now}::timestamptz)` })
		.where("tenant_id", "=", tenant_id)
		.where("webhook_id", "=", webhook_id)
		.execute();
	return replayed.numUpdatedRows === 1n;
}
