import { sql } from "kysely";
import type { ReadTx } from "../../database/transaction.ts";

export interface GrantRow {
	snapshot_seq: number;
	wanted_kid: string;
	kid: string | null;
	mac: Buffer;
	mac_version: number;
	pepper_id: string;
	last4: string;
	retires_at: Date | null;
	retired_at: Date | null;
	first_use_recorded: boolean;
	key_id: string;
	key_name: string;
	environment: string;
	permissions: string[];
	site_ids: string[] | null;
	allowed_ips: string[] | null;
	key_rate_limits: unknown;
	key_budgets: unknown;
	expires_at: Date | null;
	paused_at: Date | null;
	revoked_at: Date | null;
	rotation_due_at: Date | null;
	tenant_id: string;
	tenant_name: string;
	tenant_status: string;
	tenant_limits: unknown;
	tenant_erased_at: Date | null;
	/** The key's own, or else the tenant's, or else the default. */
	client_policy: string;
	/** Whether the policy `alert` or `block` was chosen; null under the default. */
	strict_clients: boolean | null;
	plan_id: string;
	plan_name: string;
	plan_capabilities: string[];
	plan_rate_limits: unknown;
	plan_quota: number | null;
	plan_limits: unknown;
	catalogue: Record<string, string>;
	rotation_id: string | null;
	rotation_predecessor_kid: string | null;
	/** When the old secret ends; null while the new one is not revealed. */
	rotation_ends_at: Date | null;
	/** Set for a canary key, of which `kid` is null. */
	canary_tenant_id: string | null;
	canary_key_id: string | null;
}

/** The plan of an erased tenant, which has none; it includes nothing. */
const NO_PLAN = { plan_id: "", plan_name: "", plan_capabilities: [], plan_rate_limits: [], plan_quota: null, plan_limits: {} };

/** Reads one row per kid or imported lookup from one snapshot; `kid` is null where there is no such secret. */
export async function readGrants(tx: ReadTx, kids: string[]): Promise<GrantRow[]> {
	const { rows } = await sql<Omit<GrantRow, "catalogue"> & { catalogue: Record<string, string> | null }>`
		select * from keywright.grants_of(${kids}::text[])
	`.execute(tx);
	const catalogue = rows.find((row) => row.catalogue !== null)?.catalogue ?? {};
	return rows.map((row) => ({ ...row, ...(row.tenant_erased_at === null ? {} : NO_PLAN), catalogue }));
}

export interface SiteRow {
	snapshot_seq: number;
	tenant_id: string;
	site_id: string;
	found: boolean;
	environment: string | null;
}

export async function readSites(tx: ReadTx, pairs: readonly { tenant_id: string; site_id: string }[]): Promise<SiteRow[]> {
	const tenants = pairs.map((pair) => pair.tenant_id);
	const sites = pairs.map((pair) => pair.site_id);
	const found = await sql<SiteRow>`select * from keywright.sites_of(${tenants}::text[], ${sites}::text[])`.execute(tx);
	return found.rows;
}
