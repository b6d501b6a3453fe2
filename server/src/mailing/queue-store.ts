import { type RawBuilder, sql } from "kysely";
import { RULES_WITH_OWN_MAIL } from "../alerts/reached.ts";
import { LOCKS } from "../database/locks.ts";
import type { ReadTx, RecordTx } from "../database/transaction.ts";
import { isUnclaimed } from "../outbox/claim-store.ts";
import type { MailClass } from "../outbox/mail/classes.ts";
import { DEFAULT_RECIPIENTS, ROUTINE_CLASSES } from "./classes.ts";

const EVENTS_PER_STEP = 200;
/** A member gets this many mails about the events of a UTC day; the others are in one digest. */
export const MAILS_PER_DAY = 20;
/** Digests claimed at once. */
const DIGESTS_PER_CLAIM = 20;

/** A mail of the queue. */
export interface QueuedMail {
	readonly tenant_id: string;
	readonly event_id: string;
	readonly person_id: string;
	readonly status: "pending" | "held";
	readonly day: string;
	readonly attempts: number;
}

/** Takes the lock of queueing and of digests until the transaction ends; false while another node has it. */
export async function lockQueue(tx: RecordTx): Promise<boolean> {
	const { rows } = await sql<{ locked: boolean }>`select pg_try_advisory_xact_lock(${LOCKS.mail_distribution}) as locked`.execute(tx);
	return rows[0]?.locked === true;
}

/** Who receives an event `o` about a key `k`: a list of groups and member ids; of an alert, what its rule `r` says. */
const RECIPIENTS = sql`case when o.type like 'alert.%' then coalesce(to_jsonb(r.recipients), ${DEFAULT_RECIPIENTS}::jsonb -> (o.data ->> 'rule'), '[]')
	else '["owners", "admins", "responsible"]' end`;

/** Whether the member `m` is in this list. */
function isAmong(recipients: RawBuilder<unknown>, responsible: RawBuilder<unknown>) {
	return sql`(m.role = 'owner' and ${recipients} ? 'owners' or m.role = 'admin' and ${recipients} ? 'admins'
		or m.id = ${responsible} and ${recipients} ? 'responsible' or ${recipients} ? m.id)`;
}

export interface Queueing {
	readonly now: Date;
	/** Older events are not mailed: they were news. */
	readonly not_before: Date;
	/** The end of the UTC day of `now`, when its digest is due. */
	readonly day_ends_at: Date;
	/** When a digest is due that contains a mail about security. */
	readonly security_digest_at: Date;
	readonly classes: ReadonlyMap<string, MailClass>;
}

/**
 * Queues the mails of up to 200 new events: for owners, admins and the member who is responsible for the key, if their address is proven and they did not
 * unsubscribe. Needs `lockQueue`. Returns the number of events.
 */
