/** What stands behind the `?` of an address: names and texts, nothing else. A tenant may be called `42` or `true`, and stays text. */
export function parseSearch(search: string): Record<string, string> {
	return Object.fromEntries(new URLSearchParams(search));
}

export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
	const given = Object.entries(search).flatMap(([name, value]) => (value === undefined || value === null ? [] : [[name, String(value)]]));
	const text = new URLSearchParams(given).toString();
	return text === "" ? "" : `?${text}`;
}
