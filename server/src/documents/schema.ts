import Type from "typebox";
import { pageQuery } from "../http/input/cursor.ts";
import { CATEGORY_CHARACTERS_MAX, TEXT_BYTES_MAX, TITLE_CHARACTERS_MAX } from "./document.ts";

const Kind = Type.Enum(["file", "text"]);
const TextOrNull = Type.Union([Type.String(), Type.Null()]);

export const DocumentSchema = Type.Object({
	id: Type.String(),
	tenant_id: Type.String(),
	site_id: Type.String(),
	kind: Kind,
	title: TextOrNull,
	category: TextOrNull,
	filename: TextOrNull,
	content_type: Type.String(),
	size_bytes: Type.Integer(),
	sha256: Type.String({ description: "SHA-256 of the content, in hexadecimal" }),
	created_at: Type.String({ format: "date-time" }),
	created_by_key_id: Type.String(),
});

export const DocumentsQuery = Type.Object(
	{
		...pageQuery,
		category: Type.Optional(Type.String({ minLength: 1, maxLength: CATEGORY_CHARACTERS_MAX })),
		kind: Type.Optional(Kind),
	},
	{ additionalProperties: false },
);

export const TextSchema = Type.Object(
	{
		title: Type.String({ minLength: 1, maxLength: TITLE_CHARACTERS_MAX, pattern: "\\S", description: "One line" }),
		content: Type.String({ contentMediaType: "text/plain", description: `At most ${TEXT_BYTES_MAX} bytes in UTF-8` }),
		category: Type.Optional(Type.Union([Type.String({ maxLength: CATEGORY_CHARACTERS_MAX, description: "One line" }), Type.Null()])),
	},
	{ additionalProperties: false },
);
