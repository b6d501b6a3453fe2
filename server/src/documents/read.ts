import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/read.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../http/input/cursor.ts";
import { type Document, documentNotFound } from "./document.ts";
import { type DocumentFilter, readDocument, readDocuments } from "./store.ts";

/** One document of a site; 404 `not_found` when there is none with this id. */
export async function getDocument(context: DatabaseContext, input: { site_id: string; document_id: string }): Promise<Document> {
	const document = await read(context, (tx) => readDocument(tx, { ...input, tenant_id: context.scope }));
	if (!document) throw documentNotFound();
	return document;
}

/** One page of a site's documents, the newest first. */
export async function listDocuments(context: DatabaseContext, input: PageRequest & DocumentFilter & { site_id: string }): Promise<Page<Document>> {
	const window = windowByTime(input);
	const site = { tenant_id: context.scope, site_id: input.site_id };
	return toPage(await read(context, (tx) => readDocuments(tx, site, input, window)), window, (document) => [document.created_at, document.id]);
}
