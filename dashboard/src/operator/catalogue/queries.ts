import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { readAllPages } from "../../http/all-pages.ts";
import { answered, api } from "../../http/api.ts";
import { cacheRoots } from "../../http/cache-roots.ts";
import { permissionsQuery } from "../forward-auth/queries.ts";
import type { CatalogueCapability, CataloguePermission, CataloguePlan } from "./catalogue.ts";

interface Catalogue {
	readonly capabilities: readonly CatalogueCapability[];
	readonly permissions: readonly CataloguePermission[];
	readonly plans: readonly CataloguePlan[];
}

/** Capabilities, permissions, and the plans that include them. */
export const catalogueQuery = queryOptions({
	queryKey: cacheRoots.operator.catalogue,
	queryFn: async (): Promise<Catalogue> => {
		const [capabilities, permissions, plans] = await Promise.all([
			readAllPages((query) => answered(api.GET("/api/v1/operator/capabilities", { params: { query } }))),
			readAllPages((query) => answered(api.GET("/api/v1/operator/permissions", { params: { query } }))),
			readAllPages((query) => answered(api.GET("/api/v1/operator/plans", { params: { query } }))),
		]);
		return { capabilities, permissions, plans };
	},
});

/** Never cached, because it decides whether an entry may be deleted. */
export function permissionUseQuery(permission: string) {
	return queryOptions({
		queryKey: [...cacheRoots.operator.catalogue, "permission", permission],
		queryFn: () => answered(api.GET("/api/v1/operator/permissions/{permission}/uses", { params: { path: { permission } } })),
		gcTime: 0,
		staleTime: 0,
	});
}

export function capabilityUseQuery(capability: string) {
	return queryOptions({
		queryKey: [...cacheRoots.operator.catalogue, "capability", capability],
		queryFn: () => answered(api.GET("/api/v1/operator/capabilities/{capability}/uses", { params: { path: { capability } } })),
		gcTime: 0,
		staleTime: 0,
	});
}

/** Invalidates every query with descriptions: keys, the plan page, suggestions for rules. */
export function catalogueChanged(queries: QueryClient): void {
	void queries.invalidateQueries({ queryKey: catalogueQuery.queryKey, exact: true });
	for (const queryKey of [permissionsQuery.queryKey, cacheRoots.permissions(), cacheRoots.capabilities()])
		void queries.invalidateQueries({ queryKey });
}

/** After a refusal, refetches the uses, which may have changed. */
export function usesChanged(queries: QueryClient): void {
	void queries.invalidateQueries({ queryKey: catalogueQuery.queryKey });
}
