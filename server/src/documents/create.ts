import { unlink } from "node:fs/promises";
import { change } from "../audit/change.ts";
import { claimOnce, keepResult } from "../audit/idempotency.ts";
import { ApiError } from "../core/error.ts";
import { newId } from "../core/id.ts";
import type { Tx } from "../database/transaction.ts";
import { readTenantForShare } from "../tenants/store.ts";
import type { DocumentsContext } from "./context.ts";
import { type Description, type Document, documentNotFound, toAuditTarget } from "./document.ts";
import { type Digest, IncomingFile, Measure } from "./incoming.ts";
import { documentPath } from "./places.ts";
import { assertDocumentBytes, Reservation } from "./reserve.ts";
import { insertDocument, readSiteForShare } from "./store.ts";

/** Consumes the content chunk by chunk, at the speed of the disk. */
export type Take = (content: AsyncIterable<Buffer> | Iterable<Buffer>) => Promise<void>;

/** The origin of a document: passes its content to `take` and returns its description. */
export interface DocumentSource {
	readonly site_id: string;
	/** A lower bound of the content's size. */
	readonly bytes_min: number;
	receive(take: Take): Promise<Description>;
}

/**
 * Stores a document: reserves storage in the plan, writes and flushes the content to a file, moves it into place, and commits the row,
 * after checking key and tenant again. A failure removes file and reservation. 409 `conflict`, 413, 507, and what `receive` throws.
 */
export async function createDocument(context: DocumentsContext, source: DocumentSource): Promise<Document> {
	const reservation = new Reservation(context);
	try {
		await reservation.open(source.bytes_min);
	} catch (error) {
		if (error instanceof ApiError && error.code === "conflict" && context.idempotency_key !== null)
			return repeatOnly(context, source, reservation, error);
		throw error;
	}
	const id = newId("doc");
	const file = new IncomingFile(context.uploads_dir, reservation.upload_id);
	try {
		await file.open();
		const description = await source.receive(
			taking(
				(size_bytes) => reservation.cover(size_bytes),
				(chunk) => file.write(chunk),
			),
		);
		const digest = await file.seal();
		await file.place(context.scope, id);
		const document = await commit(context, toDocument(context, id, source.site_id, description, digest), reservation);
		if (document.id !== id) await undo(context, id, reservation, file);
		return document;
	} catch (error) {
		await undo(context, id, reservation, file);
		throw error;
	}
}

/** Calls `admit` with the total size including each chunk, then `write` with the chunk. */
function taking(admit: (size_bytes: number) => Promise<void> | void, write: (chunk: Buffer) => Promise<void> | void): Take {
	let size_bytes = 0;
	return async (content) => {
		for await (const chunk of content) {
			size_bytes += chunk.length;
			await admit(size_bytes);
			await write(chunk);
		}
	};
}

function toDocument(context: DocumentsContext, id: string, site_id: string, description: Description, digest: Digest): Document {
	return {
		id,
		tenant_id: context.scope,
		site_id,
		...description,
		...digest,
		created_at: new Date(context.clock.now()).toISOString(),
		created_by_key_id: context.key_id,
	};
}

/** Commits the document, or returns the one that an earlier request with the same `Idempotency-Key` created. */
function commit(context: DocumentsContext, document: Document, reservation: Reservation): Promise<Document> {
	return change(context, async (tx) => {
		const earlier = await earlierDocument(tx, context, document);
		if (earlier) return { unchanged: earlier };
		const tenant = await readTenantForShare(tx, context.scope);
		if (!tenant || !(await readSiteForShare(tx, context.scope, document.site_id))) throw documentNotFound();
		await reservation.commit(tx, tenant.plan.limits, document.size_bytes);
		await insertDocument(tx, document);
		await keepResult(tx, context, context.scope, document);
		const { site_id, kind, content_type, size_bytes, sha256 } = document;
		const target = toAuditTarget(document);
		return { result: document, audit: [{ action: "document.created", target, details: { site_id, kind, content_type, size_bytes, sha256 } }] };
	});
}

/** The document of an earlier request with the same `Idempotency-Key`, or null. 409 `idempotency_mismatch` if its input differs. */
async function earlierDocument(tx: Tx, context: DocumentsContext, document: Document): Promise<Document | null> {
	await context.recheck(tx);
	const { id, created_at: _created_at, created_by_key_id: _key, tenant_id, ...input } = document;
	const earlier = await claimOnce(tx, context, { tenant_id, operation: "document.create", input, subject_id: id });
	return earlier ? asDocument(earlier.result) : null;
}

/** Guarantee: the value was stored by `commit` as its result. */
function asDocument(result: unknown): Document {
	return result as Document;
}

/**
 * A request beyond the plan's limit may be a repeat of the one that reached it: reads the content without storing it and returns the
 * earlier document, or throws `full`.
 */
async function repeatOnly(context: DocumentsContext, source: DocumentSource, reservation: Reservation, full: ApiError): Promise<Document> {
	const measure = new Measure();
	const description = await source.receive(
		taking(
			(size_bytes) => assertDocumentBytes(reservation.limits, size_bytes),
			(chunk) => measure.add(chunk),
		),
	);
	const document = toDocument(context, newId("doc"), source.site_id, description, measure.digest());
	return change(context, async (tx) => {
		const earlier = await earlierDocument(tx, context, document);
		if (!earlier) throw full;
		return { unchanged: earlier };
	});
}

/**
 * Removes every trace of an uncommitted document. The upload's row shows whether the commit succeeded, even if its response was lost. The
 * sweep removes what cannot be removed now.
 */
async function undo(context: DocumentsContext, id: string, reservation: Reservation, file: IncomingFile): Promise<void> {
	try {
		await file.discard();
		if (await reservation.release()) await unlink(documentPath(context.uploads_dir, context.scope, id)).catch(() => undefined);
	} catch (error) {
		context.log.warn({ err: error, upload_id: reservation.upload_id }, "upload_not_undone");
	}
}
