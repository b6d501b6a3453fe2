import { sql } from "kysely";
import { LOCKS } from "../../database/locks.ts";
import type { ReadTx, RecordTx } from "../../database/transaction.ts";

/** Takes the advisory lock of the rotation loop until commit; false if another node holds it. The transaction stays idle while the loop runs. */
export async function claimRotations(tx: RecordTx): Promise<boolean> {
	await sql`select set_config('idle_in_transaction_session_timeout', ${`${CLAIM_SECONDS_MAX}s`}, true)`.execute(tx);
	const { rows } = await sql<{ claimed: boolean }>`select pg_try_advisory_xact_lock(${LOCKS.rotations}::bigint) as claimed`.execute(tx);
	return rows[0]?.claimed === true;
}

/** A rotation that may be due: its overlap or handover is over, or it has no fixed overlap and its new secret has been used. */
export interface DueRotation {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly id: string;
}

/** One page, of all tenants, ordered by tenant and id, starting after `after`. */
export async function readDueRotations(tx: ReadTx, now: Date, after: DueRotation | null, rows_max: number): Promise<DueRotation[]> {
	const { rows } = await sql<DueRotation>`
		select r.tenant_id, r.key_id, r.id
		from keywright.rotations as r
		join keywright.secrets as old on old.kid = r.predecessor_kid
		left join keywright.handovers as h on h.tenant_id = r.tenant_id and h.id = r.handover_id
		where r.state in ('waiting', 'open') and (r.tenant_id, r.id) > (${after?.tenant_id ?? ""}, ${after?.id ?? ""})
			and case r.state
				when 'waiting' then h.id is null or h.cancelled_at is not null or h.expires_at <= ${now}
				else old.retires_at <= ${now} or (r.overlap_seconds is null
					and exists (select from keywright.secret_activity as used where used.kid = r.successor_kid))
				end
		order by r.tenant_id, r.id
		limit ${rows_max}
	`.execute(tx);
	return rows;
}

/** Open rotations of all tenants without a fixed overlap and with no reminder since `before`, in the order of `readDueRotations`. */
export async function readUnreminded(tx: ReadTx, before: Date, after: DueRotation | null, rows_max: number): Promise<DueRotation[]> {
	const { rows } = await sql<DueRotation>`
		select r.tenant_id, r.key_id, r.id
		from keywright.rotations as r
		join keywright.secrets as successor on successor.kid = r.successor_kid
		where r.state = 'open' and r.overlap_seconds is null and coalesce(r.reminded_at, successor.created_at) <= ${before}
			and (r.tenant_id, r.id) > (${after?.tenant_id ?? ""}, ${after?.id ?? ""})
		order by r.tenant_id, r.id
		limit ${rows_max}
	`.execute(tx);
	return rows;
}

/** The claim's transaction is aborted after this idle time, so that a stalled node loses it. */
export const CLAIM_SECONDS_MAX = 600;
