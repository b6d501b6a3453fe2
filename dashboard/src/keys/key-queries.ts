import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../http/api.ts";

const REFRESH_MS = 15_000;
const HOUR_MS = 3_600_000;
const ONE = "/api/v1/tenants/{tenant_id}/api-keys/{key_id}";

/** The key that its page is about. */
export const keyQuery = (tenant_id: string, key_id: string) =>
	queryOptions({
		queryKey: ["key", tenant_id, key_id],
		queryFn: () => answered(api.GET(ONE, { params: { path: { tenant_id, key_id } } })),
		refetchInterval: REFRESH_MS,
	});

/** Where the key is used from, the newest first. */
export const sourcesQuery = (tenant_id: string, key_id: string) =>
	queryOptions({
		queryKey: ["key", tenant_id, key_id, "sources"],
		queryFn: () => answered(api.GET(`${ONE}/sources`, { params: { path: { tenant_id, key_id } } })),
		refetchInterval: REFRESH_MS,
	});

/** How many requests were let through with the key in the last hour. */
export const lastHourQuery = (tenant_id: string, key_id: string) =>
	queryOptions({
		queryKey: ["key", tenant_id, key_id, "last-hour"],
		queryFn: () => {
			const query = { from: new Date(Date.now() - HOUR_MS).toISOString(), granularity: "minute" as const };
			return answered(api.GET(`${ONE}/usage`, { params: { path: { tenant_id, key_id }, query } }));
		},
		select: ({ data }) => data.reduce((sum, row) => sum + (row.code === "allowed" ? row.requests : 0), 0),
		staleTime: 0,
	});
