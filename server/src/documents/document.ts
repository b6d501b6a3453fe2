import { ApiError } from "../core/error.ts";

export const TITLE_CHARACTERS_MAX = 200;
export const CATEGORY_CHARACTERS_MAX = 100;
/** Largest text document, in bytes of UTF-8; a plan may allow less. */
export const TEXT_BYTES_MAX = 1_048_576;
export const TEXT_CONTENT_TYPE = "text/plain; charset=utf-8";

export type DocumentKind = "file" | "text";

/** A document as the API returns it; its content is a file outside the database. */
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

/** The metadata of a document that the client sends. */
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

/** What an audit entry about the document is about, by the name that people gave it. */
export function toAuditTarget({ id, title, filename }: Document) {
	const name = title ?? filename;
	return { kind: "document", id, ...(name === null ? {} : { name }) };
}

const OUTSIDE_ONE_LINE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Trims a single-line text; null for a blank one. 400 when it is too long or has control characters; `name` is the name of the field. */
export function parseLine(text: string, name: string, characters_max: number): string | null {
	const line = text.trim();
	if (line === "") return null;
	if (OUTSIDE_ONE_LINE.test(line)) throw invalidLine(name, "must be one line without control characters");
	if ([...line].length > characters_max) throw invalidLine(name, `must have at most ${characters_max} characters`);
	return line;
}

function invalidLine(name: string, detail: string): ApiError {
	return new ApiError("invalid_request", `The document's ${name} is not valid: it ${detail}.`, { errors: [{ pointer: `/${name}`, detail }] });
}

/** The same for an unknown document and for one of another tenant or site, so that it does not reveal which exist. */
export function documentNotFound(): ApiError {
	return new ApiError("not_found", "There is no document with this id at this site.");
}
