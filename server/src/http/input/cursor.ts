import Type, { type TSchema } from "typebox";
import { ApiError } from "../../core/error.ts";

const PAGE_LIMIT_DEFAULT = 50;
const PAGE_LIMIT_MAX = 200;
/** Enough for a name of 200 four-byte characters, and an id. */
const CURSOR_CHARACTERS_MAX = 2_048;

/** The query parameters of every list; spread into the properties of a query schema. */
export const pageQuery = {
	limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_LIMIT_MAX, default: PAGE_LIMIT_DEFAULT })),
	cursor: Type.Optional(Type.String({ maxLength: CURSOR_CHARACTERS_MAX, description: "`next_cursor` of the previous page" })),
};

/** The page that a caller requests. */
export interface PageRequest {
	readonly limit?: number;
	readonly cursor?: string;
}

export interface Page<T> {
	readonly data: T[];
	/** Null on the last page. */
	readonly next_cursor: string | null;
}

/** The schema of one page of `item`. */
export function pageSchema<S extends TSchema>(item: S) {
	return Type.Object({ data: Type.Array(item), next_cursor: Type.Union([Type.String(), Type.Null()]) });
}

/** The rows that a store reads: those after the row with the sort values `after`, one more than the page has. */
export interface Window {
	readonly after: readonly string[] | null;
	readonly rows_max: number;
}

export function malformedCursor(): ApiError {
	return new ApiError("invalid_request", "The cursor is not valid for this list. Start again without it.", {
		errors: [{ pointer: "/query/cursor", detail: "must be the `next_cursor` of the previous page" }],
	});
}

function isTexts(value: unknown, length: number): value is string[] {
	return Array.isArray(value) && value.length === length && value.every((part) => typeof part === "string" && !part.includes("\0"));
}

function decode(cursor: string, sort_values: number): readonly string[] {
	if (!/^[A-Za-z0-9_-]+$/.test(cursor)) throw malformedCursor();
	let parsed: unknown;
	try {
		parsed = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
	} catch {
		throw malformedCursor();
	}
	if (!isTexts(parsed, sort_values)) throw malformedCursor();
	return parsed;
}

/** The window of a list that is sorted by one text, such as an id. 400 for a malformed cursor. */
export function windowByText(request: PageRequest): Window {
	return { after: request.cursor === undefined ? null : decode(request.cursor, 1), rows_max: (request.limit ?? PAGE_LIMIT_DEFAULT) + 1 };
}

/** Whether the text is an existing time in the format of `toISOString`: JavaScript would turn 30 February into a day of March. */
export function isTime(text: string): boolean {
	const time = new Date(text);
	return /^(?!0000)\d{4}-/.test(text) && !Number.isNaN(time.getTime()) && time.toISOString() === text;
}

/** The window of a list that is sorted by a time in milliseconds and an id. 400 for a malformed cursor. */
export function windowByTime(request: PageRequest): Window {
	const after = request.cursor === undefined ? null : decode(request.cursor, 2);
	if (after && !isTime(after[0] ?? "")) throw malformedCursor();
	return { after, rows_max: (request.limit ?? PAGE_LIMIT_DEFAULT) + 1 };
}

/** The window of a list whose cursor holds `sort_values` texts that satisfy `isRight`. 400 for a malformed cursor. */
export function windowByTexts(request: PageRequest, sort_values: number, isRight: (texts: readonly string[]) => boolean): Window {
	const after = request.cursor === undefined ? null : decode(request.cursor, sort_values);
	if (after && !isRight(after)) throw malformedCursor();
	return { after, rows_max: (request.limit ?? PAGE_LIMIT_DEFAULT) + 1 };
}

/** Builds the page from the rows that the store read for `window`. `sortValuesOf` returns a row's sort values. */
export function toPage<T>(rows: readonly T[], window: Window, sortValuesOf: (row: T) => readonly string[]): Page<T> {
	const data = rows.slice(0, window.rows_max - 1);
	const last = data.at(-1);
	const more = rows.length === window.rows_max && last !== undefined;
	return { data, next_cursor: more ? Buffer.from(JSON.stringify(sortValuesOf(last)), "utf8").toString("base64url") : null };
}
