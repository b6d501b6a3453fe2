import { ApiError } from "../../core/error.ts";

export const FILENAME_BYTES_MAX = 255;

/** Control characters, line separators, unpaired surrogates, and bidirectional marks that disguise a name ("exe.fdp" for "pdf.exe"). */
const NEVER_IN_FILENAMES = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

function refused(detail: string): ApiError {
	return new ApiError("invalid_request", `The file's name is not valid: it ${detail}.`, { errors: [{ pointer: "/file", detail }] });
}

/**
 * The name under which a file is listed and downloaded: the part after the last `/` or `\`, or null when that is empty. It is never used as
 * a path on the server. 400 for control characters and for more than 255 bytes.
 */
export function parseFilename(sent: string): string | null {
	if (NEVER_IN_FILENAMES.test(sent)) throw refused("must not contain control characters");
	const name = sent.slice(Math.max(sent.lastIndexOf("/"), sent.lastIndexOf("\\")) + 1).trim();
	if (name === "" || name === "." || name === "..") return null;
	if (Buffer.byteLength(name) > FILENAME_BYTES_MAX) throw refused(`must have at most ${FILENAME_BYTES_MAX} bytes`);
	return name;
}

const OUTSIDE_FALLBACK = /[^\x20-\x7e]|["\\%]/gu;
const OUTSIDE_ATTR_CHAR = /[*'()]/g;

/** `Content-Disposition` of a download (RFC 6266): an ASCII fallback, and the exact name in UTF-8 (RFC 8187) where it differs. */
export function formatAttachment(filename: string): string {
	const fallback = filename.replace(OUTSIDE_FALLBACK, "_");
	if (fallback === filename) return `attachment; filename="${filename}"`;
	const encoded = encodeURIComponent(filename).replace(OUTSIDE_ATTR_CHAR, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
	return `attachment; filename="${fallback}"; filename*=UTF-8''${encoded}`;
}
