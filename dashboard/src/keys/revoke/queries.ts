import { queryOptions, skipToken } from "@tanstack/react-query";
import { answered, api } from "../../http/api.ts";
import type { paths } from "../../http/openapi.gen.ts";
import type { ApiKey } from "../queries.ts";

const REFRESH_MS = 15_000;
/** The API's maximum page size. */
const ROWS_MAX = 100;
const ALL = "/api/v1/tenants/{tenant_id}/api-keys";
const ONE = `${ALL}/{key_id}` as const;

export type RevokePreview = paths[`${typeof ONE}/revoke-preview`]["get"]["responses"][200]["content"]["application/json"];

/** Preview of what stops with the key, refreshed while it is shown. */
export const previewQuery = (tenant_id: string, key_id: string) =>
	queryOptions({
		queryKey: ["key", tenant_id, key_id, "revoke-preview"],
		queryFn: () => answered(api.GET(`${ONE}/revoke-preview`, { params: { path: { tenant_id, key_id } } })),
		staleTime: 0,
		refetchInterval: REFRESH_MS,
	});

/** The response to a revocation, cached while the page is open. The revoke action sets it; it is never fetched. */
export const receiptQuery = (tenant_id: string, key_id: string) =>
	queryOptions<string>({ queryKey: ["revoked", tenant_id, key_id], queryFn: skipToken, staleTime: Number.POSITIVE_INFINITY });

/** Live keys by expiry, the nearest first; keys without one come last. */
export const endingQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: ["keys", tenant_id, "ending"],
		queryFn: async (): Promise<readonly ApiKey[]> => {
			const query = { sort: "expires", limit: ROWS_MAX } as const;
			const pages = await Promise.all(
				(["active", "paused"] as const).map((status) => answered(api.GET(ALL, { params: { path: { tenant_id }, query: { ...query, status } } }))),
			);
			return pages.flatMap((page) => page.data);
		},
	});
