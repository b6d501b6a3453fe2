/** Search parameters as plain texts. A tenant may be called `42` or `true`, so values are never parsed as JSON. */
export function parseSearch(search: string): Record<string, string> {
	return Object.fromEntries(new URLSearchParams(search));
}

export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
	const given = Object.entries(search).flatMap(([name, value]) => (value === undefined || value === null ? [] : [[name, String(value)]]));
	const text = new URLSearchParams(given).toString();
	return text === "" ? "" : `?${text}`;
}

/** A search parameter that is either absent or true. */
export function isSet(value: unknown): boolean {
	return value === true || value === "true";
}
