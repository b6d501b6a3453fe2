import { infiniteQueryOptions, queryOptions, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import type { paths } from "../http/openapi.gen.ts";

const PAGE_ROWS = 50;
/** The API's maximum page size. */
const ALL_ROWS = 100;
const ALL = "/api/v1/tenants/{tenant_id}/sites";

export type Site = paths[typeof ALL]["get"]["responses"][200]["content"]["application/json"]["data"][number];

/** The sites that a form offers. */
export const sitesQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.sites(tenant_id), "choices"],
		queryFn: () => answered(api.GET(ALL, { params: { path: { tenant_id }, query: { limit: ALL_ROWS } } })),
	});

export const siteListQuery = (tenant_id: string) =>
	infiniteQueryOptions({
		queryKey: [...cacheRoots.sites(tenant_id), "list"],
		initialPageParam: "",
		queryFn: ({ pageParam }) =>
			answered(api.GET(ALL, { params: { path: { tenant_id }, query: { limit: PAGE_ROWS, ...(pageParam === "" ? {} : { cursor: pageParam }) } } })),
		getNextPageParam: (page) => page.next_cursor,
	});

/** Invalidates every query with sites of a tenant. */
export function useSitesChanged(tenant_id: string): () => void {
	const queries = useQueryClient();
	return () => {
		for (const queryKey of [cacheRoots.sites(tenant_id), cacheRoots.limits(tenant_id), cacheRoots.keys(tenant_id)]) {
			void queries.invalidateQueries({ queryKey });
		}
	};
}
