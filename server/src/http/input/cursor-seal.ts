import { timingSafeEqual } from "node:crypto";
import { computeMac, deriveKey, type Pepper, type Peppers } from "../../core/pepper.ts";
import type { Route } from "../route.ts";
import { malformedCursor } from "./cursor.ts";

const MAC_BYTES = 16;
const MAC_CHARACTERS = 22;
/** Query parameters that differ between the pages of one list. */
const OF_PAGES = new Set(["cursor", "limit"]);

/**
 * Authenticates the cursors of lists, so that a store reads only positions that the same list issued: with the same path, filters and
 * order. The first key seals cursors; every key opens them.
 */
export class CursorSeal {
	readonly #keys: readonly [Buffer, ...Buffer[]];

	constructor(keys: readonly [Buffer, ...Buffer[]]) {
		this.#keys = keys;
	}

	seal(list: string, cursor: string): string {
		return macOfCursor(this.#keys[0], list, cursor).toString("base64url") + cursor;
	}

	/** Opens a cursor that was sealed for `list`. Throws 400 for any other text. */
	open(list: string, sealed: string): string {
		const mac = Buffer.from(sealed.slice(0, MAC_CHARACTERS), "base64url");
		const cursor = sealed.slice(MAC_CHARACTERS);
		if (mac.length !== MAC_BYTES || !this.#keys.some((key) => timingSafeEqual(macOfCursor(key, list, cursor), mac))) throw malformedCursor();
		return cursor;
	}
}

/** Cursors that every node with these peppers accepts, also during a replacement of the pepper. */
export function cursorSealFrom(peppers: Peppers): CursorSeal {
	const getKey = (pepper: Pepper) => deriveKey(pepper, "cursors of lists");
	const others = [...peppers.byId.values()].filter(({ id }) => id !== peppers.current.id);
	return new CursorSeal([getKey(peppers.current), ...others.map(getKey)]);
}

function macOfCursor(key: Buffer, list: string, cursor: string): Buffer {
	return computeMac(key, "cursor", [list, cursor]).subarray(0, MAC_BYTES);
}

/** Wraps the action of a route with a cursor: opens the cursor of the query and seals that of the response. */
export function runWithCursors<C>(route: Route<C>, seal: CursorSeal): Route<C>["run"] {
	if (!Object.hasOwn(route.query?.properties ?? {}, "cursor")) return route.run;
	return async (context, input) => {
		const list = getListName(route, input);
		const page = asPage(await route.run(context, typeof input.cursor === "string" ? { ...input, cursor: seal.open(list, input.cursor) } : input));
		return page.next_cursor === null ? page : { ...page, next_cursor: seal.seal(list, page.next_cursor) };
	};
}

/** Guarantee: every route with a `cursor` in its query returns a `Page`. */
function asPage(result: unknown): { readonly next_cursor: string | null } {
	return result as { readonly next_cursor: string | null };
}

/** Identifies the requested list: its path, parameters, filters and order. */
function getListName(route: Route<never>, input: Readonly<Record<string, unknown>>): string {
	const fixed = Object.entries(input).filter(([name]) => !OF_PAGES.has(name));
	return JSON.stringify([route.path, ...fixed.sort(([a], [b]) => (a < b ? -1 : 1))]);
}
