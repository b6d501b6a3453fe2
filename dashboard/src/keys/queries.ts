import { infiniteQueryOptions, keepPreviousData, queryOptions, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../http/api.ts";
import type { paths } from "../http/openapi.gen.ts";
import type { ListFilters } from "./list-filters.ts";

export type ApiKey = paths["/api/v1/tenants/{tenant_id}/api-keys/{key_id}"]["get"]["responses"][200]["content"]["application/json"];
export type Source =
	paths["/api/v1/tenants/{tenant_id}/api-keys/{key_id}/sources"]["get"]["responses"][200]["content"]["application/json"]["data"][number];
export type Site = paths["/api/v1/tenants/{tenant_id}/sites"]["get"]["responses"][200]["content"]["application/json"]["data"][number];

const PAGE_ROWS = 25;
/** The API's maximum page size. */
const ALL_ROWS = 100;
const LIVE_MS = 1_500;

const ONE = "/api/v1/tenants/{tenant_id}/api-keys/{key_id}";
const ALL = "/api/v1/tenants/{tenant_id}/api-keys";

export const keysQuery = (tenant_id: string, filters: ListFilters) =>
	infiniteQueryOptions({
		queryKey: ["keys", tenant_id, "list", filters],
		initialPageParam: "",
		queryFn: ({ pageParam }) =>
			answered(
				api.GET(ALL, {
					params: { path: { tenant_id }, query: { ...filters, limit: PAGE_ROWS, ...(pageParam === "" ? {} : { cursor: pageParam }) } },
				}),
			),
		getNextPageParam: (page) => page.next_cursor,
	});

/** Whether the tenant has a key, the names in use, and the integrations and people to filter by. */
export const choicesQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: ["keys", tenant_id, "choices"],
		queryFn: () => answered(api.GET(`${ALL}/choices`, { params: { path: { tenant_id } } })),
	});

type Activity = paths["/api/v1/tenants/{tenant_id}/api-keys/activity"]["get"]["responses"][200]["content"]["application/json"];

/** One hour of a key's requests. */
export type KeyHour = Activity["data"][number]["hours"][number];

function byKey({ data }: Activity): Readonly<Record<string, KeyHour[]>> {
	return Object.fromEntries(data.map((entry) => [entry.key_id, entry.hours]));
}

/** Requests in the last 24 hours of the keys on one page of the list, by key. */
export const activityQuery = (tenant_id: string, key_ids: readonly string[]) =>
	queryOptions({
		queryKey: ["keys", tenant_id, "activity", key_ids],
		enabled: key_ids.length > 0,
		queryFn: () =>
			answered(api.GET("/api/v1/tenants/{tenant_id}/api-keys/activity", { params: { path: { tenant_id }, query: { key_ids: key_ids.join(",") } } })),
		select: byKey,
		placeholderData: keepPreviousData,
	});

/** Polls the key until its first request. Pauses while the page is hidden. */
export const liveKeyQuery = (tenant_id: string, key_id: string) =>
	queryOptions({
		queryKey: ["keys", tenant_id, key_id, "live"],
		queryFn: () => answered(api.GET(ONE, { params: { path: { tenant_id, key_id } } })),
		refetchInterval: LIVE_MS,
		refetchIntervalInBackground: false,
		refetchOnWindowFocus: "always",
		staleTime: 0,
	});

export const liveSourcesQuery = (tenant_id: string, key_id: string) =>
	queryOptions({
		queryKey: ["keys", tenant_id, key_id, "live-sources"],
		queryFn: () => answered(api.GET(`${ONE}/sources`, { params: { path: { tenant_id, key_id } } })),
		refetchInterval: LIVE_MS,
		refetchIntervalInBackground: false,
		refetchOnWindowFocus: "always",
		staleTime: 0,
	});

export const sitesQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: ["sites", tenant_id, "choices"],
		queryFn: () => answered(api.GET("/api/v1/tenants/{tenant_id}/sites", { params: { path: { tenant_id }, query: { limit: ALL_ROWS } } })),
	});

export const membersQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: ["members", tenant_id],
		queryFn: () => answered(api.GET("/api/v1/tenants/{tenant_id}/members", { params: { path: { tenant_id } } })),
	});

/** Invalidates every query that contains keys of a tenant. */
export function useKeysChanged(tenant_id: string): () => void {
	const queries = useQueryClient();
	return () => {
		void queries.invalidateQueries({ queryKey: ["keys", tenant_id] });
		void queries.invalidateQueries({ queryKey: ["key", tenant_id] });
	};
}

const REFRESH_MS = 15_000;

/** The key of the page. */
export const keyQuery = (tenant_id: string, key_id: string) =>
	queryOptions({
		queryKey: ["key", tenant_id, key_id],
		queryFn: () => answered(api.GET(ONE, { params: { path: { tenant_id, key_id } } })),
		refetchInterval: REFRESH_MS,
	});

/** The key's clients, newest first. */
export const sourcesQuery = (tenant_id: string, key_id: string) =>
	queryOptions({
		queryKey: ["key", tenant_id, key_id, "sources"],
		queryFn: () => answered(api.GET(`${ONE}/sources`, { params: { path: { tenant_id, key_id } } })),
		refetchInterval: REFRESH_MS,
	});
