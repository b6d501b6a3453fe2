/** On one line, without what is not seen; what a literal makes of the rest is its own affair. */
export function plain(text: string): string {
	const line = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
	return line === "" ? "The API" : line;
}

/** A literal in double quotes of JSON, which JavaScript, Python, Go, C# and Java read alike: everything outside of plain ASCII is `\uXXXX`. */
export function quoted(text: string): string {
	return JSON.stringify(text).replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Java reads `\u` escapes before literals, so a code unit is written once and never behind an odd backslash. Go and Python want whole characters. */
export function quotedWhole(text: string): string {
	const parts = [...JSON.stringify(text)].map((character) => {
		const point = character.codePointAt(0) ?? 0;
		if (point >= 0x20 && point <= 0x7e) return character;
		return point > 0xffff ? `\\U${point.toString(16).padStart(8, "0")}` : `\\u${point.toString(16).padStart(4, "0")}`;
	});
	return parts.join("");
}

/** A literal of the POSIX shell. */
export function shellQuoted(text: string): string {
	return `'${text.replaceAll("'", `'\\''`)}'`;
}

export function phpQuoted(text: string): string {
	return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
