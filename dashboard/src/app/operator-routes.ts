import { createRoute, redirect } from "@tanstack/react-router";
import { sessionAt } from "../access/session.ts";
import { auditSearchFrom } from "../audit/search.ts";
import { plansSearchFrom } from "../operator/plans/search.ts";
import { servicesSearchFrom } from "../operator/service-credentials/search.ts";
import { tenantsSearchFrom } from "../operator/tenants/search.ts";
import { webhooksSearchFrom } from "../webhooks/search.ts";
import { lazyPage, root, WHILE } from "./root.ts";

/** The operator's area; its frame shows a notice to everyone else. */
const operator = createRoute({
	getParentRoute: () => root,
	path: "/operator",
	async beforeLoad({ location }) {
		if ((await sessionAt(location.pathname)) === null) throw redirect({ to: "/sign-in", search: { back: location.href } });
	},
	component: lazyPage(() => import("./operator-frame.tsx")),
	...WHILE,
});

function operatorPage<const Path extends string>(path: Path, load: () => Promise<{ default: () => React.ReactNode }>) {
	return createRoute({
		getParentRoute: () => operator,
		path,
		component: lazyPage(load),
		...WHILE,
	});
}

/** The address names the filters, the open tenant and its dialog. */
const operatorTenants = createRoute({
	getParentRoute: () => operator,
	path: "/tenants",
	validateSearch: tenantsSearchFrom,
	component: lazyPage(() => import("../operator/tenants/page.tsx")),
	...WHILE,
});

const operatorPlans = createRoute({
	getParentRoute: () => operator,
	path: "/plans",
	validateSearch: plansSearchFrom,
	component: lazyPage(() => import("../operator/plans/page.tsx")),
	...WHILE,
});

const operatorServices = createRoute({
	getParentRoute: () => operator,
	path: "/services",
	validateSearch: servicesSearchFrom,
	component: lazyPage(() => import("../operator/service-credentials/page.tsx")),
	...WHILE,
});

const operatorAudit = createRoute({
	getParentRoute: () => operator,
	path: "/audit",
	validateSearch: auditSearchFrom,
	component: lazyPage(() => import("../audit/operator-page.tsx")),
	...WHILE,
});

const operatorWebhooks = createRoute({
	getParentRoute: () => operator,
	path: "/webhooks",
	validateSearch: webhooksSearchFrom,
	component: lazyPage(() => import("../webhooks/operator-page.tsx")),
	...WHILE,
});

const operatorIndex = createRoute({
	getParentRoute: () => operator,
	path: "/",
	beforeLoad: () => {
		throw redirect({ to: "/operator/tenants", replace: true });
	},
});

/** The operator's area with its pages. */
export const operatorRoutes = operator.addChildren([
	operatorIndex,
	operatorPage("/forward-auth", () => import("../operator/forward-auth/page.tsx")),
	operatorPage("/catalogue", () => import("../operator/catalogue/page.tsx")),
	operatorTenants,
	operatorPlans,
	operatorServices,
	operatorAudit,
	operatorWebhooks,
	operatorPage("/api-profile", () => import("../operator/api-profile/page.tsx")),
	operatorPage("/password-resets", () => import("../operator/password-resets/page.tsx")),
	operatorPage("/health", () => import("../operator/health/page.tsx")),
	operatorPage("/legacy-formats", () => import("../operator/imported/page.tsx")),
	operatorPage("/leak-reports", () => import("../operator/leaks/page.tsx")),
	operatorPage("/people", () => import("../operator/people/page.tsx")),
]);
