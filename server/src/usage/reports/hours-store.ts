import { sql } from "kysely";
import { HOUR_SECONDS } from "../../core/time.ts";
import type { ReadTx } from "../../database/transaction.ts";

export interface HourRow {
	readonly tenant_id: string;
	readonly external_id: string | null;
	readonly hour: Date;
	readonly allowed: number;
	readonly refused: number;
}

export interface HoursWindow {
	/** Both whole hours; `to` is exclusive. */
	readonly from: Date;
	readonly to: Date;
	/** Null: all tenants. */
	readonly tenant_id: string | null;
	/** The last row of the page before. */
	readonly after: { readonly hour: Date; readonly tenant_id: string } | null;
	readonly rows_max: number;
}

/** Requests by hour and tenant, ordered by both. Erased tenants keep their counts. */
export async function readHours(tx: ReadTx, { from, to, tenant_id, after, rows_max }: HoursWindow): Promise<HourRow[]> {
	const { rows } = await sql<HourRow>`
		select used.tenant_id, tenants.external_id, used.hour, used.allowed, used.refused
		from (
			select tenant_id, date_bin(make_interval(secs => ${HOUR_SECONDS}), start, timestamptz 'epoch') as hour,
				coalesce(sum(requests) filter (where code = 'allowed'), 0)::bigint as allowed,
				coalesce(sum(requests) filter (where code <> 'allowed'), 0)::bigint as refused
			from keywright.usage_operations
			where granularity_seconds in (60, ${HOUR_SECONDS}) and start >= ${after?.hour ?? from} and start < ${to}
				${tenant_id === null ? sql`` : sql`and tenant_id = ${tenant_id}`}
			group by 1, 2
		) as used left join keywright.tenants on tenants.id = used.tenant_id
		where ${after === null ? sql`true` : sql`(used.hour, used.tenant_id collate "C") > (${after.hour}::timestamptz, ${after.tenant_id})`}
		order by used.hour, used.tenant_id collate "C" limit ${rows_max}`.execute(tx);
	return rows;
}
