import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { LiveProfile } from "../plans/profile/live.ts";
import { type Dashboard, isPageAddress, PAGE_PATHS, renderPage } from "./dashboard.ts";
import { newNonce, pageHeaders } from "./page-headers.ts";
import { plainPage } from "./plain-page.ts";

const ASSETS = "/assets/";
/** An asset's name contains a digest of its content, so browsers cache it for a year without revalidation. */
const ASSET_MAX_AGE_SECONDS = 31_536_000;
const ASSET_HEADERS = {
	vary: "accept-encoding",
	"cross-origin-resource-policy": "same-origin",
	"content-security-policy": "default-src 'none'; frame-ancestors 'none'",
} as const;
const NOT_BUILT = `<h1>The dashboard is not built</h1>
<p>The API is not affected. In the repository <code>npm start</code> builds the dashboard, or <code>node scripts/prepare.mjs</code> alone; then start the server again.</p>`;

export interface DashboardOptions {
	/** Null when it is not built; its pages then say so. */
	readonly dashboard: Dashboard | null;
	readonly profile: Pick<LiveProfile, "known">;
	readonly public_url: string;
}

/** The page routes for the list of routes, and the response for a mistyped page address. */
export interface ServedPages {
	readonly pages: readonly { readonly method: string; readonly path: string }[];
	readonly sendMissingPage: (path: string, accept: string, reply: FastifyReply) => boolean;
}

/** Registers the routes of the dashboard's pages and assets. */
export function serveDashboard(http: FastifyInstance, options: DashboardOptions): ServedPages {
	const { dashboard, profile } = options;
	const secure = new URL(options.public_url).protocol === "https:";

	function sendPage(reply: FastifyReply): unknown {
		const nonce = newNonce();
		if (dashboard)
			return reply.headers(pageHeaders(nonce, { kind: "dashboard", secure })).send(renderPage(dashboard, nonce, profile.known.product_name));
		const page = plainPage({ title: "Not built", content: NOT_BUILT, nonce, profile: profile.known });
		return reply
			.code(503)
			.headers(pageHeaders(nonce, { kind: "plain", secure }))
			.send(page);
	}
	for (const path of PAGE_PATHS) http.get(path, (_request, reply) => sendPage(reply));
	if (dashboard) {
		// One route for each existing file instead of a wildcard, so that other paths get the usual 404.
		http.register(fastifyStatic, {
			root: dashboard.assets_dir,
			prefix: ASSETS,
			wildcard: false,
			preCompressed: true,
			index: false,
			decorateReply: false,
			maxAge: ASSET_MAX_AGE_SECONDS * 1_000,
			immutable: true,
			setHeaders: (reply) => {
				reply.headers(ASSET_HEADERS);
			},
		});
	}
	return {
		pages: PAGE_PATHS.map((path) => ({ method: "GET", path })),
		sendMissingPage(path, accept, reply) {
			if (!isPageAddress(path, accept)) return false;
			reply.code(404);
			void sendPage(reply);
			return true;
		},
	};
}
