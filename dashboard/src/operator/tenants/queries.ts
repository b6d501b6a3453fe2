import { keepPreviousData, type QueryClient, queryOptions, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../../http/api.ts";
import { cacheRoots } from "../../http/cache-roots.ts";
import type { paths } from "../../http/openapi.gen.ts";
import { HOUR_MS } from "../../ui/time-units.ts";
import type { TenantsSearch } from "./search.ts";

const ROOT = cacheRoots.operator.tenants;
const OVERVIEW = "/api/v1/operator/tenant-overview";
const TENANTS = "/api/v1/operator/tenants";
const TENANT = "/api/v1/operator/tenants/{tenant_id}";
const PORTAL = "/api/v1/operator/tenants/{tenant_id}/portal-sessions";

export type TenantRow = paths[typeof OVERVIEW]["get"]["responses"][200]["content"]["application/json"]["data"][number];
export type Tenant = paths[typeof TENANT]["get"]["responses"][200]["content"]["application/json"];
export type TenantLimits = NonNullable<Tenant["limits"]>;
type TenantInput = paths[typeof TENANTS]["post"]["requestBody"]["content"]["application/json"];
type TenantPatch = NonNullable<paths[typeof TENANT]["patch"]["requestBody"]>["content"]["application/json"];
type PortalInput = NonNullable<paths[typeof PORTAL]["post"]["requestBody"]>["content"]["application/json"];

export const PAGE_ROWS = 25;

const getPath = (tenant_id: string) => ({ path: { tenant_id } });

/** One page of the list. The previous page stays until the next one is there. */
export const tenantsQuery = ({ search, plan, status, sort = "requests_24h", order = "desc", page = 1 }: TenantsSearch) => {
	const query = {
		...{ sort, order, page, limit: PAGE_ROWS },
		...(search === undefined ? {} : { search }),
		...(plan === undefined ? {} : { plan_id: plan }),
		...(status === undefined ? {} : { status }),
	};
	return queryOptions({
		queryKey: [...ROOT, "list", query],
		queryFn: () => answered(api.GET(OVERVIEW, { params: { query } })),
		placeholderData: keepPreviousData,
	});
};

export const tenantQuery = (tenant_id: string) =>
	queryOptions({ queryKey: [...ROOT, "one", tenant_id], queryFn: () => answered(api.GET(TENANT, { params: getPath(tenant_id) })) });

/** Requests of the current hour and the 23 before it, and of the current and the last 59 minutes. */
export const activityQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: [...ROOT, "activity", tenant_id],
		queryFn: async () => {
			const now_ms = Date.now();
			const usage = async (from_ms: number, granularity: "hour" | "minute") => {
				const query = { from: new Date(from_ms).toISOString(), granularity };
				const { data } = await answered(api.GET("/api/v1/tenants/{tenant_id}/usage", { params: { ...getPath(tenant_id), query } }));
				const allowed = data.filter(({ code }) => code === "allowed").reduce((sum, { requests }) => sum + requests, 0);
				return { allowed, refused: data.reduce((sum, { requests }) => sum + requests, -allowed) };
			};
			const [day, hour] = await Promise.all([usage(now_ms - 23 * HOUR_MS, "hour"), usage(now_ms - HOUR_MS, "minute")]);
			return { day, hour };
		},
	});

export const CHANGES_SHOWN = 2;

/** The newest entries of the audit log that are about the tenant. */
export const changesQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: [...ROOT, "changes", tenant_id],
		queryFn: () => answered(api.GET("/api/v1/operator/audit", { params: { query: { tenant_id, limit: CHANGES_SHOWN } } })),
		select: ({ data }) => data,
	});

/** What another plan would change. Never cached, because it decides about a change. */
export const planPreviewQuery = (tenant_id: string, plan_id: string) =>
	queryOptions({
		queryKey: [...ROOT, "plan-preview", tenant_id, plan_id],
		queryFn: () => answered(api.GET("/api/v1/operator/tenants/{tenant_id}/plan-preview", { params: { ...getPath(tenant_id), query: { plan_id } } })),
		gcTime: 0,
		staleTime: 0,
	});

export function createTenant(body: TenantInput): Promise<Tenant> {
	return answered(api.POST(TENANTS, { body }));
}

export function patchTenant(tenant_id: string, body: TenantPatch): Promise<Tenant> {
	return answered(api.PATCH(TENANT, { params: getPath(tenant_id), body }));
}

export async function deleteTenant(tenant_id: string): Promise<true> {
	await answered(api.DELETE(TENANT, { params: getPath(tenant_id) }));
	return true;
}

export function createPortalLink(tenant_id: string, body: PortalInput): Promise<{ url: string; expires_at: string }> {
	return answered(api.POST(PORTAL, { params: getPath(tenant_id), body }));
}

/** Everything that shows a tenant: the operator's pages, and those of the tenant. */
const SHOWING = [
	ROOT,
	cacheRoots.operator.plans,
	cacheRoots.session,
	cacheRoots.visit(),
	cacheRoots.access(),
	cacheRoots.limits(),
	cacheRoots.permissions(),
	cacheRoots.capabilities(),
	["members"],
] as const;

function tenantsChanged(queries: QueryClient): void {
	for (const queryKey of SHOWING) void queries.invalidateQueries({ queryKey });
}

/** Invalidates every query that shows a tenant. */
export function useTenantsChanged(): () => void {
	const queries = useQueryClient();
	return () => tenantsChanged(queries);
}
