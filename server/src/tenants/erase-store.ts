import { sql } from "kysely";
import { type Actor, ALL_TENANTS } from "../core/context.ts";
import { LOCKS } from "../database/locks.ts";
import type { Tx } from "../database/transaction.ts";

const ERASED: Actor = { kind: "system", name: "erased" };

/** Revokes every key of the tenant that is not yet revoked; returns their number. */
export async function revokeAllKeys(tx: Tx, tenant_id: string, revocation: { now: Date; note: string }): Promise<number> {
	const revoked = await tx
		.updateTable("keys")
		.set({ revoked_at: revocation.now, revoked_by: JSON.stringify(ERASED), revoke_reason: "other", revoke_note: revocation.note })
		.where("tenant_id", "=", tenant_id)
		.where("revoked_at", "is", null)
		.executeTakeFirst();
	return Number(revoked.numUpdatedRows);
}

/** Clears personal data and free text from the tenant's keys; ids, times and the MACs of secrets remain. */
export async function erasePeopleFromKeys(tx: Tx, tenant_id: string, revoke_note: string): Promise<void> {
	await tx
		.updateTable("keys")
		.set({
			name: "Erased key",
			owner: JSON.stringify({ name: "Erased" }),
			integration: null,
			labels: "{}",
			allowed_ips: null,
			created_by: JSON.stringify(ERASED),
			revoked_by: JSON.stringify(ERASED),
			revoke_note: sql<string | null>`case when revoke_note = ${revoke_note} then revoke_note end`,
		})
		.where("tenant_id", "=", tenant_id)
		.execute();
	await tx.updateTable("secrets").set({ kept_in_note: null, shown_to: null }).where("tenant_id", "=", tenant_id).execute();
}

/**
 * Deletes the tenant's members, invitations, portal sessions, handovers, sources, source names, exposures, refusals and usage by source. Also deletes the
 * accounts of members who are in no other tenant and are not operators. Needs the scope of all tenants. Returns the number of members.
 */
export async function deletePeopleOfTenant(tx: Tx, tenant_id: string): Promise<number> {
	const members = await tx.deleteFrom("members").where("tenant_id", "=", tenant_id).returning("person_id").execute();
	// Refusals that are being written are committed before and deleted here, or find the tenant erased.
	await sql`select pg_advisory_xact_lock(${LOCKS.auth_failures})`.execute(tx);
	for (const table of [
		"invitations",
		"portal_sessions",
		"handovers",
		"rotation_confirmations",
		"rotations",
		"scheduled_rotations",
		"key_sources",
		"secret_sources",
		"secret_operations",
		"key_exposures",
		"canary_uses",
		"source_names",
		"auth_failures",
		"auth_failure_counts",
		"usage_by_source",
	] as const) {
		await tx.deleteFrom(table).where("tenant_id", "=", tenant_id).execute();
	}
	const person_ids = members.map((member) => member.person_id);
	if (person_ids.length === 0) return 0;
	// Locked first: a concurrent join of another tenant either commits before and keeps the account, or finds the account deleted.
	await tx.selectFrom("people").select("id").where("id", "in", person_ids).orderBy("id").forUpdate().execute();
	const elsewhere = tx.selectFrom("members").select("person_id").where("person_id", "in", person_ids);
	await tx
		.deleteFrom("people")
		.where("id", "in", person_ids)
		.where("id", "not in", elsewhere)
		.where("id", "not in", tx.selectFrom("operators").select("person_id"))
		.execute();
	return members.length;
}

/**
 * Deletes the tenant's sites, documents, reservations, alerts, webhooks, idempotency results and events. The sites are locked first, so that a
 * document being committed is deleted too and a later one finds no site.
 */
export async function deleteTenantObjects(tx: Tx, tenant_id: string): Promise<void> {
	await tx.selectFrom("sites").select("id").where("tenant_id", "=", tenant_id).orderBy("id").forUpdate().execute();
	for (const table of [
		"documents",
		"uploads",
		"tenant_storage",
		"sites",
		"alert_news",
		"alerts",
		"alert_rules",
		"alert_tests",
		"checklists",
		"key_checklists",
		"checklist_turns",
		"rehearsals",
		"webhooks",
		"outbox",
		"idempotency",
	] as const) {
		await tx.deleteFrom(table).where("tenant_id", "=", tenant_id).execute();
	}
	await tx.deleteFrom("idempotency").where("tenant_id", "=", ALL_TENANTS).where("subject_id", "=", tenant_id).execute();
}

/** Clears the details of the tenant's audit entries; the hash chain stays valid. */
export async function eraseAuditDetails(tx: Tx, tenant_id: string): Promise<void> {
	await sql`select keywright.erase_audit_details(${tenant_id})`.execute(tx);
}

/** Reduces the tenant to its id, which is never reused. */
export async function insertTombstone(tx: Tx, tenant_id: string, now: Date): Promise<void> {
	await tx
		.updateTable("tenants")
		.set({ name: "Erased tenant", plan_id: null, external_id: null, limits: null, erased_at: now })
		.where("id", "=", tenant_id)
		.execute();
}
