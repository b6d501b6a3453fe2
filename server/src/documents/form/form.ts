import { ApiError } from "../../core/error.ts";
import { type Charset, decodeUtf8, findCharset } from "./charset.ts";
import { parseFilename } from "./filename.ts";

/** Limit of everything but the file: boundaries, part headers, fields. Larger forms are rejected while they are read. */
export const FORM_OVERHEAD_BYTES_MAX = 16_384;
const OCTET_STREAM = "application/octet-stream";

const BOUNDARY_CURE =
	"Send the file as multipart/form-data and let your HTTP client set Content-Type with its boundary: do not set this header yourself.";
const PARAMETER = /;[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))[ \t]*/y;
/** RFC 2046, section 5.1.1: 1 to 70 characters, no space at the end. */
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/;
const MEDIA_TYPE = /^[!#$%&'*+.^_`|~0-9a-z-]{1,127}\/[!#$%&'*+.^_`|~0-9a-z-]{1,127}$/;
const AS_IT_IS = new Set(["7bit", "8bit", "binary"]);

/**
 * Parses a header such as `form-data; name="file"` into its value and parameters (names in lower case); null when it is malformed or
 * repeats a parameter.
 */
export function parseParameters(header: string): { value: string; parameters: Map<string, string> } | null {
	const stripped = header.replace(/[;\s]+$/, "");
	const end = stripped.indexOf(";");
	const value = (end === -1 ? stripped : stripped.slice(0, end)).trim().toLowerCase();
	const parameters = new Map<string, string>();
	if (end === -1) return { value, parameters };
	PARAMETER.lastIndex = end;
	while (PARAMETER.lastIndex < stripped.length) {
		const found = PARAMETER.exec(stripped);
		const name = found?.[1]?.toLowerCase();
		if (!found || name === undefined || parameters.has(name)) return null;
		parameters.set(name, found[2] === undefined ? (found[3] ?? "") : found[2].replace(/\\(["\\])/g, "$1"));
	}
	return { value, parameters };
}

/** The boundary of a multipart body. 415 for another content type or a missing boundary. */
export function parseBoundary(content_type: string): string {
	const parsed = parseParameters(content_type);
	const boundary = parsed?.value === "multipart/form-data" ? parsed.parameters.get("boundary") : undefined;
	if (boundary === undefined || !BOUNDARY.test(boundary)) throw new ApiError("unsupported_media_type", BOUNDARY_CURE);
	return boundary;
}

/** The parsed headers of one part. */
export interface PartHeaders {
	readonly name: string;
	readonly filename: string | null;
	readonly content_type: string;
	/** The character set of a text field. */
	readonly charset: Charset;
}

function malformed(detail: string): ApiError {
	return new ApiError("invalid_request", detail);
}

/** RFC 8187 `UTF-8''caf%C3%A9`, which some clients send for `filename*`. */
function decodeExtended(text: string): string {
	const encoded = /^utf-8'[^']*'((?:[!#$&+.^_`|~0-9A-Za-z-]|%[0-9A-Fa-f]{2})*)$/i.exec(text)?.[1];
	try {
		if (encoded !== undefined) return decodeURIComponent(encoded);
	} catch {
		// Percent-encoded bytes that are not UTF-8 are rejected below.
	}
	throw malformed("The form has a file name that cannot be decoded. Send it in UTF-8.");
}

function filenameFrom(parameters: Map<string, string>): string | null {
	const extended = parameters.get("filename*");
	if (extended !== undefined) return parseFilename(decodeExtended(extended));
	const sent = parameters.get("filename");
	// Browsers and most clients encode a quotation mark in a file name as %22.
	return sent === undefined ? null : parseFilename(sent.replaceAll("%22", '"'));
}

/** Parses the headers of a part (RFC 7578), given as raw latin1 values by name. 400 when they do not name a field. */
export function parsePartHeaders(headers: Readonly<Record<string, readonly string[]>>): PartHeaders {
	const text = (name: string): string | undefined => {
		const values = headers[name];
		if (values && values.length > 1) throw malformed("A form part repeats a header. Send each header once.");
		return values?.[0] === undefined ? undefined : decodeUtf8(Buffer.from(values[0], "latin1"));
	};
	const disposition = parseParameters(text("content-disposition") ?? "");
	const name = disposition?.value === "form-data" ? disposition.parameters.get("name") : undefined;
	if (!disposition || name === undefined)
		throw malformed('Each part of the form needs a header such as Content-Disposition: form-data; name="file".');
	if (!AS_IT_IS.has((text("content-transfer-encoding") ?? "binary").trim().toLowerCase())) {
		throw malformed("The form has a part with a Content-Transfer-Encoding. Send the bytes as they are.");
	}
	const type = parseParameters(text("content-type") ?? "");
	const is_file = name === "file";
	const charset = is_file ? "utf-8" : findCharset(type?.parameters.get("charset"));
	if (charset === null) throw malformed("A form field has an unsupported charset. Send fields in UTF-8.");
	return {
		name,
		filename: is_file ? filenameFrom(disposition.parameters) : null,
		content_type: type && MEDIA_TYPE.test(type.value) ? type.value : OCTET_STREAM,
		charset,
	};
}
