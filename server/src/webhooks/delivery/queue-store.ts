import { sql } from "kysely";
import { LOCKS } from "../../database/locks.ts";
import type { RecordTx } from "../../database/transaction.ts";
import { isUnclaimed } from "../../outbox/claim-store.ts";
import { DELIVERED_LIKE } from "../../outbox/event-filters.ts";
import type { EventMessage } from "../message.ts";
import type { SealedSecrets } from "../store.ts";
import type { LastAttempt } from "../webhook.ts";

const EVENTS_PER_STEP = 500;

/** An endpoint that this node has claimed. */
export interface Claimed {
	readonly tenant_id: string;
	readonly webhook_id: string;
}

/** Makes deliveries of up to 500 new events; returns their number, 0 also while another node does it. */
export async function distributeEvents(tx: RecordTx, now: Date): Promise<number> {
	const waiting = await tx.selectFrom("outbox").select("id").where("distributed_at", "is", null).limit(1).executeTakeFirst();
	if (!waiting) return 0;
	// One node distributes at a time, so that the sequences of an endpoint follow the positions of events.
	const { rows } = await sql<{ locked: boolean }>`select pg_try_advisory_xact_lock(${LOCKS.webhook_distribution}) as locked`.execute(tx);
	if (rows[0]?.locked !== true) return 0;
	const { numAffectedRows = 0n } = await sql`
		with batch as materialized (
			select id, position, tenant_id, type from keywright.outbox where distributed_at is null order by position limit ${EVENTS_PER_STEP}
		), endpoints as materialized (
			-- Locked before their queues, as a change of a webhook does it.
			select tenant_id, id, events, after_position from keywright.webhooks
			where status = 'active' and tenant_id in (select tenant_id from batch union select '*') order by tenant_id, id for key share
		), matched as (
			select w.tenant_id, w.id as webhook_id, b.id as event_id, row_number() over (partition by w.tenant_id, w.id order by b.position) as ordinal
			from batch b join endpoints w on w.tenant_id in (b.tenant_id, '*')
			where b.position > w.after_position and (w.events is null or b.type = any (w.events) or (b.type = ${DELIVERED_LIKE.type} and ${DELIVERED_LIKE.like} = any (w.events)))
		), counted as (
			select tenant_id, webhook_id, max(ordinal) as added from matched group by tenant_id, webhook_id
		), moved as (
			update keywright.webhook_queues q set last_sequence = q.last_sequence + c.added, due_at = least(q.due_at, ${now}::timestamptz)
			from counted c where q.tenant_id = c.tenant_id and q.webhook_id = c.webhook_id
			returning q.tenant_id, q.webhook_id, q.last_sequence - c.added as before
		), made as (
			insert into keywright.webhook_deliveries (tenant_id, id, webhook_id, event_id, sequence, at, next_attempt_at)
			select m.tenant_id, 'dlv_' || substr(encode(sha256(convert_to(m.webhook_id || m.event_id, 'UTF8')), 'hex'), 1, 20), m.webhook_id, m.event_id,
				v.before + m.ordinal, ${now}::timestamptz, ${now}::timestamptz
			from matched m join moved v on v.tenant_id = m.tenant_id and v.webhook_id = m.webhook_id
		)
		update keywright.outbox o set distributed_at = ${now}::timestamptz from batch b where o.id = b.id`.execute(tx);
	return Number(numAffectedRows);
}

/**
 * Claims up to `limit` endpoints with due deliveries that no live node has claimed. `failing`: those whose last attempt failed, or the others. A claim of a
 * node that was fenced or has left is void.
 */
export async function claimQueues(
	tx: RecordTx,
	claim: { node_id: string; now: Date; until: Date; failing: boolean; limit: number },
): Promise<Claimed[]> {
	const { node_id, now, until, failing, limit } = claim;
	if (limit <= 0) return [];
	const { rows } = await sql<Claimed>`
		with due as (
			select q.tenant_id, q.webhook_id from keywright.webhook_queues q
			join keywright.webhooks w on w.tenant_id = q.tenant_id and w.id = q.webhook_id
			where q.due_at <= ${now}::timestamptz and w.status = 'active' and (q.failing_since is not null) = ${failing}
				and ${isUnclaimed("q", now)}
			order by q.due_at limit ${limit} for update of q skip locked
		)
		update keywright.webhook_queues q set claimed_by = ${node_id}, claimed_until = ${until}::timestamptz
		from due where q.tenant_id = due.tenant_id and q.webhook_id = due.webhook_id
		returning q.tenant_id, q.webhook_id`.execute(tx);
	return rows;
}

