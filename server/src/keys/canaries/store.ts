import { sql } from "kysely";
import { DAY_MS } from "../../core/time.ts";
import type { ReadTx, RecordTx } from "../../database/transaction.ts";

/** A use after this long without one has an event again: the alert about the earlier uses is resolved by then. */
const QUIET_MS = DAY_MS;

/** Presentations of one canary key, together; the source is that of the latest. */
export interface CanaryUse {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly kid: string;
	readonly first_at: Date;
	readonly last_at: Date;
	readonly requests: number;
	readonly source_id: string;
	readonly network: string;
	/** The name of its client, or else its program. */
	readonly source: string;
}

/** Uses that were added to those of a canary key. */
export interface AddedCanaryUse extends Omit<CanaryUse, "first_at" | "last_at"> {
	readonly name: string;
	readonly environment: string;
	/** Whether there was none in the day before. */
	readonly is_new: boolean;
}

/** Adds presentations to those of their keys, and returns them. Those of keys that were revoked or had expired by then, or whose tenant was erased, are skipped. */
export async function addCanaryUses(tx: RecordTx, uses: readonly CanaryUse[]): Promise<AddedCanaryUse[]> {
	if (uses.length === 0) return [];
	const { rows } = await sql<AddedCanaryUse>`
		with added as (
			select n.*, k.name, k.environment
			from jsonb_to_recordset(${JSON.stringify(uses)}::jsonb) as n (tenant_id text, key_id text, kid text, first_at timestamptz, last_at timestamptz,
				requests bigint, source_id text, network text, source text)
			join keywright.keys as k on k.tenant_id = n.tenant_id and k.id = n.key_id
			-- Locked, so that an erasure either deletes what is written here, or is seen here.
			join keywright.tenants as t on t.id = k.tenant_id and t.erased_at is null
			where k.canary and k.revoked_at is null and (k.expires_at is null or k.expires_at > n.first_at)
			order by k.tenant_id for share of t
		), earlier as (
			-- Locked, so that of two nodes the second one sees what the first has written.
			select u.key_id, u.last_at from keywright.canary_uses as u join added on added.tenant_id = u.tenant_id and added.key_id = u.key_id
			order by u.key_id for update of u
		), seen as (
			insert into keywright.canary_uses as u (tenant_id, key_id, first_at, last_at, requests)
			select added.tenant_id, added.key_id, added.first_at, added.last_at, added.requests
			from added left join earlier on earlier.key_id = added.key_id order by added.key_id
			on conflict (tenant_id, key_id) do update set
				first_at = least(u.first_at, excluded.first_at), last_at = greatest(u.last_at, excluded.last_at), requests = u.requests + excluded.requests
			returning u.key_id, u.xmax = 0 as is_first
		)
		select added.tenant_id, added.key_id, added.name, added.environment, added.kid, added.requests, added.source_id, added.network, added.source,
			seen.is_first or coalesce(earlier.last_at < added.first_at - make_interval(secs => ${QUIET_MS / 1_000}), false) as is_new
		from added join seen on seen.key_id = added.key_id left join earlier on earlier.key_id = added.key_id
	`.execute(tx);
	return rows;
}

/** When canary keys were presented last, by key id; those that never were are left out. */
export async function readCanaryUses(tx: ReadTx, tenant_id: string, key_ids: readonly string[]): Promise<Map<string, Date>> {
	if (key_ids.length === 0) return new Map();
	const rows = await tx
		.selectFrom("canary_uses")
		.select(["key_id", "last_at"])
		.where("tenant_id", "=", tenant_id)
		.where("key_id", "in", key_ids)
		.execute();
	return new Map(rows.map(({ key_id, last_at }) => [key_id, last_at]));
}
