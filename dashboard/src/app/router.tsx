import { createRoute, createRouter, redirect } from "@tanstack/react-router";
import { signInSearchFrom } from "../access/search.ts";
import { currentSession, findTenant, sessionAt } from "../access/session.ts";
import { watchSession } from "../access/watch-session.ts";
import { wayBack } from "../access/way-back.ts";
import { activitySearchFrom } from "../activity/search.ts";
import { alertsSearchFrom } from "../alerts/search.ts";
import { auditSearchFrom } from "../audit/search.ts";
import { checklistSearchFrom } from "../checklist/search.ts";
import { queries } from "../http/queries.ts";
import { isSet, parseSearch, stringifySearch } from "../http/search.ts";
import { prefetchKeys } from "../keys/list/prefetch.ts";
import { filtersFrom } from "../keys/list-filters.ts";
import { isPart, keySearchFrom } from "../keys/page/search.ts";
import { FailurePage } from "../ui/failure-page.tsx";
import { webhooksSearchFrom } from "../webhooks/search.ts";
import { Frame } from "./frame.tsx";
import { operatorRoutes } from "./operator-routes.ts";
import { lazyPage, root, WHILE } from "./root.ts";

interface TenantSearch {
	tenant?: string;
}

function page<const Path extends string>(path: Path, load: () => Promise<{ default: () => React.ReactNode }>) {
	return createRoute({ getParentRoute: () => root, path, component: lazyPage(load) });
}

const signIn = createRoute({
	getParentRoute: () => root,
	path: "/sign-in",
	validateSearch: signInSearchFrom,
	async beforeLoad({ search }) {
		if (!search.ended && (await currentSession()) !== null) throw redirect({ href: wayBack(search.back), replace: true });
	},
	component: lazyPage(() => import("../access/sign-in-page.tsx")),
	errorComponent: FailurePage,
});

const portal = createRoute({
	getParentRoute: () => root,
	path: "/portal",
	validateSearch: (search: Record<string, unknown>): { ended?: true } => (isSet(search.ended) ? { ended: true } : {}),
	component: lazyPage(() => import("../access/portal-page.tsx")),
});

const open = [
	signIn,
	page("/sign-in-link", () => import("../access/sign-in-link-page.tsx")),
	page("/new-address", () => import("../access/new-address-page.tsx")),
	page("/forgot-password", () => import("../access/forgot-password-page.tsx")),
	page("/reset-password", () => import("../access/reset-password-page.tsx")),
	page("/join", () => import("../access/join-page.tsx")),
	portal,
	page("/reveal", () => import("../handovers/reveal-page.tsx")),
];

/** The parent of all tenant pages: requires a session and renders the frame. */
const signedIn = createRoute({
	getParentRoute: () => root,
	id: "signed-in",
	validateSearch: (search: Record<string, unknown>): TenantSearch => (typeof search.tenant === "string" ? { tenant: search.tenant } : {}),
	async beforeLoad({ location, search }) {
		const session = await sessionAt(location.pathname);
		if (session === null) throw redirect({ to: "/sign-in", search: { back: location.href } });
		const tenant = findTenant(session, search.tenant);
		if (tenant === null && session.operator && search.tenant === undefined) throw redirect({ to: "/operator", replace: true });
		if (tenant !== null && tenant.id !== search.tenant)
			throw redirect({ to: location.pathname, search: { ...search, tenant: tenant.id }, hash: location.hash, replace: true });
	},
	component: Frame,
	...WHILE,
});

function tenantPage<const Path extends string>(path: Path, load: () => Promise<{ default: () => React.ReactNode }>) {
	return createRoute({
		getParentRoute: () => signedIn,
		path,
		component: lazyPage(load),
		...WHILE,
	});
}

const index = createRoute({
	getParentRoute: () => signedIn,
	path: "/",
	beforeLoad: ({ search }) => {
		throw redirect({ to: "/settings/api-access", search, replace: true });
	},
});

/** The search parameters name the filters and the order. */
const keys = createRoute({
	getParentRoute: () => signedIn,
	path: "/settings/api-access",
	validateSearch: filtersFrom,
	loaderDeps: ({ search: { dialog: _dialog, of: _of, ...search } }) => search,
	// Asks for everything at once, beside the page's script; the page shows what has failed.
	loader: ({ deps }) => prefetchKeys(deps.tenant, filtersFrom(deps)),
	component: lazyPage(() => import("../keys/list/page.tsx")),
	...WHILE,
});