/**
 * The state of an endpoint that this node has claimed, locked; null if the claim is lost. The webhook is locked first, as in every change: a second update
 * of the queue in one transaction checks its foreign key, and would wait for a deletion that waits for the queue.
 */
export async function lockClaim(tx: RecordTx, { tenant_id, webhook_id }: Claimed, node_id: string): Promise<{ failing_since: Date | null } | null> {
	const webhook = tx.selectFrom("webhooks").select("id").where("tenant_id", "=", tenant_id).where("id", "=", webhook_id).forKeyShare();
	if ((await webhook.executeTakeFirst()) === undefined) return null;
	const row = await tx
		.selectFrom("webhook_queues")
		.select("failing_since")
		.where("tenant_id", "=", tenant_id)
		.where("webhook_id", "=", webhook_id)
		.where("claimed_by", "=", node_id)
		.forUpdate()
		.executeTakeFirst();
	return row ?? null;
}

/** A delivery that is due, with everything that an attempt needs. */
export type DueDelivery = EventMessage & SealedSecrets & { readonly id: string; readonly attempts: number; readonly url: string };

/** The delivery of an active endpoint that has been due longest; the earlier event first. */
export async function readDueDelivery(tx: RecordTx, { tenant_id, webhook_id }: Claimed, now: Date): Promise<DueDelivery | null> {
	const row = await tx
		.selectFrom("webhook_deliveries as d")
		.innerJoin("outbox as o", "o.id", "d.event_id")
		.innerJoin("webhooks as w", (join) => join.onRef("w.tenant_id", "=", "d.tenant_id").onRef("w.id", "=", "d.webhook_id"))
		.select(["d.id", "d.event_id", "d.sequence", "d.attempts", "o.type", "o.data", "o.created_at", "o.tenant_id as event_tenant_id"])
		.select(["w.url", "w.pepper_id", "w.secret", "w.previous_secret", "w.previous_expires_at"])
		.where("d.tenant_id", "=", tenant_id)
		.where("d.webhook_id", "=", webhook_id)
		.where("d.next_attempt_at", "<=", now)
		.where("w.status", "=", "active")
		.orderBy("d.next_attempt_at")
		.orderBy("d.sequence")
		.limit(1)
		.executeTakeFirst();
	return row ? { ...row, data: asData(row.data) } : null;
}

/** Guarantee: `insertEvents` stores an object. */
function asData(data: unknown): object {
	return data as object;
}

/** Stores an attempt. The endpoint's claim must be locked; it is extended to `until`. */
export async function storeAttempt(
	tx: RecordTx,
	{ tenant_id, webhook_id }: Claimed,
	attempt: LastAttempt & { readonly id: string; readonly attempts: number; readonly duration_ms: number; readonly next_attempt_at: Date | null },
	queue: { readonly failing_since: Date | null; readonly until: Date },
): Promise<void> {
	const { id, attempts, duration_ms, next_attempt_at, ...last } = attempt;
	await tx
		.updateTable("webhook_deliveries")
		.set({ ...last, attempts, duration_ms, next_attempt_at })
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", id)
		.execute();
	await tx
		.updateTable("webhook_queues")
		.set({ failing_since: queue.failing_since, claimed_until: queue.until, last_attempt: JSON.stringify(last) })
		.where("tenant_id", "=", tenant_id)
		.where("webhook_id", "=", webhook_id)
		.execute();
}

/** Ends a claim. The row must be locked by an earlier statement: only then are deliveries seen that were made meanwhile. */
export async function releaseClaim(tx: RecordTx, { tenant_id, webhook_id }: Claimed): Promise<void> {
	await sql`
		update keywright.webhook_queues set claimed_by = null, claimed_until = null, due_at = (
			select min(d.next_attempt_at) from keywright.webhook_deliveries d where d.tenant_id = ${tenant_id} and d.webhook_id = ${webhook_id}
		) where tenant_id = ${tenant_id} and webhook_id = ${webhook_id}`.execute(tx);
}
