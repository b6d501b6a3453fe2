import { unlink } from "node:fs/promises";
import { change } from "../audit/change.ts";
import type { DocumentsContext } from "./context.ts";
import { documentNotFound, toAuditTarget } from "./document.ts";
import { documentPath, isMissing } from "./places.ts";
import { deleteDocumentRow, takeFromCounts } from "./store.ts";

/** Deletes a document: first its row, then its file. If the process ends in between, the sweep removes the file. 404 `not_found`. */
export async function deleteDocument(context: DocumentsContext, input: { site_id: string; document_id: string }): Promise<void> {
	const { site_id, document_id } = input;
	await change(context, async (tx) => {
		await context.recheck(tx);
		const document = await deleteDocumentRow(tx, { tenant_id: context.scope, site_id, document_id });
		if (!document) throw documentNotFound();
		const { size_bytes, sha256 } = document;
		await takeFromCounts(tx, context.scope, { documents: 1, storage_bytes: size_bytes });
		return {
			result: undefined,
			audit: [{ action: "document.deleted", target: toAuditTarget(document), details: { site_id, size_bytes, sha256 } }],
		};
	});
	try {
		await unlink(documentPath(context.uploads_dir, context.scope, document_id));
	} catch (error) {
		if (!isMissing(error)) context.log.warn({ err: error, document_id }, "document_file_not_removed");
	}
}
