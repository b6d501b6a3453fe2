import { ApiError } from "../../core/error.ts";

/** The supported character sets of text fields. */
export type Charset = "utf-8" | "us-ascii" | "iso-8859-1" | "windows-1252";

const CHARSETS: ReadonlyMap<string, Charset> = new Map([
	...["utf-8", "utf8"].map((name): [string, Charset] => [name, "utf-8"]),
	...["us-ascii", "ascii"].map((name): [string, Charset] => [name, "us-ascii"]),
	...["iso-8859-1", "iso8859-1", "latin1"].map((name): [string, Charset] => [name, "iso-8859-1"]),
	...["windows-1252", "cp1252"].map((name): [string, Charset] => [name, "windows-1252"]),
]);
const ASCII_BYTE_MAX = 0x7f;
/** Windows-1252 differs from ISO-8859-1 in 0x80 to 0x9f; five of these bytes are unassigned. */
const WINDOWS_FROM = 0x80;
const WINDOWS = "€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The character set of a label, ignoring case; null for an unsupported one. Without a label: UTF-8. */
export function findCharset(label: string | undefined): Charset | null {
	return label === undefined ? "utf-8" : (CHARSETS.get(label.toLowerCase()) ?? null);
}

/** Decodes `bytes`. Throws 400 for bytes that are invalid in `charset`. */
export function decodeText(bytes: Uint8Array, charset: Charset): string {
	switch (charset) {
		case "utf-8":
			return decodeUtf8(bytes);
		case "us-ascii":
			if (bytes.some((byte) => byte > ASCII_BYTE_MAX)) throw unfit("US-ASCII");
			return Buffer.from(bytes).toString("latin1");
		case "iso-8859-1":
			return Buffer.from(bytes).toString("latin1");
		case "windows-1252":
			return Buffer.from(bytes)
				.toString("latin1")
				.replace(/[\x80-\x9f]/g, (character) => windowsCharacter(character.charCodeAt(0)));
	}
}

function windowsCharacter(byte: number): string {
	const character = WINDOWS.charAt(byte - WINDOWS_FROM);
	if (character === "\0") throw unfit("windows-1252");
	return character;
}

export function decodeUtf8(bytes: Uint8Array): string {
	try {
		return utf8.decode(bytes);
	} catch {
		throw unfit("UTF-8");
	}
}

function unfit(name: string): ApiError {
	return new ApiError(
		"invalid_request",
		`The form contains text that is not valid ${name}. Send it in UTF-8; a text field may declare another charset.`,
	);
}
