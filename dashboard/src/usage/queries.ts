import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";

const REFRESH_MS = 30_000;

/** One key's requests by hour since `from_ms`, which must be a bucket boundary so that the query key is stable. */
export const keyUsageQuery = (tenant_id: string, key_id: string, from_ms: number) =>
	queryOptions({
		queryKey: [...cacheRoots.key(tenant_id, key_id), "usage", from_ms],
		queryFn: () =>
			answered(
				api.GET("/api/v1/tenants/{tenant_id}/api-keys/{key_id}/usage", {
					params: { path: { tenant_id, key_id }, query: { from: new Date(from_ms).toISOString(), granularity: "hour" } },
				}),
			),
		refetchInterval: REFRESH_MS,
	});

/** The requests of a tenant since `from_ms` by key, for charts without a time axis: by hour, or by day in UTC. */
export const tenantUsageByKeyQuery = (tenant_id: string, from_ms: number, granularity: "hour" | "day") =>
	queryOptions({
		queryKey: [...cacheRoots.usage(tenant_id), "by-key", from_ms, granularity],
		queryFn: () =>
			answered(
				api.GET("/api/v1/tenants/{tenant_id}/usage", {
					params: { path: { tenant_id }, query: { from: new Date(from_ms).toISOString(), granularity, group_by: "key" } },
				}),
			),
		refetchInterval: REFRESH_MS,
	});

/** The requests of a tenant since `from_ms` by where they came from, in whole days in UTC. */
export const tenantUsageBySourceQuery = (tenant_id: string, from_ms: number) =>
	queryOptions({
		queryKey: [...cacheRoots.usage(tenant_id), "by-source", from_ms],
		queryFn: () =>
			answered(
				api.GET("/api/v1/tenants/{tenant_id}/usage", {
					params: { path: { tenant_id }, query: { from: new Date(from_ms).toISOString(), granularity: "day", group_by: "source" } },
				}),
			),
		refetchInterval: REFRESH_MS,
	});

/** The requests of all keys of a tenant by hour since `from_ms`. */
export const tenantUsageQuery = (tenant_id: string, from_ms: number) =>
	queryOptions({
		queryKey: [...cacheRoots.usage(tenant_id), from_ms],
		queryFn: () =>
			answered(
				api.GET("/api/v1/tenants/{tenant_id}/usage", {
					params: { path: { tenant_id }, query: { from: new Date(from_ms).toISOString(), granularity: "hour" } },
				}),
			),
		refetchInterval: REFRESH_MS,
	});
