import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../http/api.ts";

const REFRESH_MS = 15_000;
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
