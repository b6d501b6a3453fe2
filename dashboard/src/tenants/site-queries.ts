import { infiniteQueryOptions, keepPreviousData, queryOptions, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import type { paths } from "../http/openapi.gen.ts";
import { SHARED_STATE } from "../http/queries.ts";

const PAGE_ROWS = 50;
/** The API's maximum page size. */
const ALL_ROWS = 100;
const ALL = "/api/v1/tenants/{tenant_id}/sites";

export type Site = paths[typeof ALL]["get"]["responses"][200]["content"]["application/json"]["data"][number];
export type SiteActivity = paths["/api/v1/tenants/{tenant_id}/site-activity"]["get"]["responses"][200]["content"]["application/json"];

/** The sites that a form offers. */
export const sitesQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.sites(tenant_id), "choices"],
		queryFn: () => answered(api.GET(ALL, { params: { path: { tenant_id }, query: { limit: ALL_ROWS } } })),
	});

/** The sites whose name or id contains `search`, newest first. Keeps the previous rows while the next are loading. */
export const siteListQuery = (tenant_id: string, search: string) =>
	infiniteQueryOptions({
		queryKey: [...cacheRoots.sites(tenant_id), "list", search],
		initialPageParam: "",
		queryFn: ({ pageParam }) => {
			const query = { limit: PAGE_ROWS, ...(search === "" ? {} : { search }), ...(pageParam === "" ? {} : { cursor: pageParam }) };
			return answered(api.GET(ALL, { params: { path: { tenant_id }, query } }));
		},
		getNextPageParam: (page) => page.next_cursor,
		placeholderData: keepPreviousData,
		...SHARED_STATE,
	});

/** Keys and requests of the sites on one page of the list. */
export const siteActivityQuery = (tenant_id: string, site_ids: readonly string[]) =>
	queryOptions({
		queryKey: [...cacheRoots.sites(tenant_id), "activity", site_ids],
		enabled: site_ids.length > 0,
		queryFn: () =>
			answered(api.GET("/api/v1/tenants/{tenant_id}/site-activity", { params: { path: { tenant_id }, query: { site_ids: site_ids.join(",") } } })),
	});

/** What the deletion of a site would break, as it is now. */
export const siteRemovalQuery = (tenant_id: string, site_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.sites(tenant_id), "removal", site_id],
		queryFn: () => answered(api.GET(`${ALL}/{site_id}/removal-preview`, { params: { path: { tenant_id, site_id } } })),
		staleTime: 0,
		gcTime: 0,
	});

/** One site, which may be on no page of the list; a dialog is about it. */
export const siteQuery = (tenant_id: string, site_id: string | null) =>
	queryOptions({
		queryKey: [...cacheRoots.sites(tenant_id), "one", site_id],
		enabled: site_id !== null,
		queryFn: () => readSite(tenant_id, site_id ?? ""),
		retry: false,
	});

export function readSite(tenant_id: string, site_id: string): Promise<Site> {
	return answered(api.GET(`${ALL}/{site_id}`, { params: { path: { tenant_id, site_id } } }));
}

/** Invalidates every query with sites of a tenant. */
export function useSitesChanged(tenant_id: string): () => void {
	const queries = useQueryClient();
	return () => {
		for (const queryKey of [cacheRoots.sites(tenant_id), cacheRoots.limits(tenant_id), cacheRoots.keys(tenant_id)]) {
			void queries.invalidateQueries({ queryKey });
		}
	};
}
