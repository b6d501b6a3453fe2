import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import type { paths } from "../http/openapi.gen.ts";

const ONE = "/api/v1/tenants/{tenant_id}/api-keys/{key_id}/incident";
const REFRESH_MS = 15_000;

export type Incident = paths[typeof ONE]["get"]["responses"][200]["content"]["application/json"];
export type Moment = Incident["timeline"][number];

/** What is known of the exposure of a key. */
export const incidentQuery = (tenant_id: string, key_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.key(tenant_id, key_id), "incident"],
		queryFn: () => answered(api.GET(ONE, { params: { path: { tenant_id, key_id } } })),
		refetchInterval: REFRESH_MS,
	});
