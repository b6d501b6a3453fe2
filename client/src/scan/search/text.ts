import type { ImportedFormat } from "./formats.ts";
import { type Identity, identifyKey, identifyServiceCredential, SERVICE_PREFIX } from "./raw-key.ts";
import { AFTER_CHARACTERS_MAX, BEFORE_CHARACTERS_MAX, eachMarker, isBase62, readBefore, readBody, readRun } from "./spelling.ts";

const LAST_CHARACTERS = 4;
/** A public id and a part of a secret that is of no use; shorter runs are ordinary words. */
const RESEMBLANCE_CHARACTERS_MAX = 20;
/** How far a key reaches from its marker at most, in characters of its text. */
export const REACH_BEFORE = BEFORE_CHARACTERS_MAX;
export const REACH_AFTER = AFTER_CHARACTERS_MAX + BEFORE_CHARACTERS_MAX;

/** A key in a text: `start` and `end` are indexes of the text, with everything between that belongs to its spelling. */
export interface Occurrence extends Identity {
	readonly start: number;
	readonly end: number;
}

/** Calls `found` for each key in `text`. The same key may be passed twice. */
export function searchText(text: string, formats: readonly ImportedFormat[], found: (occurrence: Occurrence) => void): void {
	eachMarker(text, ({ environment, index, end }) => {
		const rest = readBody(text, end);
		if (rest === null) return;
		const before = readBefore(text, index);
		const identity = identifyKey(before.text, environment, rest.body);
		if (identity === null) return;
		const brand_at = before.text.length - identity.format.length;
		found({ ...identity, start: before.starts[brand_at] ?? index, end: rest.end });
	});
	for (let at = text.indexOf(SERVICE_PREFIX); at !== -1; at = text.indexOf(SERVICE_PREFIX, at + 1)) {
		const rest = readBody(text, at + SERVICE_PREFIX.length);
		const identity = rest && identifyServiceCredential(rest.body);
		if (rest && identity) found({ ...identity, start: at, end: rest.end });
	}
	for (const format of formats) searchPattern(text, format, found);
}

/** Keys without a checksum: the prefix, a plain body of the right length, and no more characters of the alphabet around it. */
function searchPattern(text: string, format: ImportedFormat, found: (occurrence: Occurrence) => void): void {
	const { prefix, length_min, length_max, table, name } = format;
	const begins_in_word = isBase62(prefix.charCodeAt(0));
	for (let at = text.indexOf(prefix); at !== -1; at = text.indexOf(prefix, at + 1)) {
		if (begins_in_word && at > 0 && isBase62(text.charCodeAt(at - 1))) continue;
		const from = at + prefix.length;
		let end = from;
		while (end - from <= length_max && table[text.charCodeAt(end)] === 1) end += 1;
		const length = end - from;
		if (length < length_min || length > length_max) continue;
		found({
			...({ kind: "imported_key", kid: null, environment: null, format: name, matched_by: "pattern" } as const),
			...{ last4: text.slice(end - LAST_CHARACTERS, end), start: at, end },
		});
	}
}

/** `text` with each key in it shortened to what may be shown; what only resembles one, since something stands directly after it, is left out. */
export function maskKeys(text: string, formats: readonly ImportedFormat[]): string {
	const hidden: { start: number; end: number; shown: string }[] = [];
	searchText(text, formats, ({ start, end, format, kind, kid, last4 }) =>
		hidden.push({ start, end, shown: `[${kind === "imported_key" ? format : kid}…${last4}]` }),
	);
	eachResemblance(text, formats, (start, end) => hidden.push({ start, end, shown: "[…]" }));
	let masked = "";
	let at = 0;
	for (const { start, end, shown } of hidden.sort((a, b) => a.start - b.start || b.shown.length - a.shown.length)) {
		if (end <= at) continue;
		// The rest of one that overlaps the one before may be of a key, too.
		masked += start < at ? "[…]" : text.slice(at, start) + shown;
		at = end;
	}
	return masked + text.slice(at);
}

/** What follows the beginning of a key, if it is longer than its public id, whatever the checksum. */
function eachResemblance(text: string, formats: readonly ImportedFormat[], hide: (start: number, end: number) => void): void {
	const hideRun = (from: number): void => {
		const { count, end } = readRun(text, from);
		if (count > RESEMBLANCE_CHARACTERS_MAX) hide(from, end);
	};
	eachMarker(text, ({ end }) => hideRun(end));
	for (let at = text.indexOf(SERVICE_PREFIX); at !== -1; at = text.indexOf(SERVICE_PREFIX, at + 1)) hideRun(at + SERVICE_PREFIX.length);
	for (const { prefix, length_min, table } of formats)
		for (let at = text.indexOf(prefix); at !== -1; at = text.indexOf(prefix, at + 1)) {
			const from = at + prefix.length;
			let end = from;
			while (table[text.charCodeAt(end)] === 1) end += 1;
			if (end - from >= length_min) hide(from, end);
		}
}
