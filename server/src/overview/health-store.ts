import { sql } from "kysely";
import { ALL_TENANTS } from "../core/context.ts";
import type { ReadTx, RecordTx } from "../database/transaction.ts";

export interface DatabaseFacts {
	/** The server's version, such as "18.4". */
	readonly version: string;
	readonly size_bytes: number;
	/** Number of the latest change. */
	readonly changes: number;
}

export async function readDatabaseFacts(tx: ReadTx): Promise<DatabaseFacts> {
	const { rows } = await sql<DatabaseFacts>`
		select split_part(current_setting('server_version'), ' ', 1) as version, pg_database_size(current_database()) as size_bytes,
			(select seq from keywright.change_sequence) as changes`.execute(tx);
	const [facts] = rows;
	if (!facts) throw new Error("a query without a table returned no row");
	return facts;
}

/** A webhook of the operator that has accepted nothing since before a time, or was disabled for it. */
export interface FailingWebhook {
	readonly webhook_id: string;
	readonly url: string;
	readonly failing_since: Date | null;
	/** Null: it is attempted again. */
	readonly disabled: string | null;
}

/** The operator's webhooks that fail since before `since`, the oldest first; they are at most 20. */
export async function readFailingWebhooks(tx: ReadTx, since: Date): Promise<FailingWebhook[]> {
	const { rows } = await sql<FailingWebhook>`
		select w.id as webhook_id, w.url, q.failing_since, w.disabled_reason as disabled
		from keywright.webhooks w join keywright.webhook_queues q on q.tenant_id = w.tenant_id and q.webhook_id = w.id
		where w.tenant_id = ${ALL_TENANTS} and (w.disabled_reason in ('gone', 'failing') or w.status = 'active' and q.failing_since <= ${since}::timestamptz)
		order by w.created_at, w.id`.execute(tx);
	return rows;
}

/** Stores which of `failing` operators are to be mailed about now, and returns them. Those that accept again, or were deleted, are forgotten. */
export async function noteFailing(tx: RecordTx, failing: readonly FailingWebhook[]): Promise<FailingWebhook[]> {
	const ids = failing.map(({ webhook_id }) => webhook_id);
	await sql`delete from keywright.operator_webhook_mails where webhook_id <> all(${ids}::text[])`.execute(tx);
	const states = failing.map(({ disabled }) => (disabled === null ? "failing" : "disabled"));
	const { rows } = await sql<{ webhook_id: string }>`
		insert into keywright.operator_webhook_mails as mailed (webhook_id, state)
		select * from unnest(${ids}::text[], ${states}::text[])
		on conflict (webhook_id) do update set state = excluded.state where mailed.state <> excluded.state
		returning webhook_id`.execute(tx);
	return failing.filter((one) => rows.some(({ webhook_id }) => webhook_id === one.webhook_id));
}
