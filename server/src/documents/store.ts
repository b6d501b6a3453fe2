import { sql } from "kysely";
import type { ReadTx, RecordTx, Tx } from "../database/transaction.ts";
import type { Window } from "../http/input/cursor.ts";
import { type Document, type DocumentRow, documentFromRow } from "./document.ts";

const DOCUMENT_COLUMNS = [
	"id",
	"tenant_id",
	"site_id",
	"kind",
	"title",
	"category",
	"filename",
	"content_type",
	"size_bytes",
	"sha256",
	"created_at",
	"created_by_key_id",
] as const;
/** Represents an unlimited plan. */
const WITHOUT_LIMIT = Number.MAX_SAFE_INTEGER;

/** The identity of a document: unique within a tenant and site. */
export interface DocumentName {
	readonly tenant_id: string;
	readonly site_id: string;
	readonly document_id: string;
}

/** The storage used by a tenant's documents, running uploads included. */
export interface DocumentCounts {
	readonly documents: number;
	readonly storage_bytes: number;
}

export async function documentCounts(tx: ReadTx, tenant_id: string): Promise<DocumentCounts> {
	const row = await tx.selectFrom("tenant_storage").select(["documents", "storage_bytes"]).where("tenant_id", "=", tenant_id).executeTakeFirst();
	return row ?? { documents: 0, storage_bytes: 0 };
}

/** Inserts the row that `addToCounts` changes. */
export async function ensureCounts(tx: RecordTx, tenant_id: string): Promise<void> {
	await tx
		.insertInto("tenant_storage")
		.values({ tenant_id })
		.onConflict((conflict) => conflict.doNothing())
		.execute();
}

/** Changes the counters, unless the result exceeds a limit: one conditional update, so that concurrent callers cannot exceed it. */
export async function addToCounts(
	tx: Tx | RecordTx,
	tenant_id: string,
	more: DocumentCounts,
	limits: { readonly documents: number | null; readonly storage_bytes: number | null },
): Promise<boolean> {
	const updated = await tx
		.updateTable("tenant_storage")
		.set((column) => ({ documents: column("documents", "+", more.documents), storage_bytes: column("storage_bytes", "+", more.storage_bytes) }))
		.where("tenant_id", "=", tenant_id)
		.where((column) => column(column("documents", "+", more.documents), "<=", limits.documents ?? WITHOUT_LIMIT))
		.where((column) => column(column("storage_bytes", "+", more.storage_bytes), "<=", limits.storage_bytes ?? WITHOUT_LIMIT))
		.executeTakeFirst();
	return updated.numUpdatedRows === 1n;
}

/** Subtracts a reservation from the counters. */
export async function takeFromCounts(tx: Tx | RecordTx, tenant_id: string, less: DocumentCounts): Promise<void> {
	await addToCounts(tx, tenant_id, { documents: -less.documents, storage_bytes: -less.storage_bytes }, { documents: null, storage_bytes: null });
}

export async function insertUpload(tx: RecordTx, upload: { id: string; tenant_id: string; node_id: string; reserved_bytes: number }): Promise<void> {
	await tx.insertInto("uploads").values(upload).execute();
}

/** False when the upload's row is gone, because the sweep has ended the upload. */
export async function growUpload(tx: RecordTx, tenant_id: string, id: string, more_bytes: number): Promise<boolean> {
	const grown = await tx
		.updateTable("uploads")
		.set((column) => ({ reserved_bytes: column("reserved_bytes", "+", more_bytes) }))
		.where("id", "=", id)
		.where("tenant_id", "=", tenant_id)
		.executeTakeFirst();
	return grown.numUpdatedRows === 1n;
}

/** Ends an upload: either its document is committed in the same transaction, or its reservation is released. Null when it has ended already. */
export async function deleteUpload(tx: Tx | RecordTx, id: string): Promise<{ tenant_id: string; reserved_bytes: number } | null> {
	const deleted = await tx.deleteFrom("uploads").where("id", "=", id).returning(["tenant_id", "reserved_bytes"]).executeTakeFirst();
	return deleted ?? null;
}

