import { readFileSync } from "node:fs";
import { join } from "node:path";
import { escapeHtml } from "../core/html.ts";

/** The dashboard's page paths: each serves the same file, and the browser selects the page. */
export const PAGE_PATHS = [
	"/",
	"/sign-in",
	"/sign-in-link",
	"/new-address",
	"/forgot-password",
	"/reset-password",
	"/join",
	"/portal",
	"/reveal",
	"/settings",
	"/settings/api-access",
	"/settings/api-access/:key_id",
	"/settings/api-access/:key_id/:tab",
	"/settings/api-access/:key_id/rotations/:rotation_id",
	"/sites",
	"/plan",
	"/team",
	"/operator",
	"/operator/forward-auth",
	"/operator/tenants",
	"/operator/catalogue",
	"/operator/legacy-formats",
	"/operator/people",
] as const;

const PAGE_ROOTS: ReadonlySet<string> = new Set(PAGE_PATHS.map((path) => path.split("/", 2)[1] ?? "").filter((root) => root !== ""));

/** Whether an unknown path was meant as a page: below a page's first segment, or outside the API with a browser's `Accept`. */
export function isPageAddress(path: string, accept: string): boolean {
	const root = path.split("/", 2)[1] ?? "";
	if (root === "api" || root === "assets") return false;
	return PAGE_ROOTS.has(root) || accept.includes("text/html");
}

/** A build of the dashboard. */
export interface Dashboard {
	/** The HTML, split where each response's nonce belongs. */
	readonly page: readonly string[];
	/** The folder of the assets. */
	readonly assets_dir: string;
}

const NONCE_MARK = "\u0000";
const TITLE = /<title>[^<]*<\/title>/;

/** Splits the HTML at every nonce: of the meta element for scripts, and of script, style and link elements. */
export function cutAtNonces(html: string): string[] {
	const marked = html
		.replace(/(<meta\s+property="csp-nonce"\s+nonce=)"[^"]*"/g, `$1"${NONCE_MARK}"`)
		.replace(/<(script|style|link)(?=[\s>])/g, `<$1 nonce="${NONCE_MARK}"`);
	return marked.split(NONCE_MARK);
}

/** The HTML of one response: with `nonce` at every split, and the operator's product name as the title before any script runs. */
export function renderPage(dashboard: Dashboard, nonce: string, product_name: string): string {
	return dashboard.page.join(nonce).replace(TITLE, () => `<title>API Access · ${escapeHtml(product_name)}</title>`);
}

/** Reads the build in `folder`; null when there is none. */
export function readDashboard(folder: string): Dashboard | null {
	try {
		return { page: cutAtNonces(readFileSync(join(folder, "index.html"), "utf8")), assets_dir: join(folder, "assets") };
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
		throw error;
	}
}
