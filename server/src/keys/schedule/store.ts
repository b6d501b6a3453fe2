import { sql } from "kysely";
import { LOCKS } from "../../database/locks.ts";
import type { ReadTx, RecordTx, Tx } from "../../database/transaction.ts";

/** The transaction that holds the lock is aborted after this idle time, so that a stalled node loses it. */
const CLAIM_SECONDS_MAX = 600;

/** Takes the advisory lock of the schedule until commit; false if another node holds it. The transaction stays idle meanwhile. */
export async function claimSchedule(tx: RecordTx): Promise<boolean> {
	await sql`select set_config('idle_in_transaction_session_timeout', ${`${CLAIM_SECONDS_MAX}s`}, true)`.execute(tx);
	const { rows } = await sql<{ claimed: boolean }>`select pg_try_advisory_xact_lock(${LOCKS.rotation_schedule}::bigint) as claimed`.execute(tx);
	return rows[0]?.claimed === true;
}

export async function readDatabaseTime(tx: ReadTx): Promise<Date> {
	const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(tx);
	const [row] = rows;
	if (!row) throw new Error("a query without a table returned no row");
	return row.now;
}

/** A key that is due, with the member who is responsible for it and the mails of this date that were not accepted. */
export interface DueKey {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly due_at: Date;
	readonly member_id: string;
	readonly attempts: number;
}

/**
 * Keys that hand themselves over, are due, and have neither a rotation nor a link of this date; the longest overdue first. A key whose responsible person
 * cannot be mailed is left out: the alert `rotation_due` names it.
 */
export async function readDueKeys(tx: ReadTx, now: Date, limit: number): Promise<DueKey[]> {
	const { rows } = await sql<DueKey>`
		select k.tenant_id, k.id as key_id, date_trunc('milliseconds', k.rotation_due_at) as due_at, m.id as member_id,
			case when s.due_at = date_trunc('milliseconds', k.rotation_due_at) then s.attempts else 0 end as attempts
		from keywright.keys k
		join keywright.tenants t on t.id = k.tenant_id and t.erased_at is null and t.status = 'active'
		join keywright.members m on m.tenant_id = k.tenant_id and m.id = k.owner ->> 'member_id'
		join keywright.people p on p.id = m.person_id and p.email is not null and p.email_verified
		left join keywright.scheduled_rotations s on s.tenant_id = k.tenant_id and s.key_id = k.id
		where k.auto_rotate = 'handover' and k.rotation_due_at <= ${now} and k.revoked_at is null and k.paused_at is null
			and (k.expires_at is null or k.expires_at > ${now})
			and (s.key_id is null or (s.due_at <> date_trunc('milliseconds', k.rotation_due_at) and s.status <> 'sending')
				or (s.status = 'failed' and s.next_attempt_at <= ${now}))
			and not exists (
				select from keywright.rotations r where r.tenant_id = k.tenant_id and r.key_id = k.id and r.state in ('waiting', 'open')
			)
		order by k.rotation_due_at, k.id
		limit ${limit}`.execute(tx);
	return rows;
}

/** Records that a link of this date is being mailed. Requires the key to be locked. False if this was done before, or may not be done yet. */
export async function claimDate(tx: Tx, due: DueKey & { readonly rotation_id: string }, now: Date, until: Date): Promise<boolean> {
	const { tenant_id, key_id, due_at, rotation_id, attempts } = due;
	const { numAffectedRows = 0n } = await sql`
		insert into keywright.scheduled_rotations as s (tenant_id, key_id, due_at, status, rotation_id, attempts, sending_until)
		values (${tenant_id}, ${key_id}, ${due_at}, 'sending', ${rotation_id}, ${attempts}, ${until})
		on conflict (tenant_id, key_id) do update set due_at = excluded.due_at, status = 'sending', rotation_id = excluded.rotation_id,
			attempts = excluded.attempts, reason = null, sending_until = excluded.sending_until, next_attempt_at = null
		where s.status <> 'sending' and (s.due_at <> excluded.due_at or (s.status = 'failed' and s.next_attempt_at <= ${now}))`.execute(tx);
	return numAffectedRows === 1n;
}

