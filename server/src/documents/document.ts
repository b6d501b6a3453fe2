import { ApiError } from "../core/error.ts";

export const TITLE_CHARACTERS_MAX = 200;
export const CATEGORY_CHARACTERS_MAX = 100;
/** Largest text document, in bytes of UTF-8; a plan may allow less. */
export const TEXT_BYTES_MAX = 1_048_576;
export const TEXT_CONTENT_TYPE = "text/plain; charset=utf-8";

export type DocumentKind = "file" | "text";

/** A document as the outside sees it; its content is in a file beside the database. */
export interface Document {
	readonly id: string;
	readonly tenant_id: string;
	readonly site_id: string;
	readonly kind: DocumentKind;
	readonly title: string | null;
	readonly category: string | null;
	readonly filename: string | null;
	readonly content_type: string;
	readonly size_bytes: number;
	/** SHA-256 of the content, in hexadecimal. */
	readonly sha256: string;
	readonly created_at: string;
	readonly created_by_key_id: string;
}

/** What is said of a document beside its bytes. */
export interface Description {
	readonly kind: DocumentKind;
	readonly title: string | null;
	readonly category: string | null;
	readonly filename: string | null;
	readonly content_type: string;
}

export type DocumentRow = Omit<Document, "kind" | "created_at"> & { kind: string; created_at: Date };

/** Guarantee: the column `kind` has a check constraint with exactly these values. */
function asKind(kind: string): DocumentKind {
	return kind as DocumentKind;
}

export function documentFromRow(row: DocumentRow): Document {
	return { ...row, kind: asKind(row.kind), created_at: row.created_at.toISOString() };
}

const OUTSIDE_ONE_LINE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/** A text of one line as it is kept, or null for a blank one. 400 when it is too long or holds control characters; `name` is the field's. */
export function lineOf(text: string, name: string, characters_max: number): string | null {
	const line = text.trim();
	if (line === "") return null;
	if (OUTSIDE_ONE_LINE.test(line)) throw refusedLine(name, "must be one line without control characters");
	if ([...line].length > characters_max) throw refusedLine(name, `must have at most ${characters_max} characters`);
	return line;
}

function refusedLine(name: string, detail: string): ApiError {
	return new ApiError("invalid_request", `The document's ${name} is not valid: it ${detail}.`, { errors: [{ pointer: `/${name}`, detail }] });
}

/** The same for a document that is unknown, another tenant's, or at another site. */
export function documentNotFound(): ApiError {
	return new ApiError("not_found", "There is no document with this id at this site.");
}
