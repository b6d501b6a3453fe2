import { isIP } from "node:net";

const HOST_NAME = /^[\w-]+(\.[\w-]+)*\.?$/;
const CONTROL_CHARACTER = /\p{Cc}/u;

/** Validates an address to listen on; returns the rest of an error text after the setting's name. Digits and dots must be a valid IPv4 address. */
export function hostFault(text: string): string | null {
	if (/^\[.*\]$/.test(text)) return "must be written without brackets, such as ::1";
	if (isIP(text) !== 0) return null;
	if (HOST_NAME.test(text) && !/^[\d.]+$/.test(text)) return null;
	return "must be an address such as 127.0.0.1, 0.0.0.0 or ::1, or a host name, without a port";
}

/** Validates the public URL. Pages, cookies and links require the root of a host name. */
export function publicUrlFault(text: string): string | null {
	const url = URL.parse(text);
	if (url === null || !/^https?:$/.test(url.protocol)) return "must be an http or https address";
	if (/[?#]/.test(text) || url.username !== "" || url.password !== "")
		return "must be an origin alone, such as https://keys.example.com: without user, query and fragment";
	if (!/^\/+$/.test(url.pathname))
		return "must have no path: the pages are served at the root of a dedicated host name, such as https://keys.example.com";
	return null;
}

/** Validates the path of the data folder, which PostgreSQL writes into a line-based file. */
export function dataFolderFault(text: string): string | null {
	return CONTROL_CHARACTER.test(text) ? "must have no line breaks and no other control characters" : null;
}

/** The origin of a valid URL; any other text unchanged. */
export function getOrigin(text: string): string {
	return URL.parse(text)?.origin ?? text;
}
