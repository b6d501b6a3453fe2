import { win32 } from "node:path";

/**
 * A path as the system has it. Names of POSIX are bytes, and need not be valid UTF-8: there, each character of a `RawPath` is one byte, so that every file can be
 * opened. Windows has names in UTF-16.
 */
export type RawPath = string & { readonly __raw: never };

const IS_WINDOWS = process.platform === "win32";
export const NAME_ENCODING = IS_WINDOWS ? "utf8" : "latin1";
/** Characters that control a terminal, change the direction of text or are invisible. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Guarantee: the text is an argument of the command, or was read from the system in `NAME_ENCODING`. */
function asRaw(text: string): RawPath {
	return text as RawPath;
}

export function rawFromText(text: string): RawPath {
	return asRaw(IS_WINDOWS ? text : Buffer.from(text, "utf8").toString("latin1"));
}

export function rawFromBytes(bytes: Buffer): RawPath {
	return asRaw(bytes.toString(NAME_ENCODING));
}

export function joinRaw(folder: RawPath, name: string): RawPath {
	if (folder === "" || folder === ".") return asRaw(name);
	return asRaw(folder.endsWith("/") ? folder + name : `${folder}/${name}`);
}

/** What functions of `node:fs` take. */
export function toSystemPath(path: RawPath): string | Buffer {
	return IS_WINDOWS ? path : Buffer.from(path, "latin1");
}

/** The path as text: valid UTF-8 decoded, other bytes as `\xHH`. */
export function toText(path: RawPath): string {
	if (IS_WINDOWS) return path.replaceAll(win32.sep, "/");
	const bytes = Buffer.from(path, "latin1");
	try {
		return decoder.decode(bytes);
	} catch {
		return path.replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
	}
}

/** `text` with characters that a terminal would interpret written as `\u{…}`. */
export function escapeControls(text: string): string {
	return text.replace(CONTROL, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
