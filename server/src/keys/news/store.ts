import { type RawBuilder, sql } from "kysely";
import type { RecordTx } from "../../database/transaction.ts";
import { OTHER_SOURCES } from "../../usage/sources/source.ts";
import type { AutoRotate } from "../key.ts";

/** A use within this time of the first one belongs to setting the key up. */
const NEW_SOURCE_AFTER_MINUTES = 10;

/** Something that happened to a key at a time, without a change by a person. */
export interface KeyNews {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly name: string;
	readonly environment: string;
	readonly at: Date;
	/** The same time as text, with its microseconds. */
	readonly at_text: string;
	/** Distinguishes news of one key at one time. */
	readonly subject: string;
}

export interface NewSource extends KeyNews {
	readonly network: string;
	readonly client: string;
}

/** News after `from`, up to and including `until`, in order, starting after `after`; at most `rows_max`. */
export interface Range {
	readonly from: Date;
	readonly until: Date;
	readonly after: Pick<KeyNews, "at_text" | "subject"> | null;
	readonly rows_max: number;
}

/**
 * Locks the keys, so that the erasure of a tenant either is seen here or deletes the events of these keys. A key that is locked is skipped: a later look
 * over the same time finds it.
 */
async function readNews<News extends KeyNews>(tx: RecordTx, range: Range, parts: { at: string; subject: string; select: RawBuilder<unknown> }) {
	const { from, until, after, rows_max } = range;
	const at = sql.ref(parts.at);
	const subject = sql.ref(parts.subject);
	// By the time itself, so that its index gives the order and a step reads no more than its rows.
	const start = after?.at_text ?? from.toISOString();
	const { rows } = await sql<News>`
		${parts.select} and ${at} > ${from}::timestamptz and ${at} <= ${until}::timestamptz and ${at} >= ${start}::timestamptz
			and (${at}, ${subject}) > (${start}::timestamptz, ${after?.subject ?? ""}::text) and k.revoked_at is null
		order by ${at}, ${subject} limit ${rows_max} for share of k skip locked`.execute(tx);
	return rows;
}

/** Keys whose first use this was. */
export function readFirstUses(tx: RecordTx, range: Range): Promise<KeyNews[]> {
	const select = sql`
		select k.tenant_id, k.id as key_id, k.name, k.environment, a.first_used_at as at, a.first_used_at::text as at_text, a.kid as subject
		from keywright.secret_activity a join keywright.secrets s on s.kid = a.kid join keywright.keys k on k.tenant_id = s.tenant_id and k.id = s.key_id
		where not exists (
			select from keywright.secrets o join keywright.secret_activity used on used.kid = o.kid
			where o.tenant_id = k.tenant_id and o.key_id = k.id and (used.first_used_at, used.kid) < (a.first_used_at, a.kid)
		)`;
	return readNews(tx, range, { at: "a.first_used_at", subject: "a.kid", select });
}

/** Sources at which a key was seen for the first time while it was in use elsewhere. */
export function readNewSources(tx: RecordTx, range: Range): Promise<NewSource[]> {
	const select = sql`
		select k.tenant_id, k.id as key_id, k.name, k.environment, seen.first_seen_at as at, seen.first_seen_at::text as at_text, seen.source_id as subject, seen.network,
			coalesce(seen.client, seen.agent) as client
		from keywright.key_sources seen join keywright.keys k on k.tenant_id = seen.tenant_id and k.id = seen.key_id
		where seen.source_id <> ${OTHER_SOURCES.id} and exists (
			select from keywright.secrets s join keywright.secret_activity used on used.kid = s.kid
			where s.tenant_id = k.tenant_id and s.key_id = k.id
				and used.first_used_at < seen.first_seen_at - make_interval(mins => ${NEW_SOURCE_AFTER_MINUTES})
		)`;
	return readNews(tx, range, { at: "seen.first_seen_at", subject: "seen.source_id", select });
}

/** Keys that have expired. Nothing stops working when a canary key does. */
export function readExpired(tx: RecordTx, range: Range): Promise<(KeyNews & { readonly last_used_at: Date | null })[]> {
	const select = sql`
		select k.tenant_id, k.id as key_id, k.name, k.environment, k.expires_at as at, k.expires_at::text as at_text, k.id as subject, (
			select max(used.last_used_at) from keywright.secrets s join keywright.secret_activity used on used.kid = s.kid
			where s.tenant_id = k.tenant_id and s.key_id = k.id
		) as last_used_at
		from keywright.keys k where not k.canary`;
	return readNews(tx, range, { at: "k.expires_at", subject: "k.id", select });
}

/** A key that is due, or overdue, for rotation. */
export interface RotationNews extends KeyNews {
	readonly auto_rotate: AutoRotate | null;
	readonly rotation_due_at: Date;
}

/** Keys that are due for rotation and have not expired. */
export function readRotationsDue(tx: RecordTx, range: Range): Promise<RotationNews[]> {
	const select = sql`
		select k.tenant_id, k.id as key_id, k.name, k.environment, k.rotation_due_at as at, k.rotation_due_at::text as at_text, k.id as subject, k.auto_rotate, k.rotation_due_at
		from keywright.keys k where (k.expires_at is null or k.expires_at > ${range.until}::timestamptz)`;
	return readNews(tx, range, { at: "k.rotation_due_at", subject: "k.id", select });
}

/** A day after the key was due, and each week after that, for half a year. */
const OVERDUE_AFTER_DAYS = 1;
const OVERDUE_REMINDERS = 26;

/** Keys that are overdue, not paused, and of which no rotation is under way. By the index `keys_rotation_due`, once for each reminder. */
export function readRotationsOverdue(tx: RecordTx, range: Range): Promise<RotationNews[]> {
	const { from, until } = range;
	const select = sql`
		select k.tenant_id, k.id as key_id, k.name, k.environment, due.at, due.at::text as at_text, k.id as subject, k.auto_rotate, k.rotation_due_at
		from generate_series(0, ${OVERDUE_REMINDERS - 1}::integer) as week
		cross join lateral (select make_interval(days => ${OVERDUE_AFTER_DAYS}::integer + 7 * week) as late) as reminder
		join keywright.keys k on k.rotation_due_at > ${from}::timestamptz - reminder.late and k.rotation_due_at <= ${until}::timestamptz - reminder.late
		cross join lateral (select k.rotation_due_at + reminder.late as at) as due
		where k.paused_at is null and (k.expires_at is null or k.expires_at > ${until}::timestamptz) and not exists (
			select from keywright.rotations r where r.tenant_id = k.tenant_id and r.key_id = k.id and r.state in ('waiting', 'open')
		)`;
	return readNews(tx, range, { at: "due.at", subject: "k.id", select });
}
