import { Readable } from "node:stream";
import { ApiError, ERRORS, type ErrorCode } from "../core/error.ts";
import { escapeHtml } from "../core/html.ts";
import type { StreamOutput } from "../http/route.ts";
import type { ApiProfile } from "../plans/profile/profile.ts";

const STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; font: 16px/1.6 system-ui, sans-serif; background: Canvas; color: CanvasText; }
main { max-width: 40rem; margin: 0 auto; padding: 4rem 1.5rem; }
h1 { font-size: 1.5rem; line-height: 1.3; margin: 0.5rem 0 1rem; }
code { font-family: ui-monospace, monospace; font-size: 0.9em; }
img { max-height: 2.5rem; max-width: 12rem; }
header, nav { font-size: 0.9rem; }
nav { margin-top: 2.5rem; display: flex; flex-wrap: wrap; gap: 1.25rem; }
a { color: inherit; }
button { font: inherit; padding: 0.5rem 1rem; }
`;

const LINKS = [
	["documentation_url", "Documentation"],
	["status_url", "Status"],
	["support_url", "Support"],
] as const;

/** A response with this text as its body. */
export function streamText(body: string, content_type: string): StreamOutput {
	return { stream: Readable.from([body]), headers: { "content-type": content_type, "content-length": String(Buffer.byteLength(body)) } };
}

/** A page without scripts, with the operator's branding. `content` is trusted HTML; all text of the profile is escaped. */
export function plainPage(parts: { title: string; content: string; nonce: string; profile: ApiProfile }): string {
	const { title, content, nonce, profile } = parts;
	const name = escapeHtml(profile.product_name);
	const logo = profile.logo_url === null ? name : `<img src="${escapeHtml(profile.logo_url)}" alt="${name}">`;
	const links = LINKS.flatMap(([field, text]) => {
		const url = profile[field];
		return url === null ? [] : [`<a href="${escapeHtml(url)}" rel="noreferrer">${text}</a>`];
	});
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)} · ${name}</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
<header>${logo}</header>
${content}
${links.length > 0 ? `<nav>${links.join("")}</nav>` : ""}
</main>
</body>
</html>
`;
}

function isErrorCode(code: string): code is ErrorCode {
	return Object.hasOwn(ERRORS, code);
}

/** The page at a problem's `type` URL: the entry of the error table, with the operator's branding. 404 `not_found` for an unknown code. */
export function problemPage(code: string, profile: ApiProfile, nonce: string): string {
	if (!isErrorCode(code)) throw new ApiError("not_found", "There is no error with this code.");
	const { status, title, cure } = ERRORS[code];
	const cure_html = escapeHtml(cure).replace(/`([^`]+)`/g, "<code>$1</code>");
	const content = `<p><code>${status} ${code}</code></p>\n<h1>${escapeHtml(title)}</h1>\n<p>${cure_html}</p>`;
	return plainPage({ title: code, content, nonce, profile });
}