/** A rotation that the schedule has begun. */
export interface Scheduled {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly rotation_id: string;
	readonly attempts: number;
}

/** Rotations whose mail is under way for too long: the node that sent it has died, or could not store the outcome. */
export async function readUnfinished(tx: ReadTx, now: Date, limit: number): Promise<Scheduled[]> {
	const { rows } = await sql<Scheduled>`
		select tenant_id, key_id, rotation_id, attempts from keywright.scheduled_rotations
		where status = 'sending' and sending_until <= ${now} order by sending_until, key_id limit ${limit}`.execute(tx);
	return rows;
}

/** Waiting rotations whose link may not be claimed any more: its recipient has left, has another address, or is not responsible any more. */
export async function readUnclaimable(tx: ReadTx, limit: number): Promise<Scheduled[]> {
	const { rows } = await sql<Scheduled>`
		select s.tenant_id, s.key_id, s.rotation_id, s.attempts
		from keywright.scheduled_rotations s
		join keywright.rotations r on r.tenant_id = s.tenant_id and r.id = s.rotation_id and r.state = 'waiting'
		join keywright.handovers h on h.tenant_id = r.tenant_id and h.id = r.handover_id
		join keywright.keys k on k.tenant_id = s.tenant_id and k.id = s.key_id
		where s.status = 'sent' and (k.owner ->> 'member_id' is distinct from h.member_id or not exists (
			select from keywright.members m join keywright.people p on p.id = m.person_id
			where m.tenant_id = h.tenant_id and m.id = h.member_id and p.email = h.email and p.email_verified
		))
		order by s.tenant_id, s.key_id limit ${limit}`.execute(tx);
	return rows;
}

export async function storeSent(tx: RecordTx, rotation_id: string): Promise<void> {
	await tx
		.updateTable("scheduled_rotations")
		.set({ status: "sent", sending_until: null })
		.where("rotation_id", "=", rotation_id)
		.where("status", "=", "sending")
		.execute();
}

export interface Failure {
	readonly reason: "not_mailed" | "recipient_gone" | "refused";
	readonly attempts: number;
	/** Null: no further attempt for this date. */
	readonly next_attempt_at: Date | null;
}

/** Records that the rotation was cancelled, because there is no link, or none that may be claimed. Requires the key to be locked. */
export async function storeFailure(tx: Tx, { tenant_id, key_id, rotation_id }: Scheduled, failure: Failure): Promise<boolean> {
	const updated = await tx
		.updateTable("scheduled_rotations")
		.set({ ...failure, status: "failed", sending_until: null })
		.where("tenant_id", "=", tenant_id)
		.where("key_id", "=", key_id)
		.where("rotation_id", "=", rotation_id)
		.where("status", "in", ["sending", "sent"])
		.executeTakeFirst();
	return updated.numUpdatedRows === 1n;
}

/**
 * Records that no rotation could begin, unless one did meanwhile. Locks the key first: the erasure of its tenant either is seen here or deletes the row.
 */
export async function storeRefusal(tx: RecordTx, { tenant_id, key_id, due_at, attempts }: DueKey, next_attempt_at: Date): Promise<void> {
	await sql`
		insert into keywright.scheduled_rotations as s (tenant_id, key_id, due_at, status, attempts, reason, next_attempt_at)
		select k.tenant_id, k.id, ${due_at}::timestamptz, 'failed', ${attempts}::integer, 'refused', ${next_attempt_at}::timestamptz
		from keywright.keys k where k.tenant_id = ${tenant_id} and k.id = ${key_id} and k.revoked_at is null for share of k
		on conflict (tenant_id, key_id) do update set due_at = excluded.due_at, status = 'failed', rotation_id = null, attempts = excluded.attempts,
			reason = 'refused', sending_until = null, next_attempt_at = excluded.next_attempt_at
		where s.status = 'failed' or (s.status = 'sent' and s.due_at <> excluded.due_at)`.execute(tx);
}
