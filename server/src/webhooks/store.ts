import { type SqlBool, sql } from "kysely";
import type { ReadTx, Tx } from "../database/transaction.ts";
import type { Window } from "../http/input/cursor.ts";
import type { SecretOwner } from "./secrets.ts";
import type { DisabledReason, LastAttempt, Webhook, WebhookStatus } from "./webhook.ts";

/** The stored secrets of a webhook, encrypted. */
export interface SealedSecrets {
	readonly pepper_id: string;
	readonly secret: Buffer;
	readonly previous_secret: Buffer | null;
	readonly previous_expires_at: Date | null;
}

function selectWebhooks(tx: ReadTx) {
	return tx
		.selectFrom("webhooks as w")
		.innerJoin("webhook_queues as q", (join) => join.onRef("q.tenant_id", "=", "w.tenant_id").onRef("q.webhook_id", "=", "w.id"))
		.select(["w.tenant_id", "w.id", "w.url", "w.events", "w.status", "w.disabled_reason", "w.created_at", "w.previous_expires_at"])
		.select(["q.failing_since", "q.last_attempt"]);
}

type Row = Awaited<ReturnType<ReturnType<typeof selectWebhooks>["executeTakeFirstOrThrow"]>>;

/** Guarantee: check constraints bound status and reason; `last_attempt` is written by `delivery-store.ts` alone. */
function webhookFromRow(row: Row): Webhook {
	return {
		...row,
		status: row.status as WebhookStatus,
		disabled_reason: row.disabled_reason as DisabledReason | null,
		last_attempt: row.last_attempt as LastAttempt | null,
	};
}

/** The webhooks of a tenant, newest first. */
export async function readWebhooks(tx: ReadTx, tenant_id: string, window: Window): Promise<Webhook[]> {
	const [created_at, id] = window.after ?? [];
	const rows = await selectWebhooks(tx)
		.where("w.tenant_id", "=", tenant_id)
		.$if(created_at !== undefined, (query) => query.where(sql<boolean>`(w.created_at, w.id) < (${created_at}::timestamptz, ${id}::text)`))
		.orderBy("w.created_at", "desc")
		.orderBy("w.id", "desc")
		.limit(window.rows_max)
		.execute();
	return rows.map(webhookFromRow);
}

export async function readWebhook(tx: ReadTx, { tenant_id, id }: SecretOwner): Promise<Webhook | null> {
	const row = await selectWebhooks(tx).where("w.tenant_id", "=", tenant_id).where("w.id", "=", id).executeTakeFirst();
	return row ? webhookFromRow(row) : null;
}

/** Reads the webhook FOR NO KEY UPDATE, which does not wait for the distribution of events; its queue is not locked. */
export async function lockWebhook(tx: Tx, { tenant_id, id }: SecretOwner): Promise<Webhook | null> {
	const row = await selectWebhooks(tx).where("w.tenant_id", "=", tenant_id).where("w.id", "=", id).forNoKeyUpdate("w").executeTakeFirst();
	return row ? webhookFromRow(row) : null;
}

export async function readSealedSecrets(tx: ReadTx, { tenant_id, id }: SecretOwner): Promise<SealedSecrets | null> {
	const row = await tx
		.selectFrom("webhooks")
		.select(["pepper_id", "secret", "previous_secret", "previous_expires_at"])
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", id)
		.executeTakeFirst();
	return row ?? null;
}

export async function countWebhooks(tx: ReadTx, tenant_id: string): Promise<number> {
	const { count } = await tx
		.selectFrom("webhooks")
		.select((select) => select.fn.countAll<number>().as("count"))
		.where("tenant_id", "=", tenant_id)
		.executeTakeFirstOrThrow();
	return count;
}

/**
 * Inserts a webhook with an empty queue. It receives the events whose position is later than the last one given out so far: those of every
 * change that begins after this one was answered, and of none that was answered before this one began.
 */
export async function insertWebhook(tx: Tx, webhook: SecretOwner & SealedSecrets & Pick<Webhook, "url" | "events" | "created_at">): Promise<void> {
	await tx
		.insertInto("webhooks")
		.values({
			...webhook,
			after_position: sql<number>`(select case when is_called then last_value else last_value - 1 end from keywright.outbox_position_seq)`,
		})
		.execute();
	await tx.insertInto("webhook_queues").values({ tenant_id: webhook.tenant_id, webhook_id: webhook.id }).execute();
}

export async function updateWebhook(
	tx: Tx,
	{ tenant_id, id }: SecretOwner,
	changes: Partial<SealedSecrets & Pick<Webhook, "url" | "events" | "status" | "disabled_reason">>,
): Promise<void> {
	await tx.updateTable("webhooks").set(changes).where("tenant_id", "=", tenant_id).where("id", "=", id).execute();
}

/** A webhook that was enabled again has failed at nothing yet. */
export async function clearFailing(tx: Tx, { tenant_id, id }: SecretOwner): Promise<void> {
	await tx.updateTable("webhook_queues").set({ failing_since: null }).where("tenant_id", "=", tenant_id).where("webhook_id", "=", id).execute();
}

/** Deletes the webhook, its queue and its deliveries. */
export async function deleteWebhookRow(tx: Tx, { tenant_id, id }: SecretOwner): Promise<void> {
	await tx.deleteFrom("webhooks").where("tenant_id", "=", tenant_id).where("id", "=", id).execute();
}

/** Webhooks whose secrets are encrypted with another pepper than this one. */
export async function readWebhooksOfOtherPeppers(tx: ReadTx, pepper_id: string, limit: number): Promise<SecretOwner[]> {
	return tx.selectFrom("webhooks").select(["tenant_id", "id"]).where(sql<SqlBool>`pepper_id <> ${pepper_id}`).limit(limit).execute();
}
