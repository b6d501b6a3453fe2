import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { answered, api } from "../../http/api.ts";
import { permissionsQuery } from "../forward-auth/queries.ts";
import type { CatalogueCapability, CataloguePermission, CataloguePlan } from "./catalogue.ts";

const PAGE_ROWS = 200;

/** Every page after each other: the catalogue is bounded, and one page of it says little. */
async function allOf<Item>(
	page: (query: { limit: number; cursor?: string }) => Promise<{ data: Item[]; next_cursor: string | null }>,
): Promise<Item[]> {
	const items: Item[] = [];
	let cursor: string | null = null;
	do {
		const { data, next_cursor }: { data: Item[]; next_cursor: string | null } = await page({
			limit: PAGE_ROWS,
			...(cursor === null ? {} : { cursor }),
		});
		items.push(...data);
		cursor = next_cursor;
	} while (cursor !== null);
	return items;
}

interface Catalogue {
	readonly capabilities: readonly CatalogueCapability[];
	readonly permissions: readonly CataloguePermission[];
	readonly plans: readonly CataloguePlan[];
}

/** What plans can include and what keys may do, as the operator wrote it, and which plans include it. */
export const catalogueQuery = queryOptions({
	queryKey: ["operator", "catalogue"],
	queryFn: async (): Promise<Catalogue> => {
		const [capabilities, permissions, plans] = await Promise.all([
			allOf((query) => answered(api.GET("/api/v1/operator/capabilities", { params: { query } }))),
			allOf((query) => answered(api.GET("/api/v1/operator/permissions", { params: { query } }))),
			allOf((query) => answered(api.GET("/api/v1/operator/plans", { params: { query } }))),
		]);
		return { capabilities, permissions, plans };
	},
});

/** Asked anew each time: it decides whether something may be deleted. */
export function permissionUseQuery(permission: string) {
	return queryOptions({
		queryKey: ["operator", "catalogue", "permission", permission],
		queryFn: () => answered(api.GET("/api/v1/operator/permissions/{permission}/uses", { params: { path: { permission } } })),
		gcTime: 0,
		staleTime: 0,
	});
}

export function capabilityUseQuery(capability: string) {
	return queryOptions({
		queryKey: ["operator", "catalogue", "capability", capability],
		queryFn: () => answered(api.GET("/api/v1/operator/capabilities/{capability}/uses", { params: { path: { capability } } })),
		gcTime: 0,
		staleTime: 0,
	});
}

/** Its words stand in other places too: at keys, on the plan page, in the suggestions for rules. */
export function catalogueChanged(queries: QueryClient): void {
	void queries.invalidateQueries({ queryKey: catalogueQuery.queryKey, exact: true });
	for (const queryKey of [permissionsQuery.queryKey, ["permissions"], ["capabilities"]]) void queries.invalidateQueries({ queryKey });
}

/** After a refusal: what speaks against it may be new. */
export function usesChanged(queries: QueryClient): void {
	void queries.invalidateQueries({ queryKey: catalogueQuery.queryKey });
}
