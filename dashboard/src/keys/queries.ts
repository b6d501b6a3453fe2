import { infiniteQueryOptions, keepPreviousData, queryOptions, skipToken, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import type { paths } from "../http/openapi.gen.ts";
import type { ListFilters } from "./list-filters.ts";

export type ApiKey = paths["/api/v1/tenants/{tenant_id}/api-keys/{key_id}"]["get"]["responses"][200]["content"]["application/json"];
export type Source =
	paths["/api/v1/tenants/{tenant_id}/api-keys/{key_id}/sources"]["get"]["responses"][200]["content"]["application/json"]["data"][number];

/** The API's maximum page size. */
const ROWS_MAX = 100;
const LIVE_MS = 1_500;
const REFRESH_MS = 15_000;

const ONE = "/api/v1/tenants/{tenant_id}/api-keys/{key_id}";
const ALL = "/api/v1/tenants/{tenant_id}/api-keys";

export type CanaryAlert = paths["/api/v1/tenants/{tenant_id}/alerts"]["get"]["responses"][200]["content"]["application/json"]["data"][number];

/** The alerts about uses of a canary key, newest first. */
export const canaryAlertsQuery = (tenant_id: string, key_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.key(tenant_id, key_id), "canary"],
		queryFn: () =>
			answered(api.GET("/api/v1/tenants/{tenant_id}/alerts", { params: { path: { tenant_id }, query: { key_id, rule: "canary_used" } } })),
		refetchInterval: LIVE_MS,
	});

/** Pages of `rows_max` keys, each with the number of all that match. */
export const keysQuery = (tenant_id: string, filters: ListFilters, rows_max: number) =>
	infiniteQueryOptions({
		queryKey: [...cacheRoots.keys(tenant_id), "list", filters, rows_max],
		initialPageParam: "",
		queryFn: ({ pageParam }) =>
			answered(
				api.GET(ALL, {
					params: { path: { tenant_id }, query: { ...filters, limit: rows_max, total: true, ...(pageParam === "" ? {} : { cursor: pageParam }) } },
				}),
			),
		getNextPageParam: (page) => page.next_cursor,
	});

/** Whether the tenant has a key, the names in use, and the integrations and people to filter by. */
export const choicesQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.keys(tenant_id), "choices"],
		queryFn: () => answered(api.GET(`${ALL}/choices`, { params: { path: { tenant_id } } })),
	});

/** How many keys need a person. */
export const attentionQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.keys(tenant_id), "attention"],
		queryFn: () => answered(api.GET(ALL, { params: { path: { tenant_id }, query: { attention: true, total: true, limit: 1 } } })),
		select: ({ total = 0 }) => total,
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
		queryKey: [...cacheRoots.keys(tenant_id), "activity", key_ids],
		enabled: key_ids.length > 0,
		queryFn: () =>
			answered(api.GET("/api/v1/tenants/{tenant_id}/api-keys/activity", { params: { path: { tenant_id }, query: { key_ids: key_ids.join(",") } } })),
		select: byKey,
		placeholderData: keepPreviousData,
	});

/** Polls the key until its first request. Pauses while the page is hidden. */
export const liveKeyQuery = (tenant_id: string, key_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.key(tenant_id, key_id), "live"],
		queryFn: () => answered(api.GET(ONE, { params: { path: { tenant_id, key_id } } })),
		refetchInterval: LIVE_MS,
		refetchIntervalInBackground: false,
		refetchOnWindowFocus: "always",
		staleTime: 0,
	});

export const liveSourcesQuery = (tenant_id: string, key_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.key(tenant_id, key_id), "live-sources"],
		queryFn: () => answered(api.GET(`${ONE}/sources`, { params: { path: { tenant_id, key_id } } })),
		refetchInterval: LIVE_MS,
		refetchIntervalInBackground: false,
		refetchOnWindowFocus: "always",
		staleTime: 0,
	});

/** Invalidates every query that contains keys of a tenant. */
export function useKeysChanged(tenant_id: string): () => void {
	const queries = useQueryClient();
	return () => void queries.invalidateQueries({ queryKey: cacheRoots.keys(tenant_id) });
}

