import { sql } from "kysely";
import { LOCKS } from "../database/locks.ts";
import type { RecordTx } from "../database/transaction.ts";
import { LATEST_PER_GROUP } from "./recorder.ts";
import type { Facts } from "./refusal.ts";

/** Rows of one tenant that stay, and those of them that anyone can cause. */
const ROWS_PER_TENANT_KEPT = 9_000;
const UNPROVEN_PER_TENANT_KEPT = 1_000;
/** Rows that belong to no tenant. */
const UNKNOWN_ROWS_KEPT = 9_000;

/** A refusal as it is stored. */
export interface FailureRow {
	readonly request_id: string;
	readonly at: string;
	readonly code: string;
	readonly check_name: string;
	readonly operation: string;
	readonly source_id: string;
	readonly network: string;
	readonly agent: string;
	readonly client: string | null;
	readonly facts: Facts;
	readonly detail: string;
}

export interface TenantFailureRow extends FailureRow {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly kid: string;
	readonly proven: boolean;
	readonly sampled: boolean;
}

/** Whose latest refusals are kept. */
export type FailureGroup = Pick<TenantFailureRow, "tenant_id" | "key_id" | "code">;

export interface UnknownFailureRow extends FailureRow {
	readonly kid: string | null;
	readonly address: string | null;
	readonly requests: number;
}

/** Takes the lock of writing refusals until commit, so that nodes delete old rows one after the other, and erasing a tenant deletes all of its rows. */
export async function lockFailures(tx: RecordTx): Promise<void> {
	await sql`select pg_advisory_xact_lock(${LOCKS.auth_failures})`.execute(tx);
}

/** The keys of these kids, without those of erased tenants. With the lock of refusals none of their tenants is erased before commit. */
export async function readKeysOfKids(tx: RecordTx, kids: readonly string[]): Promise<ReadonlyMap<string, { tenant_id: string; key_id: string }>> {
	if (kids.length === 0) return new Map();
	const { rows } = await sql<{ kid: string; tenant_id: string; key_id: string }>`
		select kid, tenant_id, key_id from keywright.secrets join keywright.tenants on tenants.id = tenant_id
		where kid = any(${kids}::text[]) and erased_at is null
	`.execute(tx);
	return new Map(rows.map(({ kid, tenant_id, key_id }) => [kid, { tenant_id, key_id }]));
}

/** Inserts the rows. Rows that exist stay. */
export async function insertFailures(tx: RecordTx, rows: readonly TenantFailureRow[]): Promise<void> {
	if (rows.length === 0) return;
	await sql`
		insert into keywright.auth_failures
			(request_id, tenant_id, key_id, kid, at, code, check_name, operation, source_id, network, agent, client, facts, detail, proven, sampled)
		select request_id, tenant_id, key_id, kid, at, code, check_name, operation, source_id, network, agent, client, facts, detail, proven, sampled
		from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (
			request_id text, tenant_id text, key_id text, kid text, at timestamptz, code text, check_name text, operation text,
			source_id text, network text, agent text, client text, facts jsonb, detail text, proven boolean, sampled boolean
		)
		on conflict (request_id) do nothing
	`.execute(tx);
}

/** Deletes the refusals of these keys and codes that are not among the latest, and not the first of their source and minute. */
export async function deleteSurplusOfGroups(tx: RecordTx, groups: readonly FailureGroup[]): Promise<void> {
	if (groups.length === 0) return;
	await sql`
		delete from keywright.auth_failures as old
		using jsonb_to_recordset(${JSON.stringify(groups.map(({ tenant_id, key_id, code }) => ({ tenant_id, key_id, code })))}::jsonb) as touched (tenant_id text, key_id text, code text)
		where (old.tenant_id, old.key_id, old.code) = (touched.tenant_id, touched.key_id, touched.code) and not old.sampled
			and old.request_id < (
				select kept.request_id from keywright.auth_failures as kept
				where (kept.tenant_id, kept.key_id, kept.code) = (touched.tenant_id, touched.key_id, touched.code) and not kept.sampled
				order by kept.request_id desc offset ${LATEST_PER_GROUP - 1} limit 1
			)
	`.execute(tx);
}

/** Deletes the refusals of these tenants that are too many. */
export async function deleteSurplusOfTenants(tx: RecordTx, tenant_ids: readonly string[]): Promise<void> {
	if (tenant_ids.length === 0) return;
	await deleteSurplus(tx, tenant_ids, { unproven: true, rows_kept: UNPROVEN_PER_TENANT_KEPT });
	await deleteSurplus(tx, tenant_ids, { unproven: false, rows_kept: ROWS_PER_TENANT_KEPT });
}

/** Keeps the latest of each key and code, as many of each as there is space for: what is sent with one key displaces nothing of another. */
async function deleteSurplus(
	tx: RecordTx,
	tenant_ids: readonly string[],
	{ unproven, rows_kept }: { unproven: boolean; rows_kept: number },
): Promise<void> {
	const counted = unproven ? sql`and not proven` : sql``;
	await sql`
		delete from keywright.auth_failures where ctid = any (array(
			select surplus.ctid from unnest(${tenant_ids}::text[]) as touched (id)
			cross join lateral (
				select ctid from (
					select ctid, request_id, row_number() over (partition by key_id, code order by request_id desc) as place
					from keywright.auth_failures where tenant_id = touched.id ${counted}
				) as placed order by place, request_id desc offset ${rows_kept}
			) as surplus
			-- most tenants have few rows, which are then only counted
			where exists (select from keywright.auth_failures where tenant_id = touched.id ${counted} offset ${rows_kept})
		))
	`.execute(tx);
}

/** Inserts refusals of no tenant. */
export async function insertUnknownFailures(tx: RecordTx, rows: readonly UnknownFailureRow[]): Promise<void> {
	if (rows.length === 0) return;
	await sql`
		insert into keywright.unknown_auth_failures
			(request_id, at, code, check_name, operation, kid, address, source_id, network, agent, client, facts, detail, requests)
		select request_id, at, code, check_name, operation, kid, address, source_id, network, agent, client, facts, detail, requests
		from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (
			request_id text, at timestamptz, code text, check_name text, operation text, kid text, address text,
			source_id text, network text, agent text, client text, facts jsonb, detail text, requests bigint
		)
		on conflict (request_id) do nothing
	`.execute(tx);
}

/** Deletes the oldest refusals of no tenant that are too many. */
export async function deleteSurplusOfUnknown(tx: RecordTx): Promise<void> {
	await sql`
		delete from keywright.unknown_auth_failures where ctid = any (array(
			select ctid from keywright.unknown_auth_failures order by at desc, request_id desc offset ${UNKNOWN_ROWS_KEPT}
		))
	`.execute(tx);
}

/** Deletes up to `rows_max` rows that are past their retention; returns how many. */
export async function deleteOldFailures(tx: RecordTx, before: { proven: Date; unproven: Date }, rows_max: number): Promise<number> {
	const deleted = await sql`
		delete from keywright.auth_failures where ctid = any (array(
			select ctid from keywright.auth_failures where (proven and at < ${before.proven}) or (not proven and at < ${before.unproven}) limit ${rows_max}
		))
	`.execute(tx);
	const unknown = await sql`delete from keywright.unknown_auth_failures where at < ${before.unproven}`.execute(tx);
	return Number(deleted.numAffectedRows ?? 0n) + Number(unknown.numAffectedRows ?? 0n);
}
