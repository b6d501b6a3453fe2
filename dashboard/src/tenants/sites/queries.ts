import { infiniteQueryOptions, queryOptions, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../../http/api.ts";

const PAGE_ROWS = 50;
const KEYS_MAX = 100;
const ALL = "/api/v1/tenants/{tenant_id}/sites";

export const siteListQuery = (tenant_id: string) =>
	infiniteQueryOptions({
		queryKey: ["sites", tenant_id, "list"],
		initialPageParam: "",
		queryFn: ({ pageParam }) =>
			answered(api.GET(ALL, { params: { path: { tenant_id }, query: { limit: PAGE_ROWS, ...(pageParam === "" ? {} : { cursor: pageParam }) } } })),
		getNextPageParam: (page) => page.next_cursor,
	});

/** The keys that are bound to a site, among the newest hundred. Deleting the site removes it from them. */
export const boundKeysQuery = (tenant_id: string, site_id: string) =>
	queryOptions({
		queryKey: ["keys", tenant_id, "bound", site_id],
		queryFn: () => answered(api.GET("/api/v1/tenants/{tenant_id}/api-keys", { params: { path: { tenant_id }, query: { limit: KEYS_MAX } } })),
		select: ({ data }) => data.filter((key) => key.status !== "revoked" && key.site_ids?.includes(site_id)).map(({ id, name }) => ({ id, name })),
	});

/** Invalidates every query with sites of a tenant. */
export function useSitesChanged(tenant_id: string): () => void {
	const queries = useQueryClient();
	return () => {
		for (const queryKey of [
			["sites", tenant_id],
			["limits", tenant_id],
			["keys", tenant_id],
			["key", tenant_id],
		]) {
			void queries.invalidateQueries({ queryKey });
		}
	};
}