/** The key of the page. */
export const keyQuery = (tenant_id: string, key_id: string) =>
	queryOptions({
		queryKey: cacheRoots.key(tenant_id, key_id),
		queryFn: () => answered(api.GET(ONE, { params: { path: { tenant_id, key_id } } })),
		refetchInterval: REFRESH_MS,
	});

/** The key's clients, newest first. */
export const sourcesQuery = (tenant_id: string, key_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.key(tenant_id, key_id), "sources"],
		queryFn: () => answered(api.GET(`${ONE}/sources`, { params: { path: { tenant_id, key_id } } })),
		refetchInterval: REFRESH_MS,
	});

export type RevokePreview = paths[`${typeof ONE}/revoke-preview`]["get"]["responses"][200]["content"]["application/json"];

/** Preview of what stops with the key, refreshed while it is shown. */
export const previewQuery = (tenant_id: string, key_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.key(tenant_id, key_id), "revoke-preview"],
		queryFn: () => answered(api.GET(`${ONE}/revoke-preview`, { params: { path: { tenant_id, key_id } } })),
		staleTime: 0,
		refetchInterval: REFRESH_MS,
	});

/** The key's budgets with what is spent of them. */
export const budgetsQuery = (tenant_id: string, key_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.key(tenant_id, key_id), "budgets"],
		queryFn: () => answered(api.GET(`${ONE}/budgets`, { params: { path: { tenant_id, key_id } } })),
		refetchInterval: REFRESH_MS,
	});

/** What a budget would have refused in the last 30 days. */
export const budgetPreviewQuery = (tenant_id: string, key_id: string, query: { amount: number; per: "day" | "week" | "month" | "total" }) =>
	queryOptions({
		queryKey: [...cacheRoots.key(tenant_id, key_id), "budget-preview", query.per, query.amount],
		queryFn: () => answered(api.GET(`${ONE}/budget-preview`, { params: { path: { tenant_id, key_id }, query } })),
	});

/** The response to a revocation, cached while the page is open. The revoke action sets it; it is never fetched. */
export const receiptQuery = (tenant_id: string, key_id: string) =>
	queryOptions<string>({ queryKey: [...cacheRoots.key(tenant_id, key_id), "receipt"], queryFn: skipToken, staleTime: Number.POSITIVE_INFINITY });

/** Live keys by expiry, the nearest first; keys without one come last. */
export const endingQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.keys(tenant_id), "ending"],
		queryFn: async (): Promise<readonly ApiKey[]> => {
			const query = { sort: "expires", limit: ROWS_MAX } as const;
			const pages = await Promise.all(
				(["active", "paused"] as const).map((status) => answered(api.GET(ALL, { params: { path: { tenant_id }, query: { ...query, status } } }))),
			);
			return pages.flatMap((page) => page.data);
		},
	});

export const TRANSFER = `${ALL}/transfer` as const;
export type TransferredKey = paths[typeof TRANSFER]["post"]["responses"][200]["content"]["application/json"]["keys"][number];
type NewOwner = NonNullable<paths[typeof TRANSFER]["post"]["requestBody"]>["content"]["application/json"]["owner"];

/** The keys of a person that the member would become responsible for. Refetched each time the dialog opens. */
export const transferPreviewQuery = (tenant_id: string, from: string, owner: NewOwner) =>
	queryOptions({
		queryKey: [...cacheRoots.keys(tenant_id), "transfer", from, owner],
		queryFn: () => answered(api.POST(TRANSFER, { params: { path: { tenant_id } }, body: { from, owner, preview: true } })),
		staleTime: 0,
		gcTime: 0,
	});

const BULK = `${ALL}/bulk-revoke` as const;
export type BulkSelection = Pick<NonNullable<paths[typeof BULK]["post"]["requestBody"]>["content"]["application/json"], "key_ids" | "filter">;

/** What revoking several keys would stop. Refetched each time the dialog opens. */
export const bulkPreviewQuery = (tenant_id: string, selection: BulkSelection | null) =>
	queryOptions({
		queryKey: [...cacheRoots.keys(tenant_id), "bulk", selection],
		queryFn: () => answered(api.POST(BULK, { params: { path: { tenant_id } }, body: { ...selection, reason: "other", preview: true } })),
		enabled: selection !== null,
		staleTime: 0,
		gcTime: 0,
	});
