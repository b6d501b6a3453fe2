import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import type { paths } from "../http/openapi.gen.ts";
import type { RateLimit } from "./plan-words.ts";

export type Permission = paths["/api/v1/tenants/{tenant_id}/permissions"]["get"]["responses"][200]["content"]["application/json"]["data"][number];

export type Capability = paths["/api/v1/tenants/{tenant_id}/capabilities"]["get"]["responses"][200]["content"]["application/json"]["data"][number];

export const permissionsQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: cacheRoots.permissions(tenant_id),
		queryFn: () => answered(api.GET("/api/v1/tenants/{tenant_id}/permissions", { params: { path: { tenant_id } } })),
	});

/** Capabilities with their descriptions. */
export const capabilitiesQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: cacheRoots.capabilities(tenant_id),
		queryFn: () => answered(api.GET("/api/v1/tenants/{tenant_id}/capabilities", { params: { path: { tenant_id } } })),
	});

export type Answer = paths["/api/v1/tenants/{tenant_id}/limits"]["get"]["responses"][200]["content"]["application/json"];

/** `remaining` is null: only the node that counts a rate limit knows it. */
export type Limits = Omit<Answer, "rate_limits"> & { readonly rate_limits: readonly RateLimit[] };

/** The plan's limits and their usage. */
export const limitsQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: cacheRoots.limits(tenant_id),
		queryFn: () => answered(api.GET("/api/v1/tenants/{tenant_id}/limits", { params: { path: { tenant_id } } })),
	});