/** The path names the key and, below it, the tab; the search parameters name what the tab shows. */
const key = createRoute({
	getParentRoute: () => signedIn,
	path: "/settings/api-access/$key_id",
	validateSearch: keySearchFrom,
	component: lazyPage(() => import("../keys/page/page.tsx")),
	...WHILE,
});

/** The key's page stays mounted when its tab changes, so that the focus stays where it is. */
const keyTab = createRoute({
	getParentRoute: () => key,
	path: "/$tab",
	beforeLoad({ params, search }) {
		if (!isPart(params.tab)) throw redirect({ to: "/settings/api-access/$key_id", params: { key_id: params.key_id }, search, replace: true });
	},
});

/** The exposure of the key. */
const incident = createRoute({
	getParentRoute: () => signedIn,
	path: "/settings/api-access/$key_id/incident",
	component: lazyPage(() => import("../incidents/page.tsx")),
	...WHILE,
});

/** One rotation of the key, open or ended. */
const rotation = createRoute({
	getParentRoute: () => signedIn,
	path: "/settings/api-access/$key_id/rotations/$rotation_id",
	component: lazyPage(() => import("../rotations/page.tsx")),
	...WHILE,
});

/** The address has the text that is searched for. */
const sites = createRoute({
	getParentRoute: () => signedIn,
	path: "/sites",
	validateSearch: (search: Record<string, unknown>): { search?: string } =>
		typeof search.search === "string" && search.search !== "" ? { search: search.search } : {},
	component: lazyPage(() => import("../tenants/sites/page.tsx")),
	...WHILE,
});

/** The address names the period, the filters and the request that is explained. */
const activity = createRoute({
	getParentRoute: () => signedIn,
	path: "/activity",
	validateSearch: activitySearchFrom,
	component: lazyPage(() => import("../activity/page.tsx")),
	...WHILE,
});

/** The address names the filters and the open alert; mails lead to it. */
const alerts = createRoute({
	getParentRoute: () => signedIn,
	path: "/alerts",
	validateSearch: alertsSearchFrom,
	component: lazyPage(() => import("../alerts/page.tsx")),
	...WHILE,
});

/** The address names the status and the key that are shown. */
const checklist = createRoute({
	getParentRoute: () => signedIn,
	path: "/checklist",
	validateSearch: checklistSearchFrom,
	component: lazyPage(() => import("../checklist/page.tsx")),
	...WHILE,
});

/** The address names the filters and the open entry. */
const audit = createRoute({
	getParentRoute: () => signedIn,
	path: "/audit",
	validateSearch: auditSearchFrom,
	component: lazyPage(() => import("../audit/page.tsx")),
	...WHILE,
});

/** The address names the webhook whose deliveries are shown, and their status. */
const webhooks = createRoute({
	getParentRoute: () => signedIn,
	path: "/webhooks",
	validateSearch: webhooksSearchFrom,
	component: lazyPage(() => import("../webhooks/page.tsx")),
	...WHILE,
});

const tree = root.addChildren([
	...open,
	signedIn.addChildren([
		index,
		keys,
		key.addChildren([keyTab]),
		incident,
		rotation,
		activity,
		sites,
		alerts,
		checklist,
		tenantPage("/checklist/runbook", () => import("../checklist/runbook/page.tsx")),
		audit,
		webhooks,
		tenantPage("/plan", () => import("../plans/plan-page.tsx")),
		tenantPage("/team", () => import("../tenants/team/page.tsx")),
		tenantPage("/settings", () => import("../profile/settings-page.tsx")),
	]),
	operatorRoutes,
]);

export const router = createRouter({
	routeTree: tree,
	parseSearch,
	stringifySearch,
	defaultPreload: "intent",
	defaultPendingMs: 150,
	scrollRestoration: true,
});

const OPEN_PATHS = ["/sign-in", "/portal", "/new-address"];

/** A page that shows a secret once blocks navigation; the query cache is cleared only after the page was left. */
async function leaveEnded(kind: "member" | "portal"): Promise<void> {
	const { pathname, href } = router.latestLocation;
	if (OPEN_PATHS.includes(pathname)) return;
	if (kind === "portal") await router.navigate({ to: "/portal", search: { ended: true } });
	else await router.navigate({ to: "/sign-in", search: { back: href, ended: true } });
	if (OPEN_PATHS.includes(router.latestLocation.pathname)) queries.clear();
}

watchSession(leaveEnded);

declare module "@tanstack/react-router" {
	interface Register {
		router: typeof router;
	}
}
