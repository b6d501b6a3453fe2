import { type SqlBool, sql } from "kysely";
import { LOCKS } from "../../database/locks.ts";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { StoredMac } from "./mac.ts";

export interface PepperRow {
	pepper_id: string;
	canary: Buffer;
}

export async function readPepperRows(tx: ReadTx): Promise<PepperRow[]> {
	return tx.selectFrom("peppers").select(["pepper_id", "canary"]).execute();
}

/** Serializes the registration by servers that start at the same time. */
export async function lockPeppers(tx: Tx): Promise<void> {
	await sql`select pg_advisory_xact_lock(${LOCKS.peppers})`.execute(tx);
}

export async function insertPepperRow(tx: Tx, row: PepperRow, now: Date): Promise<void> {
	await tx
		.insertInto("peppers")
		.values({ ...row, created_at: now })
		.execute();
}

/** The pepper ids of all stored MACs and encrypted secrets. A loose index scan (recursive CTE), so its cost does not depend on the number of secrets. */
export async function readPepperIdsInUse(tx: ReadTx): Promise<string[]> {
	const found = await sql<{ pepper_id: string }>`
		with recursive used (pepper_id) as (
			(select pepper_id from keywright.secrets order by pepper_id limit 1)
			union all
			select (select s.pepper_id from keywright.secrets s where s.pepper_id > used.pepper_id order by s.pepper_id limit 1)
			from used where used.pepper_id is not null
		)
		select pepper_id from used where pepper_id is not null
		union
		select pepper_id from keywright.services
		union
		select pepper_id from keywright.webhooks`.execute(tx);
	return found.rows.map((row) => row.pepper_id);
}

/** The number of live secrets, of services and of webhooks that need this pepper. */
export async function countLiveUses(tx: ReadTx, pepper_id: string): Promise<{ secrets: number; services: number; webhooks: number }> {
	const secrets = await tx
		.selectFrom("secrets as s")
		.innerJoin("keys as k", (join) => join.onRef("k.tenant_id", "=", "s.tenant_id").onRef("k.id", "=", "s.key_id"))
		.select((select) => select.fn.countAll<number>().as("count"))
		.where("s.pepper_id", "=", pepper_id)
		.where("s.retired_at", "is", null)
		.where("k.revoked_at", "is", null)
		.executeTakeFirstOrThrow();
	const services = await tx
		.selectFrom("services")
		.select((select) => select.fn.countAll<number>().as("count"))
		.where("pepper_id", "=", pepper_id)
		.where(sql<SqlBool>`revoked_at is null`)
		.executeTakeFirstOrThrow();
	const webhooks = await tx
		.selectFrom("webhooks")
		.select((select) => select.fn.countAll<number>().as("count"))
		.where("pepper_id", "=", pepper_id)
		.executeTakeFirstOrThrow();
	return { secrets: secrets.count, services: services.count, webhooks: webhooks.count };
}

/** `lookup` is set for imported secrets only. */
export type MacChanges = StoredMac & { last4?: string; lookup?: string };

/** Reads the stored MAC of a secret FOR UPDATE. */
export async function lockMac(tx: Tx, tenant_id: string, kid: string): Promise<(StoredMac & { readonly key_name: string }) | null> {
	const row = await tx
		.selectFrom("secrets as s")
		.innerJoin("keys as k", (join) => join.onRef("k.tenant_id", "=", "s.tenant_id").onRef("k.id", "=", "s.key_id"))
		.select(["s.mac", "s.mac_version", "s.pepper_id", "k.name as key_name"])
		.where("s.kid", "=", kid)
		.where("s.tenant_id", "=", tenant_id)
		.forUpdate("s")
		.executeTakeFirst();
	return row ?? null;
}

export async function updateMac(tx: Tx, tenant_id: string, kid: string, changes: MacChanges): Promise<void> {
	await tx.updateTable("secrets").set(changes).where("kid", "=", kid).where("tenant_id", "=", tenant_id).execute();
}
