import { unlink } from "node:fs/promises";
import { change } from "../audit/change.ts";
import { claimOnce, keepResult } from "../audit/idempotency.ts";
import { ApiError } from "../core/error.ts";
import { newId } from "../core/id.ts";
import type { Tx } from "../database/transaction.ts";
import { readTenantForShare } from "../tenants/store.ts";
import type { DocumentsContext } from "./context.ts";
import { type Description, type Document, documentNotFound } from "./document.ts";
import { type Digest, IncomingFile, Measure } from "./incoming.ts";
import { documentPath } from "./places.ts";
import { assertDocumentBytes, Reservation } from "./reserve.ts";
import { insertDocument, readSiteForShare } from "./store.ts";

/** Takes the content, piece by piece, as fast as it can be stored. */
export type Take = (content: AsyncIterable<Buffer> | Iterable<Buffer>) => Promise<void>;

/** Where a document comes from: hands its content to `take` and says what it is. */
export interface DocumentSource {
	readonly site_id: string;
	/** The content has at least so many bytes. */
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
		const document = await commit(context, documentOf(context, id, source.site_id, description, digest), reservation);
		if (document.id !== id) await undo(context, id, reservation, file);
		return document;
	} catch (error) {
		await undo(context, id, reservation, file);
		throw error;
	}
}

/** Asks `admit` before each piece, with the size up to its end, and then hands it to `write`. */
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

function documentOf(context: DocumentsContext, id: string, site_id: string, description: Description, digest: Digest): Document {
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

/** The document, or the one that an earlier request with the same `Idempotency-Key` made. */
function commit(context: DocumentsContext, document: Document, reservation: Reservation): Promise<Document> {
	return change(context, async (tx) => {
		const earlier = await earlierDocument(tx, context, document);
		if (earlier) return { unchanged: earlier };
		const held = await readTenantForShare(tx, context.scope);
		if (!held || !(await readSiteForShare(tx, context.scope, document.site_id))) throw documentNotFound();
		await reservation.settle(tx, held.plan.limits, document.size_bytes);
		await insertDocument(tx, document);
		await keepResult(tx, context, context.scope, document);
		const { site_id, kind, content_type, size_bytes, sha256 } = document;
		const target = { kind: "document", id: document.id };
		return { result: document, audit: [{ action: "document.created", target, facts: { site_id, kind, content_type, size_bytes, sha256 } }] };
	});
}

/** What the same request made earlier, or null. 409 `idempotency_mismatch` when another one had the same `Idempotency-Key`. */
async function earlierDocument(tx: Tx, context: DocumentsContext, document: Document): Promise<Document | null> {
	await context.recheck(tx);
	const { id, created_at: _created_at, created_by_key_id: _key, tenant_id, ...input } = document;
	const earlier = await claimOnce(tx, context, { tenant_id, operation: "document.create", input, subject_id: id });
	return earlier ? keptDocument(earlier.result) : null;
}

/** Guarantee: the value was kept by `commit` as its answer. */
function keptDocument(result: unknown): Document {
	return result as Document;
}

/**
 * For a request over the limit of the plan that may repeat the request that reached it: reads the content without storing it,
 * and returns the earlier document, or throws `full`.
 */
async function repeatOnly(context: DocumentsContext, source: DocumentSource, reservation: Reservation, full: ApiError): Promise<Document> {
	const measure = new Measure();
	const description = await source.receive(
		taking(
			(size_bytes) => assertDocumentBytes(reservation.limits, size_bytes),
			(chunk) => measure.add(chunk),
		),
	);
	const document = documentOf(context, newId("doc"), source.site_id, description, measure.digest());
	return change(context, async (tx) => {
		const earlier = await earlierDocument(tx, context, document);
		if (!earlier) throw full;
		return { unchanged: earlier };
	});
}

/**
 * Leaves nothing of a document that was not committed. The upload's row says whether it was, also when the answer to the commit was lost;
 * what cannot be removed now, the sweep removes.
 */
async function undo(context: DocumentsContext, id: string, reservation: Reservation, file: IncomingFile): Promise<void> {
	try {
		await file.discard();
		if (await reservation.release()) await unlink(documentPath(context.uploads_dir, context.scope, id)).catch(() => undefined);
	} catch (error) {
		context.log.warn({ err: error, upload_id: reservation.upload_id }, "upload_not_undone");
	}
}
