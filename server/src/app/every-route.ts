import type { Route } from "../http/route.ts";
import { leakRoutes } from "../leaks/routes.ts";
import { anonymousRoutes, forwardedRoutes, keyedRoutes, managementRoutes, operatorRoutes, personRoutes, serviceRoutes } from "../routes.ts";
import { metricsRoutes, publicRoutes } from "./public-routes.ts";
import { unsubscribeRoutes } from "./unsubscribe-routes.ts";

/** Every route of the server, in the order of the OpenAPI document. */
export function everyRoute(options: { documents: boolean }): readonly Route<never>[] {
	return [
		...publicRoutes,
		...unsubscribeRoutes,
		...leakRoutes,
		...anonymousRoutes,
		...personRoutes,
		...metricsRoutes,
		...keyedRoutes(options),
		...managementRoutes,
		...operatorRoutes,
		...serviceRoutes,
		...forwardedRoutes,
	];
}
