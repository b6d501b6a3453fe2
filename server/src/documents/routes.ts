import { pageSchema } from "../http/input/cursor.ts";
import { type Route, route, uploadRoute } from "../http/route.ts";
import type { DocumentsContext } from "./context.ts";
import { createTextDocument } from "./create-text.ts";
import { TEXT_BYTES_MAX } from "./document.ts";
import { getDocument, getDocumentContent, listDocuments } from "./read.ts";
import { deleteDocument } from "./remove.ts";
import { DocumentSchema, DocumentsQuery, TextSchema } from "./schema.ts";
import { uploadDocument } from "./upload.ts";

/** JSON may escape a two-byte character as six bytes, as Python does by default for all non-ASCII text. */
const TEXT_BODY_BYTES_MAX = 3 * TEXT_BYTES_MAX + 65_536;

export const keyedDocumentRoutes: readonly Route<DocumentsContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/m2m/sites/:site_id/documents",
		access: "key",
		permission: "documents:read",
		summary: "List a site's documents, the newest first",
		status: 200,
		query: DocumentsQuery,
		output: pageSchema(DocumentSchema),
		run: listDocuments,
	}),
	uploadRoute({
		method: "POST",
		path: "/api/v1/m2m/sites/:site_id/documents",
		access: "key",
		permission: "documents:write",
		summary: "Upload a file as multipart/form-data: one `file`, and optionally `title` and `category`",
		status: 201,
		output: DocumentSchema,
		run: uploadDocument,
	}),
	route({
		method: "POST",
		path: "/api/v1/m2m/sites/:site_id/documents/text",
		access: "key",
		permission: "documents:write",
		summary: "Store a text as a document",
		status: 201,
		body_bytes_max: TEXT_BODY_BYTES_MAX,
		body: TextSchema,
		output: DocumentSchema,
		run: createTextDocument,
	}),
	route({
		method: "GET",
		path: "/api/v1/m2m/sites/:site_id/documents/:document_id",
		access: "key",
		permission: "documents:read",
		summary: "Read a document's metadata",
		status: 200,
		output: DocumentSchema,
		run: getDocument,
	}),
	route({
		method: "GET",
		path: "/api/v1/m2m/sites/:site_id/documents/:document_id/content",
		access: "key",
		permission: "documents:read",
		summary: "Download a document's content, byte for byte",
		status: 200,
		output: "stream",
		run: getDocumentContent,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/m2m/sites/:site_id/documents/:document_id",
		access: "key",
		permission: "documents:write",
		summary: "Delete a document",
		status: 204,
		output: "none",
		run: deleteDocument,
	}),
];
