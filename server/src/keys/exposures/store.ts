import { sql } from "kysely";
import type { ReadTx, RecordTx } from "../../database/transaction.ts";
import type { Exposure, ExposureKind } from "./exposure.ts";

/** Guarantee: the column has a check constraint with exactly these values. */
function asKind(kind: string): ExposureKind {
	return kind as ExposureKind;
}

/** The exposures of keys, by key id, the earliest first. */
export async function readExposures(tx: ReadTx, tenant_id: string, key_ids: readonly string[]): Promise<Map<string, Exposure[]>> {
	if (key_ids.length === 0) return new Map();
	const rows = await tx
		.selectFrom("key_exposures")
		.select(["key_id", "kid", "kind", "first_at", "last_at", "requests", "source_id", "network", "source", "urls"])
		.where("tenant_id", "=", tenant_id)
		.where("key_id", "in", key_ids)
		.orderBy("first_at")
		.orderBy("kid")
		.orderBy("kind")
		.execute();
	return Map.groupBy(
		rows.map(({ kind, urls, ...row }) => ({ ...row, kind: asKind(kind), ...(urls.length === 0 ? {} : { urls }) })),
		(row) => row.key_id,
	);
}

/** A secret of which exposures were added. */
export interface AddedExposure {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly name: string;
	readonly environment: string;
	readonly kid: string;
	readonly kind: ExposureKind;
	readonly source_id: string | null;
	/** Of this time only. */
	readonly requests: number;
	/** Whether the secret was never exposed in this way before. */
	readonly is_new: boolean;
	/** Whether people are alerted: not where the policy is only to observe use from browsers and apps. */
	readonly alerts: boolean;
}

/** Adds requests to the exposures of secrets, and returns these. Secrets that do not exist any more, or whose tenant was erased, are skipped. */
export async function addExposures(tx: RecordTx, exposures: readonly Exposure[]): Promise<AddedExposure[]> {
	const { rows } = await sql<AddedExposure>`
		with added as (
			select n.*, s.tenant_id, s.key_id from jsonb_to_recordset(${JSON.stringify(exposures)}::jsonb)
				as n (kid text, kind text, first_at timestamptz, last_at timestamptz, requests bigint, source_id text, network text, source text)
			join keywright.secrets as s on s.kid = n.kid
			-- Locked, so that an erasure either deletes what is written here, or is seen here.
			join keywright.tenants as t on t.id = s.tenant_id and t.erased_at is null
			order by s.tenant_id for share of t
		), seen as (
			insert into keywright.key_exposures as e (tenant_id, key_id, kid, kind, first_at, last_at, requests, source_id, network, source)
			select tenant_id, key_id, kid, kind, first_at, last_at, requests, source_id, network, source from added order by kid, kind
			on conflict (kid, kind) do update set
				first_at = least(e.first_at, excluded.first_at), last_at = greatest(e.last_at, excluded.last_at),
				requests = e.requests + excluded.requests, source_id = excluded.source_id,
				network = excluded.network, source = excluded.source
			returning e.tenant_id, e.key_id, e.kid, e.kind, e.source_id, e.xmax = 0 as is_new
		)
		select seen.tenant_id, seen.key_id, k.name, k.environment, seen.kid, seen.kind, seen.source_id, seen.is_new, added.requests,
			seen.kind not in ('browser', 'app') or coalesce(k.client_policy, t.client_policy, case
				when k.environment <> 'prod' then 'observe'
				when exists (select from keywright.secrets as i where i.tenant_id = k.tenant_id and i.key_id = k.id and i.lookup is not null) then 'observe'
				else 'block'
			end) <> 'observe' as alerts
		from seen join added on added.kid = seen.kid and added.kind = seen.kind
		join keywright.keys as k on k.tenant_id = seen.tenant_id and k.id = seen.key_id
		join keywright.tenants as t on t.id = k.tenant_id
	`.execute(tx);
	return rows;
}
