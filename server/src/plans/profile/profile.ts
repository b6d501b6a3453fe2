import type { InputError } from "../../core/error.ts";

/** The operator's API as its callers know it, used in snippets, pages, mails and error types. */
export interface ApiProfile {
	readonly product_name: string;
	/** Without a trailing slash. */
	readonly api_base_url: string;
	/** The request that checks a new key; its path may contain `{tenant_id}`. */
	readonly check_request: CheckRequest;
	readonly support_url: string | null;
	readonly status_url: string | null;
	/** Where a tenant gets a larger plan. */
	readonly upgrade_url: string | null;
	readonly documentation_url: string | null;
	/** An error's `type` is this URL, a slash and the code. */
	readonly error_base_url: string;
	/** A `data:` URL of a PNG, JPEG or WebP. */
	readonly logo_url: string | null;
	/** `#rrggbb`, dark enough for white text. */
	readonly accent_color: string | null;
}

export const CHECK_METHODS = ["GET", "HEAD", "POST"] as const;

export interface CheckRequest {
	readonly method: (typeof CHECK_METHODS)[number];
	readonly path: string;
}

/** The fields that are set; null means the value of `defaultProfile`. */
export type StoredProfile = { readonly [K in keyof ApiProfile]: ApiProfile[K] | null };

export const NOTHING_SET: StoredProfile = {
	product_name: null,
	api_base_url: null,
	check_request: null,
	support_url: null,
	status_url: null,
	upgrade_url: null,
	documentation_url: null,
	error_base_url: null,
	logo_url: null,
	accent_color: null,
};

const LOGO_BYTES_MAX = 65_536;
/** Contrast of text: WCAG 2.2, success criterion 1.4.3. */
const CONTRAST_LEAST = 4.5;

/** The profile of an instance without settings. */
export function defaultProfile(public_url: string): ApiProfile {
	return {
		product_name: "Keywright",
		api_base_url: public_url,
		check_request: { method: "GET", path: "/api/v1/m2m/tenants/{tenant_id}/limits" },
		support_url: null,
		status_url: null,
		upgrade_url: null,
		documentation_url: null,
		error_base_url: `${public_url}/problems`,
		logo_url: null,
		accent_color: null,
	};
}

/** The set fields, with defaults for the rest. */
export function effectiveProfile(stored: StoredProfile, public_url: string): ApiProfile {
	const standard = defaultProfile(public_url);
	return {
		product_name: stored.product_name ?? standard.product_name,
		api_base_url: stored.api_base_url ?? standard.api_base_url,
		check_request: stored.check_request ?? standard.check_request,
		support_url: stored.support_url,
		status_url: stored.status_url,
		upgrade_url: stored.upgrade_url,
		documentation_url: stored.documentation_url,
		error_base_url: stored.error_base_url ?? standard.error_base_url,
		logo_url: stored.logo_url,
		accent_color: stored.accent_color,
	};
}

/** An address without blanks or control characters, some of which URL parsers drop silently. */
const WRITTEN_ADDRESS = /^https?:\/\/[^\s\p{Cc}\\]+$/iu;
/** Safe within single or double quotes in every snippet language: no character that a shell or a string literal interprets. */
const PLAIN_BASE = /^https?:\/\/[A-Za-z0-9.:[\]-]+(?:\/[A-Za-z0-9._~%:@=+,-]+)*$/;
/** The same before URL parsing, which would percent-encode invalid characters; a host may use any script. */
const WRITTEN_BASE = /^https?:\/\/[\p{L}\p{N}.:[\]-]+(?:\/[A-Za-z0-9._~%:@=+,-]*)*$/iu;
const PLAIN_PATH = /^\/(?!\/)(?:[A-Za-z0-9._~%/:@=&?+,-]|\{tenant_id\})*$/;

/** Parses an address; returns the normalized URL, or the error. */
export function webAddress(text: string): URL | string {
	if (!WRITTEN_ADDRESS.test(text) || !URL.canParse(text)) return "must be an http or https address, such as https://status.example.com";
	const url = new URL(text);
	return url.username === "" && url.password === "" ? url : "must not contain a user name or password, because it is public";
}

/** Parses a base URL without a trailing slash; returns it, or the error. */
export function baseAddress(text: string): { base: string } | string {
	const url = webAddress(text);
	if (typeof url === "string") return url;
	if (url.search !== "" || url.hash !== "" || /[?#]/.test(text)) return "must end with a host or a path, without ? or #";
	const base = url.href.replace(/\/+$/, "");
	return WRITTEN_BASE.test(text) && PLAIN_BASE.test(base)
		? { base }
		: "may contain only letters, digits and . _ ~ % : @ = + , - in its path, and no empty segments";
}

export function isCheckPath(path: string): boolean {
	return PLAIN_PATH.test(path);
}

const MAGIC: Readonly<Record<string, (bytes: Buffer) => boolean>> = {
	"image/png": (bytes) => bytes.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])),
	"image/jpeg": (bytes) => bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])),
	"image/webp": (bytes) => bytes.subarray(0, 4).toString("latin1") === "RIFF" && bytes.subarray(8, 12).toString("latin1") === "WEBP",
};

/** Validates a logo: at most 64 KiB and of the stated type. Returns the error, or null. */
export function validateLogo(data_url: string): string | null {
	const [, type = "", base64 = ""] = /^data:([a-z]+\/[a-z]+);base64,([A-Za-z0-9+/]+={0,2})$/.exec(data_url) ?? [];
	const fits = MAGIC[type];
	if (!fits) return "must be a data: URL in base64 of image/png, image/jpeg or image/webp";
	const bytes = Buffer.from(base64, "base64");
	if (bytes.toString("base64") !== base64) return "is not valid base64 (RFC 4648)";
	if (bytes.length > LOGO_BYTES_MAX) return `has ${bytes.length} bytes; at most ${LOGO_BYTES_MAX} are allowed`;
	return fits(bytes) ? null : `does not have the signature of ${type}: correct the type or the content`;
}

function getLuminance(color: string): number {
	const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
		const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
		return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast of `#rrggbb` with white, 1 to 21 (WCAG 2.2, relative luminance). */
export function contrastWithWhite(color: string): number {
	return 1.05 / (getLuminance(color) + 0.05);
}

/** Validates an accent colour: white text must be readable on it. Returns the error, or null. */
export function validateAccentColor(color: string): string | null {
	if (!/^#[0-9a-f]{6}$/i.test(color)) return "must be #rrggbb";
	const contrast = contrastWithWhite(color);
	if (contrast >= CONTRAST_LEAST) return null;
	const shown = (Math.floor(contrast * 100) / 100).toFixed(2);
	return `has a contrast of ${shown} with white, and text needs ${CONTRAST_LEAST}: choose a darker colour`;
}

/** Guarantee: `saveProfile` wrote the column from a value of this type; fields that an earlier version did not have are unset. */
export function storedProfileFrom(column: unknown): StoredProfile {
	return { ...NOTHING_SET, ...(column as Partial<StoredProfile>) };
}

/** Builds the input error of a field. */
export function inputError(field: keyof ApiProfile | "check_request/path", detail: string): InputError {
	return { pointer: `/${field}`, detail };
}
