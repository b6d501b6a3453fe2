import { type FileHandle, open } from "node:fs/promises";
import { ApiError } from "../core/error.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../http/input/cursor.ts";
import type { StreamOutput } from "../http/route.ts";
import type { DocumentsContext } from "./context.ts";
import { type Document, documentNotFound } from "./document.ts";
import { formatAttachment } from "./form/filename.ts";
import { documentPath, isMissing } from "./places.ts";
import { type DocumentFilter, readDocument, readDocuments } from "./store.ts";

/** Reads one document of a site. 404 `not_found`. */
export async function getDocument(context: DatabaseContext, input: { site_id: string; document_id: string }): Promise<Document> {
	const document = await read(context, (tx) => readDocument(tx, { ...input, tenant_id: context.scope }));
	if (!document) throw documentNotFound();
	return document;
}

/** One page of a site's documents, newest first. */
export async function listDocuments(context: DatabaseContext, input: PageRequest & DocumentFilter & { site_id: string }): Promise<Page<Document>> {
	const window = windowByTime(input);
	const site = { tenant_id: context.scope, site_id: input.site_id };
	return toPage(await read(context, (tx) => readDocuments(tx, site, input, window)), window, (document) => [document.created_at, document.id]);
}

/** Streams the content of a document as a download, which browsers do not render. 404 `not_found`; 500 when the file does not match its row. */
export async function getDocumentContent(context: DocumentsContext, input: { site_id: string; document_id: string }): Promise<StreamOutput> {
	const document = await getDocument(context, input);
	const handle = await openContent(context, document);
	if (handle === null) {
		// A missing file is a 404 when the row was deleted concurrently, and otherwise a lost file.
		await getDocument(context, input);
		throw contentLost(context, document, "there is no file");
	}
	const { size } = await handle.stat();
	if (size !== document.size_bytes) {
		await handle.close();
		throw contentLost(context, document, `the file has ${size} bytes instead of ${document.size_bytes}`);
	}
	return { stream: handle.createReadStream(), headers: getHeaders(document) };
}

async function openContent(context: DocumentsContext, document: Document): Promise<FileHandle | null> {
	try {
		return await open(documentPath(context.uploads_dir, document.tenant_id, document.id), "r");
	} catch (error) {
		if (isMissing(error)) return null;
		throw error;
	}
}

function contentLost(context: DocumentsContext, document: Document, reason: string): ApiError {
	context.log.error({ document_id: document.id, tenant_id: document.tenant_id, request_id: context.request_id, reason }, "document_content_lost");
	return new ApiError("internal_error", "The content of this document cannot be read. Send the request id to the operator.");
}

function getHeaders(document: Document): Record<string, string> {
	return {
		"content-type": document.content_type,
		"content-length": String(document.size_bytes),
		"content-disposition": formatAttachment(document.filename ?? (document.kind === "text" ? `${document.id}.txt` : document.id)),
		"content-security-policy": "sandbox; default-src 'none'",
		"x-content-type-options": "nosniff",
		etag: `"${document.sha256}"`,
	};
}
