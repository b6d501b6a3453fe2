/** Every page and dialog of the dashboard, as its router and `DIALOGS` have them, and how to get to each without loading the dashboard again. */
import { equal } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { DIALOGS } from "../../dashboard/src/ui/dialog/names.ts";
import { ROOT } from "../server.ts";
import { eventually } from "./browser.ts";
import type { Population } from "./population.ts";

/** A page at one address, or a dialog on it. */
export interface Visit {
	/** As the router has it. */
	readonly route: string;
	/** Path and query. */
	readonly address: string;
	/** What is there when the page has come. */
	readonly shown: string;
}

const ROUTE = /getParentRoute: \(\) => (\w+),\s+path: "(\/[^"]*)"|\b(page|tenantPage|operatorPage)\("(\/[^"]*)"/g;
const KEY = "/settings/api-access/$key_id";
const PREFIXES: Readonly<Record<string, string>> = { operator: "/operator", operatorPage: "/operator", key: KEY };
/** Parents of pages that need no session. */
const OPEN_PARENTS = ["root", "page"];
/** Routes that only lead to another page. */
const REDIRECTS = ["/", "/operator", "/operator/"];

/** Routes of the pages without a session, and of those behind it. Throws if the router has a page that is written in another way. */
export function getRoutes(): { readonly open: readonly string[]; readonly signed_in: readonly string[] } {
	const text = ["router.tsx", "operator-routes.ts"].map((name) => readFileSync(join(ROOT, "dashboard/src/app", name), "utf8")).join("\n");
	const pages = [...text.matchAll(ROUTE)]
		.map(([, of_route, of_route_path, of_page, of_page_path]) => ({ parent: of_route ?? of_page ?? "", path: of_route_path ?? of_page_path ?? "" }))
		.map(({ parent, path }) => ({ open: OPEN_PARENTS.includes(parent), path: `${PREFIXES[parent] ?? ""}${path}` }))
		.filter(({ path }) => !REDIRECTS.includes(path));
	// Each page is a module; the tabs of a key share one, and the operator's frame is none.
	const modules = [...text.matchAll(/import\("(?!\.\/operator-frame)/g)].length;
	equal(pages.filter(({ path }) => !path.endsWith("/$tab")).length, modules, "a page of the router is not found");
	const pathsOf = (open: boolean) => pages.filter((page) => page.open === open).map(({ path }) => path);
	return { open: pathsOf(true), signed_in: pathsOf(false) };
}

/** A heading that is not of the page before. */
const NEW_HEADING = "h1:not([data-left])";

/** Addresses of pages with parameters, and further states of pages, by route; a page without either needs no entry. */
function getStates(of: Population): Readonly<Record<string, readonly (readonly [path: string, shown: string])[]>> {
	const key = (made: { id: string }, rest = "") => `/settings/api-access/${made.id}${rest}`;
	const panel = "aside[aria-label], [role=complementary]";
	return {
		[KEY]: [
			...[of.busy, of.waiting, of.unused, of.leaked, of.paused, of.revoked].map((made) => [key(made), "main h2:text-is('Facts')"] as const),
			[key(of.canary), NEW_HEADING],
		],
		[`${KEY}/$tab`]: [
			[key(of.busy, "/clients"), "main [data-source]"],
			[key(of.busy, "/refusals"), "main h2:text-is('Refused requests')"],
			[key(of.busy, "/versions"), "main h2:text-is('Versions of this key')"],
			[key(of.busy, "/settings"), "main h2:text-is('Stop this key')"],
		],
		[`${KEY}/incident`]: [[key(of.busy, "/incident"), "main h2:text-is('What happened')"]],
		[`${KEY}/rotations/$rotation_id`]: [
			[key(of.busy, `/rotations/${of.rotation_id}`), "main h2:text-is('Steps')"],
			[key(of.waiting, `/rotations/${of.waiting_rotation_id}`), "main h2:text-is('Steps')"],
		],
		"/activity": [
			["/activity", NEW_HEADING],
			[`/activity?explain=${of.request_id}`, panel],
		],
		"/alerts": [
			["/alerts", "main h2:text-is('Watched')"],
			[`/alerts?alert=${of.alert_id}`, panel],
		],
		"/audit": [
			["/audit", NEW_HEADING],
			[`/audit?entry=${of.entry_id}`, panel],
		],
		"/operator/tenants": [
			["/operator/tenants", "main [data-tenant]"],
			[`/operator/tenants?open=${of.tenant_id}`, panel],
		],
	};
}

function withTenant(address: string, tenant_id: string): string {
	return address.startsWith("/operator") ? address : `${address}${address.includes("?") ? "&" : "?"}tenant=${tenant_id}`;
}

/** Every page behind the sign-in; states of one page are not visited one after another. Throws if a route has parameters and no address. */
export function pageVisits(of: Population): readonly Visit[] {
	const states = getStates(of);
	const visits = getRoutes().signed_in.flatMap((route) => {
		if (route.includes("$") && states[route] === undefined) throw new Error(`${route} has no address in every-page.ts`);
		const of_route = states[route] ?? [[route, NEW_HEADING]];
		return of_route.map(([address, shown], turn) => ({ turn, route, address: withTenant(address, of.tenant_id), shown }));
	});
	return visits.sort((one, other) => one.turn - other.turn);
}

/** Every page without a session, first as a link that was cut off shows it, then with the token of a link. The order never repeats a route. */
export function openVisits(links: Readonly<Record<string, string>>): readonly Visit[] {
	const { open } = getRoutes();
	const states = [...open, ...Object.entries(links).map(([route, rest]) => `${route}${rest}`)];
	return states.map((address) => ({ route: address.replace(/[?#].*/, ""), address, shown: NEW_HEADING }));
}

/** Every dialog and sheet with an address. */
export function dialogVisits(of: Population): readonly Visit[] {
	return Object.entries(DIALOGS).flatMap(([route, names]) =>
		names.map((name) => {
			const [page = "", about] = of.dialogs[`${route} ${name}`] ?? of.dialogs[route] ?? [route === "*" ? "/sites" : route];
			const query = new URLSearchParams({ dialog: name, ...(about === undefined ? {} : { of: about }) });
			const address = withTenant(`${page}${page.includes("?") ? "&" : "?"}${query}`, of.tenant_id);
			return { route, address, shown: `[data-dialog="${name}"] [role=dialog]` };
		}),
	);
}

/** How many requests of the page are on their way. Call it before the page is opened. */
export function watchRequests(page: Page): { waiting: () => number } {
	const waiting = new Set<object>();
	page.on("request", (request) => waiting.add(request));
	page.on("requestfinished", (request) => waiting.delete(request));
	page.on("requestfailed", (request) => waiting.delete(request));
	return { waiting: () => waiting.size };
}

/** Goes to the address as a link of the dashboard does, and waits until everything has come. The page must be open already. */
export async function visit(page: Page, { address, shown }: Visit, network: { waiting: () => number }): Promise<void> {
	await page.evaluate(`document.querySelector("h1")?.setAttribute("data-left", ""); history.pushState({}, "", ${JSON.stringify(address)})`);
	await page
		.locator(shown)
		.first()
		.waitFor()
		.catch((cause: unknown) => {
			throw new Error(`${address} does not show ${shown}`, { cause });
		});
	await eventually(async () => {
		equal(network.waiting(), 0, address);
		equal(await page.locator("[aria-busy=true]").count(), 0, address);
		equal(await page.getByRole("dialog").count(), shown.includes("dialog") ? 1 : 0, address);
	});
}
