import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/read.ts";
import { type Document, documentNotFound } from "./document.ts";
import { readDocument } from "./store.ts";

/** One document of a site; 404 `not_found` when there is none with this id. */
export async function getDocument(context: DatabaseContext, input: { site_id: string; document_id: string }): Promise<Document> {
	const document = await read(context, (tx) => readDocument(tx, { ...input, tenant_id: context.scope }));
	if (!document) throw documentNotFound();
	return document;
}
