import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The pages of the dashboard: each is the same file, and the page is chosen in the browser. */
export const PAGE_PATHS = [
	"/",
	"/sign-in",
	"/sign-in-link",
	"/forgot-password",
	"/reset-password",
	"/join",
	"/portal",
	"/reveal",
	"/settings",
	"/settings/api-access",
	"/settings/api-access/:key_id",
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

/** Whether who asks for a path that is not there meant a page: below one of ours, or anywhere else but the API with a browser's `Accept`. */
export function isPageAddress(path: string, accept: string): boolean {
	const root = path.split("/", 2)[1] ?? "";
	if (root === "api" || root === "assets") return false;
	return PAGE_ROOTS.has(root) || accept.includes("text/html");
}

/** A build of the dashboard. */
export interface Dashboard {
	/** The page, cut where the nonce of each response belongs. */
	readonly page: readonly string[];
	/** The folder of everything that the page loads. */
	readonly assets_dir: string;
}

const NONCE_PLACE = "\u0000";
const TITLE = /<title>[^<]*<\/title>/;

/** The page cut at every nonce: of the meta element that scripts read, of scripts, and of links that load. */
export function cutAtNonces(html: string): string[] {
	const placed = html
		.replace(/(<meta\s+property="csp-nonce"\s+nonce=)"[^"]*"/g, `$1"${NONCE_PLACE}"`)
		.replace(/<(script|style|link)(?=[\s>])/g, `<$1 nonce="${NONCE_PLACE}"`);
	return placed.split(NONCE_PLACE);
}

export function escapeHtml(text: string): string {
	return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** One response's page: `nonce` at every cut, and a title that names the operator's product before any script has run. */
export function pageOf(dashboard: Dashboard, nonce: string, product_name: string): string {
	return dashboard.page.join(nonce).replace(TITLE, () => `<title>API Access · ${escapeHtml(product_name)}</title>`);
}

/** The build in `folder`; null when there is none. */
export function readDashboard(folder: string): Dashboard | null {
	try {
		return { page: cutAtNonces(readFileSync(join(folder, "index.html"), "utf8")), assets_dir: join(folder, "assets") };
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
		throw error;
	}
}
