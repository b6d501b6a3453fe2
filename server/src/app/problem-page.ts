import { ApiError, ERRORS, type ErrorCode } from "../core/error.ts";
import type { ApiProfile } from "../plans/profile/profile.ts";
import { escapeHtml } from "./dashboard.ts";
import { plainPage } from "./plain-page.ts";

function isErrorCode(code: string): code is ErrorCode {
	return Object.hasOwn(ERRORS, code);
}

/** The page that a problem's `type` points at: the error table in the operator's name. 404 `not_found` for what is no code. */
export function problemPage(code: string, profile: ApiProfile, nonce: string): string {
	if (!isErrorCode(code)) throw new ApiError("not_found", "There is no error with this code.");
	const { status, title, cure } = ERRORS[code];
	const cure_html = escapeHtml(cure).replace(/`([^`]+)`/g, "<code>$1</code>");
	const content = `<p><code>${status} ${code}</code></p>\n<h1>${escapeHtml(title)}</h1>\n<p>${cure_html}</p>`;
	return plainPage({ title: code, content, nonce, profile });
}