export async function queueMails(tx: RecordTx, { now, not_before, day_ends_at, security_digest_at, classes }: Queueing): Promise<number> {
	const batch = await tx
		.selectFrom("outbox")
		.select(["id", "tenant_id"])
		.where("mail_queued_at", "is", null)
		.orderBy("position")
		.limit(EVENTS_PER_STEP)
		.execute();
	if (batch.length === 0) return 0;
	const ids = batch.map(({ id }) => id);
	const tenant_ids = [...new Set(batch.map(({ tenant_id }) => tenant_id))];
	// Members first, then events, as the erasure of a tenant locks them.
	await sql`
		select from keywright.members where tenant_id = any (${tenant_ids}::text[]) order by tenant_id, id for key share`.execute(tx);
	await sql`
		with news as (
			select o.id, o.tenant_id, o.position, c.class, k.owner ->> 'member_id' as responsible, ${RECIPIENTS} as recipients
			from keywright.outbox o
			join unnest(${[...classes.keys()]}::text[], ${[...classes.values()]}::text[]) as c (type, class) on c.type = o.type
			left join keywright.keys k on k.tenant_id = o.tenant_id and k.id = o.data ->> 'key_id'
			left join keywright.alert_rules r on r.tenant_id = o.tenant_id and r.rule = o.data ->> 'rule'
			where not (o.type like 'alert.%' and o.data ->> 'rule' = any (${RULES_WITH_OWN_MAIL}::text[])) and o.id = any (${ids}::text[]) and o.created_at >= ${not_before}::timestamptz
		), wanted as (
			select n.*, m.person_id, row_number() over (partition by n.tenant_id, m.person_id order by n.position) as ordinal
			from news n
			join keywright.members m on m.tenant_id = n.tenant_id and ${isAmong(sql`n.recipients`, sql`n.responsible`)}
			join keywright.people p on p.id = m.person_id and p.email is not null and p.email_verified
			where not exists (
				select from keywright.mail_unsubscriptions u where u.tenant_id = n.tenant_id and u.person_id = m.person_id and u.class = n.class
			)
		), today as (
			select tenant_id, person_id, count(*) as mails from keywright.mails
			where day = (${now}::timestamptz at time zone 'UTC')::date and (tenant_id, person_id) in (select tenant_id, person_id from wanted)
			group by tenant_id, person_id
		), placed as (
			select w.*, coalesce(t.mails, 0) + w.ordinal <= ${MAILS_PER_DAY} as alone
			from wanted w left join today t on t.tenant_id = w.tenant_id and t.person_id = w.person_id
		)
		insert into keywright.mails (tenant_id, event_id, person_id, class, status, day, next_attempt_at)
		select tenant_id, id, person_id, class, case when alone then 'pending' else 'held' end, (${now}::timestamptz at time zone 'UTC')::date,
			case when alone then ${now}::timestamptz else ${day_ends_at}::timestamptz end
		from placed on conflict do nothing`.execute(tx);
	// What is about security does not wait for the end of the day behind other mails; but there is one digest a day.
	await sql`
		update keywright.mails m set next_attempt_at = ${security_digest_at}::timestamptz
		where m.status = 'held' and m.next_attempt_at = ${day_ends_at}::timestamptz and exists (
			select from keywright.mails s where s.tenant_id = m.tenant_id and s.person_id = m.person_id and s.day = m.day and s.status = 'held'
				and s.class = 'security' and s.event_id = any (${ids}::text[])
		) and not exists (
			select from keywright.mails d where d.tenant_id = m.tenant_id and d.person_id = m.person_id and d.day = m.day
				and (d.status = 'digested' or d.status = 'held' and d.next_attempt_at < ${day_ends_at}::timestamptz)
		)`.execute(tx);
	await sql`update keywright.outbox set mail_queued_at = ${now}::timestamptz where id = any (${ids}::text[])`.execute(tx);
	return batch.length;
}

interface Claim {
	readonly node_id: string;
	readonly now: Date;
	readonly until: Date;
}

/** Claims up to `limit` due mails that no live node has claimed. */
export async function claimMails(tx: RecordTx, { node_id, now, until, limit }: Claim & { readonly limit: number }): Promise<QueuedMail[]> {
	if (limit <= 0) return [];
	const { rows } = await sql<QueuedMail>`
		with due as (
			select m.tenant_id, m.event_id, m.person_id from keywright.mails m
			where m.status = 'pending' and m.next_attempt_at <= ${now}::timestamptz and ${isUnclaimed("m", now)}
			order by m.next_attempt_at limit ${limit} for update of m skip locked
		)
		update keywright.mails m set claimed_by = ${node_id}, claimed_until = ${until}::timestamptz
		from due where m.tenant_id = due.tenant_id and m.event_id = due.event_id and m.person_id = due.person_id
		returning m.tenant_id, m.event_id, m.person_id, m.status, m.day::text as day, m.attempts`.execute(tx);
	return rows;
}

/** Claims due digests, each with all of its mails. Needs `lockQueue`, so that no two nodes get parts of one. */
export async function claimDigests(tx: RecordTx, { node_id, now, until }: Claim): Promise<QueuedMail[]> {
	const { rows } = await sql<QueuedMail>`
		with due as (
			select m.tenant_id, m.person_id, min(m.next_attempt_at) from keywright.mails m
			where m.status = 'held' and m.next_attempt_at <= ${now}::timestamptz and ${isUnclaimed("m", now)}
			group by m.tenant_id, m.person_id order by min(m.next_attempt_at) limit ${DIGESTS_PER_CLAIM}
		)
		update keywright.mails m set claimed_by = ${node_id}, claimed_until = ${until}::timestamptz
		from due where m.tenant_id = due.tenant_id and m.person_id = due.person_id
			and m.status = 'held' and m.next_attempt_at <= ${now}::timestamptz
		returning m.tenant_id, m.event_id, m.person_id, m.status, m.day::text as day, m.attempts`.execute(tx);
	return rows;
}

