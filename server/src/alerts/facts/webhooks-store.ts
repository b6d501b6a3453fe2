import { sql } from "kysely";
import { MINUTE_MS } from "../../core/time.ts";
import type { ReadTx } from "../../database/transaction.ts";
import type { Fact } from "../alert.ts";

/** Webhooks of tenants that have accepted nothing for `minutes`, or that were disabled for it; the value is the minutes. */
export async function readFailingWebhooks(tx: ReadTx, now: Date, minutes: number): Promise<Fact[]> {
	const { rows } = await sql<{ tenant_id: string; id: string; url: string; reason: string | null; failing_since: Date | null }>`
		select w.tenant_id, w.id, w.url, w.disabled_reason as reason, q.failing_since
		from keywright.webhooks as w join keywright.webhook_queues as q on q.tenant_id = w.tenant_id and q.webhook_id = w.id
		where w.tenant_id <> '*' and (
			w.disabled_reason in ('gone', 'failing')
			or (w.status = 'active' and q.failing_since <= ${new Date(now.getTime() - minutes * MINUTE_MS)})
		)
		order by w.tenant_id, w.id
	`.execute(tx);
	return rows.map(({ tenant_id, id, url, reason, failing_since }) => ({
		...{ tenant_id, rule: "webhook_failing", subject: id, key_id: null, count: 1 },
		value: reason === null && failing_since !== null ? (now.getTime() - failing_since.getTime()) / MINUTE_MS : Number.POSITIVE_INFINITY,
		evidence: { webhook_id: id, name: new URL(url).origin, failing_since: failing_since?.toISOString() ?? null, disabled: reason },
	}));
}
