import { sql } from "kysely";
import type { ReadTx } from "../database/transaction.ts";

/** One mail about an event. `digest`: it waits for, or was part of, the digest of the day. */
export interface MailedTo {
	readonly name: string;
	readonly status: "waiting" | "digest" | "sent" | "failed";
	/** When the mail server accepted it; null if it has not. */
	readonly at: string | null;
}

/** One delivery of an event to a webhook of the tenant. */
export interface DeliveredTo {
	readonly webhook_id: string;
	readonly url: string;
	readonly status: "waiting" | "delivered" | "failed";
	/** Of the last attempt; null before the first one. */
	readonly at: string | null;
}

/** What the queues say about the event of an alert. Null lists: it is not queued yet. */
export interface Reached {
	readonly mails: readonly MailedTo[] | null;
	readonly webhooks: readonly DeliveredTo[] | null;
}

/**
 * Who received the events of this type about these alerts, by the ids of the alerts; alerts whose event is not stored any more are missing. Webhooks of the
 * operator are left out. `mails` is null for ever where no mail is configured.
 */
export async function readReached(tx: ReadTx, tenant_id: string, alert_ids: readonly string[], type: string): Promise<ReadonlyMap<string, Reached>> {
	if (alert_ids.length === 0) return new Map();
	const { rows } = await sql<Reached & { alert_id: string }>`
		select o.alert_id,
			case when o.mail_queued_at is not null then (
				select coalesce(json_agg(json_build_object('name', p.name, 'at', m.sent_at, 'status', case m.status when 'pending' then 'waiting'
					when 'held' then 'digest' when 'digested' then 'digest' else m.status end) order by p.name, p.id), '[]')
				from keywright.mails as m join keywright.people as p on p.id = m.person_id
				where m.tenant_id = o.tenant_id and m.event_id = o.id and m.status <> 'dropped'
			) end as mails,
			case when o.distributed_at is not null then (
				select coalesce(json_agg(json_build_object('webhook_id', w.id, 'url', w.url, 'at', case when d.attempts > 0 then d.at end,
					'status', case d.status when 'pending' then 'waiting' else d.status end) order by w.created_at, w.id), '[]')
				from keywright.webhook_deliveries as d join keywright.webhooks as w on w.tenant_id = d.tenant_id and w.id = d.webhook_id
				where d.tenant_id = o.tenant_id and d.event_id = o.id
			) end as webhooks
		from keywright.outbox as o
		where o.tenant_id = ${tenant_id} and o.alert_id = any(${alert_ids}::text[]) and o.type = ${type}
	`.execute(tx);
	return new Map(rows.map(({ alert_id, ...reached }) => [alert_id, reached]));
}

/** The members whom the rule's list names by role or id, and whether their address is proven. */
export async function readRecipients(tx: ReadTx, tenant_id: string, to: readonly string[]): Promise<{ name: string; proven: boolean }[]> {
	const { rows } = await sql<{ name: string; proven: boolean }>`
		select p.name, p.email is not null and p.email_verified as proven
		from keywright.members as m join keywright.people as p on p.id = m.person_id
		where m.tenant_id = ${tenant_id} and (m.role || 's' = any(${to}::text[]) or m.id = any(${to}::text[]))
		order by p.name, p.id
	`.execute(tx);
	return rows;
}