export async function readUploadsOlderThan(tx: ReadTx, seconds: number, rows_max: number): Promise<string[]> {
	const rows = await tx
		.selectFrom("uploads")
		.select("id")
		.where("started_at", "<=", sql<Date>`clock_timestamp() - make_interval(secs => ${seconds})`)
		.limit(rows_max)
		.execute();
	return rows.map((row) => row.id);
}

/** The ids that are running uploads. */
export async function readUploadsExisting(tx: ReadTx, ids: readonly string[]): Promise<Set<string>> {
	const rows = await tx.selectFrom("uploads").select("id").where("id", "in", ids).execute();
	return new Set(rows.map((row) => row.id));
}

/** Whether the site exists. Locks it FOR SHARE, which blocks its deletion until commit. */
export async function readSiteForShare(tx: Tx, tenant_id: string, site_id: string): Promise<boolean> {
	const row = await tx.selectFrom("sites").select("id").where("tenant_id", "=", tenant_id).where("id", "=", site_id).forKeyShare().executeTakeFirst();
	return row !== undefined;
}

export async function insertDocument(tx: Tx, document: Document): Promise<void> {
	await tx.insertInto("documents").values(document).execute();
}

/** Null when there is no such document. */
export async function deleteDocumentRow(tx: Tx, name: DocumentName): Promise<Document | null> {
	const row = await tx
		.deleteFrom("documents")
		.where("tenant_id", "=", name.tenant_id)
		.where("site_id", "=", name.site_id)
		.where("id", "=", name.document_id)
		.returning(DOCUMENT_COLUMNS)
		.executeTakeFirst();
	return row ? documentFromRow(row) : null;
}

export async function readDocument(tx: ReadTx, name: DocumentName): Promise<Document | null> {
	const row = await tx
		.selectFrom("documents")
		.select(DOCUMENT_COLUMNS)
		.where("tenant_id", "=", name.tenant_id)
		.where("site_id", "=", name.site_id)
		.where("id", "=", name.document_id)
		.executeTakeFirst();
	return row ? documentFromRow(row) : null;
}

export interface DocumentFilter {
	readonly category?: string;
	readonly kind?: Document["kind"];
}

/** Newest first. */
export async function readDocuments(
	tx: ReadTx,
	site: { tenant_id: string; site_id: string },
	filter: DocumentFilter,
	window: Window,
): Promise<Document[]> {
	const [created_at, id] = window.after ?? [];
	const rows: DocumentRow[] = await tx
		.selectFrom("documents")
		.select(DOCUMENT_COLUMNS)
		.where("tenant_id", "=", site.tenant_id)
		.where("site_id", "=", site.site_id)
		.$if(filter.category !== undefined, (query) => query.where("category", "=", filter.category ?? null))
		.$if(filter.kind !== undefined, (query) => query.where("kind", "=", filter.kind ?? ""))
		.$if(created_at !== undefined, (query) => query.where(sql<boolean>`(created_at, id) < (${created_at}::timestamptz, ${id}::text)`))
		.orderBy("created_at", "desc")
		.orderBy("id", "desc")
		.limit(window.rows_max)
		.execute();
	return rows.map(documentFromRow);
}

/** The ids that are documents of the tenant. */
export async function readDocumentsExisting(tx: ReadTx, tenant_id: string, ids: readonly string[]): Promise<Set<string>> {
	const rows = await tx.selectFrom("documents").select("id").where("tenant_id", "=", tenant_id).where("id", "in", ids).execute();
	return new Set(rows.map((row) => row.id));
}

/** Also true for an erased tenant, whose row remains. */
export async function isTenantKnown(tx: ReadTx, tenant_id: string): Promise<boolean> {
	const row = await tx.selectFrom("tenants").select("id").where("id", "=", tenant_id).executeTakeFirst();
	return row !== undefined;
}
