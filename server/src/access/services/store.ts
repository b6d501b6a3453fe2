import { sql } from "kysely";
import type { ReadTx, Tx } from "../../database/transaction.ts";
import type { Window } from "../../http/input/cursor.ts";
import { type Service, serviceFromRow } from "./service.ts";

const SERVICE_COLUMNS = ["id", "name", "last4", "created_at", "revoked_at"] as const;

/** The stored row of a service and its credential. */
export interface ServiceRow {
	readonly id: string;
	readonly name: string;
	readonly credential_id: string;
	readonly mac: Buffer;
	readonly mac_version: number;
	readonly pepper_id: string;
	readonly last4: string;
	readonly created_at: Date;
}

export async function countLiveServices(tx: ReadTx): Promise<number> {
	const { count } = await tx
		.selectFrom("services")
		.select((select) => select.fn.countAll<number>().as("count"))
		.where("revoked_at", "is", null)
		.executeTakeFirstOrThrow();
	return count;
}

export async function insertService(tx: Tx, row: ServiceRow): Promise<void> {
	await tx.insertInto("services").values(row).execute();
}

export async function readServices(tx: ReadTx, window: Window): Promise<Service[]> {
	const [created_at, id] = window.after ?? [];
	const rows = await tx
		.selectFrom("services")
		.select(SERVICE_COLUMNS)
		.$if(created_at !== undefined, (query) => query.where(sql<boolean>`(created_at, id) < (${created_at}::timestamptz, ${id}::text)`))
		.orderBy("created_at", "desc")
		.orderBy("id", "desc")
		.limit(window.rows_max)
		.execute();
	return rows.map(serviceFromRow);
}

export async function lockService(tx: Tx, service_id: string): Promise<Service | null> {
	const row = await tx.selectFrom("services").select(SERVICE_COLUMNS).where("id", "=", service_id).forUpdate().executeTakeFirst();
	return row ? serviceFromRow(row) : null;
}

export async function setServiceRevoked(tx: Tx, service_id: string, now: Date): Promise<void> {
	await tx.updateTable("services").set({ revoked_at: now }).where("id", "=", service_id).execute();
}

/** The service of an unrevoked credential, with the change sequence number of the snapshot that it was read in. */
export async function readCredential(tx: ReadTx, credential_id: string) {
	return tx
		.selectFrom("services")
		.innerJoin("change_sequence", (join) => join.onTrue())
		.select(["id", "name", "mac", "pepper_id", "change_sequence.seq as snapshot_seq"])
		.where("credential_id", "=", credential_id)
		.where("revoked_at", "is", null)
		.executeTakeFirst();
}

/** Locks the stored credential FOR UPDATE; null when it is unknown or revoked. */
export async function lockCredential(tx: Tx, credential_id: string) {
	const row = await tx
		.selectFrom("services")
		.select(["id", "name", "mac", "pepper_id"])
		.where("credential_id", "=", credential_id)
		.where("revoked_at", "is", null)
		.forUpdate()
		.executeTakeFirst();
	return row ?? null;
}

export async function updateServiceMac(tx: Tx, service_id: string, stored: Pick<ServiceRow, "mac" | "mac_version" | "pepper_id">): Promise<void> {
	await tx.updateTable("services").set(stored).where("id", "=", service_id).execute();
}