/** What a mail is composed of, as it is now. */
export interface MailSource {
	readonly event_id: string;
	readonly type: string;
	readonly data: unknown;
	readonly at: Date;
	readonly class: MailClass;
	readonly tenant_name: string;
	readonly email: string;
}

/** Reads what these mails of one member are composed of; without those that the member must not have any more, or does not want. */
export async function readMailSources(tx: ReadTx, { tenant_id, person_id }: QueuedMail, event_ids: readonly string[]): Promise<MailSource[]> {
	const { rows } = await sql<MailSource>`
		select o.id as event_id, o.type, o.data, o.created_at as at, q.class, t.name as tenant_name, p.email
		from keywright.mails q
		join keywright.outbox o on o.id = q.event_id
		join keywright.tenants t on t.id = q.tenant_id and t.erased_at is null
		join keywright.members m on m.tenant_id = q.tenant_id and m.person_id = q.person_id
		join keywright.people p on p.id = q.person_id and p.email is not null and p.email_verified
		left join keywright.keys k on k.tenant_id = o.tenant_id and k.id = o.data ->> 'key_id'
		left join keywright.alert_rules r on r.tenant_id = o.tenant_id and r.rule = o.data ->> 'rule'
		where q.tenant_id = ${tenant_id} and q.person_id = ${person_id} and q.event_id = any (${event_ids}::text[])
			and ${isAmong(sql`(${RECIPIENTS})`, sql`(k.owner ->> 'member_id')`)}
			and not exists (
				select from keywright.mail_unsubscriptions u where u.tenant_id = q.tenant_id and u.person_id = q.person_id and u.class = q.class
			)
		order by o.position`.execute(tx);
	return rows;
}

export interface MailOutcome {
	readonly status: QueuedMail["status"] | "sent" | "digested" | "failed" | "dropped";
	readonly attempts: number;
	/** Null when there are no more attempts. */
	readonly next_attempt_at: Date | null;
	readonly sent_at: Date | null;
}

/** Stores the outcome of mails of one member and ends their claim, unless another node has taken them over. */
export async function storeOutcome(
	tx: RecordTx,
	of: Pick<QueuedMail, "tenant_id" | "person_id"> & { readonly event_ids: readonly string[]; readonly node_id: string },
	outcome: MailOutcome,
): Promise<void> {
	await tx
		.updateTable("mails")
		.set({ ...outcome, claimed_by: null, claimed_until: null })
		.where("tenant_id", "=", of.tenant_id)
		.where("person_id", "=", of.person_id)
		.where("event_id", "=", sql<string>`any(${of.event_ids}::text[])`)
		.where("claimed_by", "=", of.node_id)
		.execute();
}

/** Records that a member does not want mails of these classes any more, or wants them again. False if they are no member of the tenant. */
export async function storeUnsubscription(
	tx: RecordTx,
	{ tenant_id, person_id, classes }: { readonly tenant_id: string; readonly person_id: string; readonly classes: readonly MailClass[] },
	unsubscribed_at: Date | null,
): Promise<boolean> {
	const member = tx.selectFrom("members").select("id").where("tenant_id", "=", tenant_id).where("person_id", "=", person_id).forKeyShare();
	if ((await member.executeTakeFirst()) === undefined) return false;
	const rows = ROUTINE_CLASSES.filter((each) => classes.includes(each)).map((each) => ({ tenant_id, person_id, class: each }));
	if (rows.length === 0) return true;
	if (unsubscribed_at === null) {
		const stopped = tx.deleteFrom("mail_unsubscriptions").where("tenant_id", "=", tenant_id).where("person_id", "=", person_id);
		await stopped
			.where(
				"class",
				"in",
				rows.map((row) => row.class),
			)
			.execute();
		return true;
	}
	await tx
		.insertInto("mail_unsubscriptions")
		.values(rows.map((row) => ({ ...row, unsubscribed_at })))
		.onConflict((conflict) => conflict.doNothing())
		.execute();
	return true;
}
