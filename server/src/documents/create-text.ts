import { ApiError } from "../core/error.ts";
import type { DocumentsContext } from "./context.ts";
import { createDocument } from "./create.ts";
import { CATEGORY_CHARACTERS_MAX, type Document, parseLine, TEXT_BYTES_MAX, TEXT_CONTENT_TYPE, TITLE_CHARACTERS_MAX } from "./document.ts";

export interface TextInput {
	readonly title: string;
	readonly content: string;
	readonly category?: string | null;
}

/** Stores a text as a UTF-8 document, which is served like an uploaded file. 400; 413 over 1 MiB or the plan's maximum; 409 `conflict`; 507. */
export async function createTextDocument(context: DocumentsContext, input: TextInput & { site_id: string }): Promise<Document> {
	const content = Buffer.from(input.content, "utf8");
	if (content.length > TEXT_BYTES_MAX)
		throw new ApiError("payload_too_large", `A text may have at most ${TEXT_BYTES_MAX} bytes. Upload it as a file instead.`);
	const title = parseLine(input.title, "title", TITLE_CHARACTERS_MAX);
	const category = parseLine(input.category ?? "", "category", CATEGORY_CHARACTERS_MAX);
	return createDocument(context, {
		site_id: input.site_id,
		bytes_min: content.length,
		receive: async (take) => {
			await take([content]);
			return { kind: "text", title, category, filename: null, content_type: TEXT_CONTENT_TYPE };
		},
	});
}
