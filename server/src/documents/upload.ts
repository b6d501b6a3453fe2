import { ApiError } from "../core/error.ts";
import type { Upload } from "../http/route.ts";
import type { DocumentsContext } from "./context.ts";
import { createDocument, type Take } from "./create.ts";
import { CATEGORY_CHARACTERS_MAX, type Description, type Document, parseLine, TITLE_CHARACTERS_MAX } from "./document.ts";
import { FORM_OVERHEAD_BYTES_MAX, parseBoundary } from "./form/form.ts";
import { type Form, FormReader } from "./form/reader.ts";

/**
 * Stores the file of a `multipart/form-data` body as a document while it is received, in constant memory. 400, 413, 415 for an invalid
 * form; 409 `conflict` when the plan is full; 507 when the disk is. A failed upload leaves nothing.
 */
export async function uploadDocument(context: DocumentsContext, input: { site_id: string; upload: Upload }): Promise<Document> {
	const { site_id, upload } = input;
	const boundary = parseBoundary(upload.content_type);
	return createDocument(context, {
		site_id,
		bytes_min: Math.max(0, (upload.content_length ?? 0) - FORM_OVERHEAD_BYTES_MAX),
		receive: async (take) => storable(upload, getDescription(await receiveForm(upload, boundary, take))),
	});
}

function getDescription(form: Form): Description {
	return {
		kind: "file",
		title: parseLine(form.fields.get("title") ?? "", "title", TITLE_CHARACTERS_MAX),
		category: parseLine(form.fields.get("category") ?? "", "category", CATEGORY_CHARACTERS_MAX),
		filename: form.filename,
		content_type: form.content_type,
	};
}

/** The metadata of the form, validated as stored text. */
function storable(upload: Upload, description: Description): Description {
	const { title, category, filename } = description;
	for (const [pointer, text] of Object.entries({ "/title": title, "/category": category, "/file": filename }))
		if (text !== null) upload.assertStorable(pointer, text);
	return description;
}

async function receiveForm(upload: Upload, boundary: string, take: Take): Promise<Form> {
	const reader = new FormReader(boundary, take);
	try {
		for await (const chunk of upload.body) await reader.write(chunk);
		return await reader.end();
	} catch (error) {
		throw isCutOff(error) ? new ApiError("invalid_request", "The connection ended before the body did. Send it again.") : error;
	} finally {
		await reader.abandon();
	}
}

function isCutOff(error: unknown): boolean {
	return error instanceof Error && "code" in error && (error.code === "ECONNRESET" || error.code === "ERR_STREAM_PREMATURE_CLOSE");
}
