import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import type { paths } from "../http/openapi.gen.ts";
import type { ActivitySearch } from "./search.ts";

const EACH = "/api/v1/tenants/{tenant_id}/auth-failures";
const GROUPS = "/api/v1/tenants/{tenant_id}/auth-failures/groups";
const EXPLAIN = "/api/v1/tenants/{tenant_id}/explain/{request_id}";
const ROWS_MAX = 50;
const CHOICES_MAX = 200;
const REFRESH_MS = 15_000;

export type FailureGroup = paths[typeof GROUPS]["get"]["responses"][200]["content"]["application/json"]["data"][number];
export type SingleFailure = paths[typeof EACH]["get"]["responses"][200]["content"]["application/json"]["data"][number];
export type Explanation = paths[typeof EXPLAIN]["get"]["responses"][200]["content"]["application/json"];
export type CheckName = Explanation["check"];

type Filters = Pick<ActivitySearch, "code" | "key" | "client" | "proven">;

function toQuery({ code, key, client, proven }: Filters, from_ms: number) {
	return {
		from: new Date(from_ms).toISOString(),
		...(code === undefined ? {} : { code }),
		...(key === undefined ? {} : { key_id: key }),
		...(client === undefined ? {} : { source_id: client }),
		...(proven === undefined ? {} : { proven: false }),
	};
}

const fromPage = (cursor: string, limit: number) => ({ limit, ...(cursor === "" ? {} : { cursor }) });

/** Refusals in groups since `from_ms`, a boundary of the chart. Those of before stay until those of another filter are there. */
export const groupsQuery = (tenant_id: string, { sort, ...search }: ActivitySearch, from_ms: number) =>
	infiniteQueryOptions({
		queryKey: [...cacheRoots.activity(tenant_id), "groups", toQuery(search, from_ms), sort],
		initialPageParam: "",
		queryFn: ({ pageParam }) => {
			const query = { ...toQuery(search, from_ms), ...fromPage(pageParam, ROWS_MAX), sort: sort ?? ("requests" as const) };
			return answered(api.GET(GROUPS, { params: { path: { tenant_id }, query } }));
		},
		getNextPageParam: (page) => page.next_cursor,
		refetchInterval: REFRESH_MS,
		placeholderData: keepPreviousData,
	});

/** Single kept refusals since `from_ms`, the latest first. */
export const eachQuery = (tenant_id: string, search: ActivitySearch, from_ms: number) =>
	infiniteQueryOptions({
		queryKey: [...cacheRoots.activity(tenant_id), "each", toQuery(search, from_ms)],
		initialPageParam: "",
		queryFn: ({ pageParam }) => {
			const query = { ...toQuery(search, from_ms), ...fromPage(pageParam, ROWS_MAX) };
			return answered(api.GET(EACH, { params: { path: { tenant_id }, query } }));
		},
		getNextPageParam: (page) => page.next_cursor,
		refetchInterval: REFRESH_MS,
		placeholderData: keepPreviousData,
	});

/** The groups from which the choices of the filters are made: the largest of the period. */
export const choicesQuery = (tenant_id: string, from_ms: number) =>
	queryOptions({
		queryKey: [...cacheRoots.activity(tenant_id), "choices", from_ms],
		queryFn: () => answered(api.GET(GROUPS, { params: { path: { tenant_id }, query: { ...toQuery({}, from_ms), limit: CHOICES_MAX } } })),
		select: ({ data }) => data,
	});

/** Refusals by hour since `from_ms`, those that usage reports do not count too. */
export const hoursQuery = (tenant_id: string, from_ms: number) =>
	queryOptions({
		queryKey: [...cacheRoots.activity(tenant_id), "hours", from_ms],
		queryFn: () => answered(api.GET(`${EACH}/hours`, { params: { path: { tenant_id }, query: toQuery({}, from_ms) } })),
		refetchInterval: REFRESH_MS,
		placeholderData: keepPreviousData,
	});

export const explainQuery = (tenant_id: string, request_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.activity(tenant_id), "explain", request_id],
		queryFn: () => answered(api.GET(EXPLAIN, { params: { path: { tenant_id, request_id } } })),
	});
