/** One line without invisible characters; each literal function escapes the rest. */
export function plain(text: string): string {
	const line = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
	return line === "" ? "The API" : line;
}

/** A JSON string literal for JavaScript, C# and Java. Java decodes `\uXXXX` before it parses literals, so none may follow an odd backslash. */
export function quoted(text: string): string {
	return JSON.stringify(text).replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The same for Go and Python, which need one escape for each code point instead of surrogate pairs. */
export function quotedWhole(text: string): string {
	const parts = [...JSON.stringify(text)].map((character) => {
		const point = character.codePointAt(0) ?? 0;
		if (point >= 0x20 && point <= 0x7e) return character;
		return point > 0xffff ? `\\U${point.toString(16).padStart(8, "0")}` : `\\u${point.toString(16).padStart(4, "0")}`;
	});
	return parts.join("");
}

/** A POSIX shell literal. */
export function shellQuoted(text: string): string {
	return `'${text.replaceAll("'", `'\\''`)}'`;
}

export function phpQuoted(text: string): string {
	return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
