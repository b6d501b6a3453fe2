import { randomBytes } from "node:crypto";

const NONCE_BYTES = 18;
const HSTS_SECONDS = 31_536_000;

/** The Permissions-Policy of a page: disables features that no page uses, also for injected content. */
const PERMISSIONS = ["camera", "display-capture", "fullscreen", "geolocation", "microphone", "midi", "payment", "serial", "usb"]
	.map((feature) => `${feature}=()`)
	.join(", ");

export function newNonce(): string {
	return randomBytes(NONCE_BYTES).toString("base64");
}

/** Loads nothing from other origins, runs and styles nothing inline without this response's nonce, and cannot be framed. */
function dashboardPolicy(nonce: string): string {
	return [
		"default-src 'none'",
		`script-src 'self' 'nonce-${nonce}'`,
		`style-src 'self' 'nonce-${nonce}'`,
		"font-src 'self'",
		"img-src 'self' data:",
		"connect-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	].join("; ");
}

/** The same for a page that runs no script and loads only its own style and the logo. */
function plainPolicy(nonce: string, form_action: "'none'" | "'self'"): string {
	return `default-src 'none'; style-src 'nonce-${nonce}'; img-src data:; base-uri 'none'; form-action ${form_action}; frame-ancestors 'none'`;
}

/** The headers of one page. `form`: a plain one with a button. `secure`: the public address is https, so HSTS is sent. */
export function pageHeaders(
	nonce: string,
	options: { readonly kind: "dashboard" | "plain" | "form"; readonly secure: boolean },
): Record<string, string> {
	return {
		"content-type": "text/html; charset=utf-8",
		"content-security-policy":
			options.kind === "dashboard" ? dashboardPolicy(nonce) : plainPolicy(nonce, options.kind === "form" ? "'self'" : "'none'"),
		"cache-control": "no-store",
		// Without a referrer, browsers send a form with `Origin: null`, which is refused.
		"referrer-policy": options.kind === "form" ? "same-origin" : "no-referrer",
		"x-frame-options": "DENY",
		"cross-origin-opener-policy": "same-origin",
		"cross-origin-resource-policy": "same-origin",
		"permissions-policy": PERMISSIONS,
		...(options.secure ? { "strict-transport-security": `max-age=${HSTS_SECONDS}` } : {}),
	};
}
