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
	readonly source_id: string;
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

/** A step of a range, and where the next one starts; null after the last one. */
export interface NewsPage<News extends KeyNews> {
	readonly news: readonly News[];
	readonly next: Range["after"];
}

/** The part of a range that is left, by a time and a text that make its order. */
function isLeft({ from, until, after }: Range, at: RawBuilder<unknown>, subject: RawBuilder<unknown>) {
	const start = after?.at_text ?? from.toISOString();
	return sql`${at} > ${from}::timestamptz and ${at} <= ${until}::timestamptz and ${at} >= ${start}::timestamptz
		and (${at}, ${subject}) > (${start}::timestamptz, ${after?.subject ?? ""}::text)`;
}

/** For `k`, the keys: an erasure of the tenant either is seen or deletes the events. A locked key is skipped: a later look at the same time finds it. */
const LOCKED = sql`for share of k skip locked`;

/** The step that `select` finds in the range. */
async function readNews<News extends KeyNews>(
	tx: RecordTx,
	range: Range,
	parts: { at: string; subject: string; select: RawBuilder<unknown> },
): Promise<NewsPage<News>> {
	const [at, subject] = [sql.ref(parts.at), sql.ref(parts.subject)];
	const { rows } = await sql<News>`
		${parts.select} and ${isLeft(range, at, subject)} and k.revoked_at is null order by ${at}, ${subject} limit ${range.rows_max} ${LOCKED}`.execute(
		tx,
	);
	// Skipped rows shorten a step, so only an empty one is the last.
	return { news: rows, next: rows.at(-1) ?? null };
}

/**
 * The news among the next rows of `table`, which are few before anything is joined with them: planned as one query, each step joined and sorted all that
 * was left of the range.
 */
async function readNewsOf<News extends KeyNews>(
	tx: RecordTx,
	range: Range,
	parts: { table: string; at: string; subject: RawBuilder<unknown>; select: (rows: RawBuilder<unknown>) => RawBuilder<unknown> },
): Promise<NewsPage<News>> {
	const { subject } = parts;
	const at = sql.ref(parts.at);
	const next_rows = sql`(
		select * from ${sql.table(`keywright.${parts.table}`)} where ${isLeft(range, at, subject)} order by ${at}, ${subject} limit ${range.rows_max}
	)`;
	const { rows } = await sql<News>`${parts.select(next_rows)} and k.revoked_at is null order by at, subject ${LOCKED}`.execute(tx);
	const last = await sql<{ at_text: string; subject: string }>`
		select ${at}::text as at_text, ${subject} as subject from ${next_rows} as rows order by ${at} desc, ${subject} desc limit 1`.execute(tx);
	return { news: rows, next: last.rows[0] ?? null };
}

/** Keys whose first use this was. */
export function readFirstUses(tx: RecordTx, range: Range): Promise<NewsPage<KeyNews>> {
	const select = (rows: RawBuilder<unknown>) => sql`
		select k.tenant_id, k.id as key_id, k.name, k.environment, a.first_used_at as at, a.first_used_at::text as at_text, a.kid as subject
		from ${rows} as a join keywright.secrets s on s.kid = a.kid join keywright.keys k on k.tenant_id = s.tenant_id and k.id = s.key_id
		where not exists (
			select from keywright.secrets o join keywright.secret_activity used on used.kid = o.kid
			where o.tenant_id = k.tenant_id and o.key_id = k.id and (used.first_used_at, used.kid) < (a.first_used_at, a.kid)
		)`;
	return readNewsOf(tx, range, { table: "secret_activity", at: "first_used_at", subject: sql`kid`, select });
}

/** Sources at which a key was seen for the first time while it was in use elsewhere. */
export function readNewSources(tx: RecordTx, range: Range): Promise<NewsPage<NewSource>> {
	const select = (rows: RawBuilder<unknown>) => sql`
		select k.tenant_id, k.id as key_id, k.name, k.environment, seen.first_seen_at as at, seen.first_seen_at::text as at_text,
			seen.source_id as subject, seen.source_id, seen.network, coalesce(seen.client, seen.agent) as client
		from ${rows} as seen join keywright.keys k on k.tenant_id = seen.tenant_id and k.id = seen.key_id
		where seen.source_id <> ${OTHER_SOURCES.id} and exists (
			select from keywright.secrets s join keywright.secret_activity used on used.kid = s.kid
			where s.tenant_id = k.tenant_id and s.key_id = k.id
				and used.first_used_at < seen.first_seen_at - make_interval(mins => ${NEW_SOURCE_AFTER_MINUTES})
		)`;
	// One source may be new to many keys at once.
	const subject = sql`(source_id || ' ' || key_id)`;
	return readNewsOf(tx, range, { table: "key_sources", at: "first_seen_at", subject, select });
}

/** Keys that have expired. Nothing stops working when a canary key does. */
export function readExpired(tx: RecordTx, range: Range): Promise<NewsPage<KeyNews & { readonly last_used_at: Date | null }>> {
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
export function readRotationsDue(tx: RecordTx, range: Range): Promise<NewsPage<RotationNews>> {
	const select = sql`
		select k.tenant_id, k.id as key_id, k.name, k.environment, k.rotation_due_at as at, k.rotation_due_at::text as at_text, k.id as subject, k.auto_rotate, k.rotation_due_at
		from keywright.keys k where (k.expires_at is null or k.expires_at > ${range.until}::timestamptz)`;
	return readNews(tx, range, { at: "k.rotation_due_at", subject: "k.id", select });
}

/** A day after the key was due, and each week after that, for half a year. */
const OVERDUE_AFTER_DAYS = 1;
const OVERDUE_REMINDERS = 26;

/** Keys that are overdue, not paused, and of which no rotation is under way. By the index `keys_rotation_due`, once for each reminder. */
export function readRotationsOverdue(tx: RecordTx, range: Range): Promise<NewsPage<RotationNews>> {
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
