import { timingSafeEqual } from "node:crypto";
import { deriveKey, macOf, type Pepper, type Peppers } from "../../core/pepper.ts";
import type { Route } from "../route.ts";
import { malformedCursor } from "./cursor.ts";

const MAC_BYTES = 16;
const MAC_CHARACTERS = 22;
/** Differ between the pages of one list. */
const OF_PAGES = new Set(["cursor", "limit"]);

/**
 * Authenticates the cursors of lists, so that a store reads only positions that the same list gave: of the same path, with the same filters and order.
 * The first key makes cursors, any of them opens one.
 */
export class CursorSeal {
	readonly #keys: readonly [Buffer, ...Buffer[]];

	constructor(keys: readonly [Buffer, ...Buffer[]]) {
		this.#keys = keys;
	}

	seal(list: string, cursor: string): string {
		return macOfCursor(this.#keys[0], list, cursor).toString("base64url") + cursor;
	}

	/** The cursor that was sealed for `list`. Throws 400 for every other text. */
	open(list: string, sealed: string): string {
		const mac = Buffer.from(sealed.slice(0, MAC_CHARACTERS), "base64url");
		const cursor = sealed.slice(MAC_CHARACTERS);
		if (mac.length !== MAC_BYTES || !this.#keys.some((key) => timingSafeEqual(macOfCursor(key, list, cursor), mac))) throw malformedCursor();
		return cursor;
	}
}

/** Cursors that every node on these peppers opens, also while the pepper is being replaced. */
export function cursorSealFrom(peppers: Peppers): CursorSeal {
	const keyOf = (pepper: Pepper) => deriveKey(pepper, "cursors of lists");
	const others = [...peppers.byId.values()].filter(({ id }) => id !== peppers.current.id);
	return new CursorSeal([keyOf(peppers.current), ...others.map(keyOf)]);
}

function macOfCursor(key: Buffer, list: string, cursor: string): Buffer {
	return macOf(key, "cursor", [list, cursor]).subarray(0, MAC_BYTES);
}

/** The action of a route: where it is a list that pages by cursor, its cursors are opened on the way in and sealed on the way out. */
export function runWithCursors<C>(row: Route<C>, seal: CursorSeal): Route<C>["run"] {
	if (!Object.hasOwn(row.query?.properties ?? {}, "cursor")) return row.run;
	return async (context, input) => {
		const list = listOf(row, input);
		const page = asPage(await row.run(context, typeof input.cursor === "string" ? { ...input, cursor: seal.open(list, input.cursor) } : input));
		return page.next_cursor === null ? page : { ...page, next_cursor: seal.seal(list, page.next_cursor) };
	};
}

/** Guarantee: every route with a `cursor` in its query answers `pageOf` its items. */
function asPage(result: unknown): { readonly next_cursor: string | null } {
	return result as { readonly next_cursor: string | null };
}

/** Names the list that validated input asks for: its path, parameters, filters and order. */
function listOf(row: Route<never>, input: Readonly<Record<string, unknown>>): string {
	const fixed = Object.entries(input).filter(([name]) => !OF_PAGES.has(name));
	return JSON.stringify([row.path, ...fixed.sort(([a], [b]) => (a < b ? -1 : 1))]);
}
