/** A raw key: of its text only the `kid` is public, so that a key pasted by mistake stays out of the address and of logs. */
const RAW_KEY = /_(?:prod|staging|dev)_([0-9A-Za-z]{12})[0-9A-Za-z]{38}/;
/** A key as lists show it: `kw_prod_…a1B2`. */
const SHOWN_KEY = /^[\w-]*(?:…|\.\.\.)([0-9A-Za-z]{4})$/;

/** What to search for: the typed text, or what identifies the key in it. Null for nothing. */
export function searchFrom(typed: string): string | null {
	const text = typed.trim();
	const found = RAW_KEY.exec(text)?.[1] ?? SHOWN_KEY.exec(text)?.[1] ?? text;
	return found === "" ? null : found;
}
