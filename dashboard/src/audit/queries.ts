import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import type { paths } from "../http/openapi.gen.ts";
import { type AuditSearch, toQuery } from "./search.ts";

const OWN = "/api/v1/tenants/{tenant_id}/audit";
const ALL = "/api/v1/operator/audit";
const ROWS_MAX = 50;
const EARLIER_MAX = 3;

type OwnPage = paths[typeof OWN]["get"]["responses"][200]["content"]["application/json"];
type AllPage = paths[typeof ALL]["get"]["responses"][200]["content"]["application/json"];

/** An entry. `tenant_id` only in the operator's list; null there for what belongs to no tenant. */
export type Entry = OwnPage["data"][number] & Partial<Pick<AllPage["data"][number], "tenant_id">>;

/** Whose entries: of a tenant, or of all for the operator. */
export type Scope = { readonly tenant_id: string } | "all";

interface Page {
	readonly data: readonly Entry[];
	readonly next_cursor: string | null;
}

type Window = { readonly limit: number; readonly cursor?: string };

async function readPage(scope: Scope, search: AuditSearch, window: Window): Promise<Page> {
	const query = { ...toQuery(search, Date.now()), ...window };
	if (scope !== "all") return answered(api.GET(OWN, { params: { path: scope, query } }));
	const of = search.of === undefined ? {} : { tenant_id: search.of };
	return answered(api.GET(ALL, { params: { query: { ...query, ...of } } }));
}

const getRoot = (scope: Scope) => cacheRoots.audit(scope === "all" ? null : scope.tenant_id);

/** Pages of entries, newest first. The previous ones stay until those of another filter are there. */
export const entriesQuery = (scope: Scope, { entry: _entry, ...filters }: AuditSearch) =>
	infiniteQueryOptions({
		queryKey: [...getRoot(scope), "list", filters],
		initialPageParam: "",
		queryFn: ({ pageParam }) => readPage(scope, filters, { limit: ROWS_MAX, ...(pageParam === "" ? {} : { cursor: pageParam }) }),
		getNextPageParam: (page) => page.next_cursor,
		// What happened a moment ago is what a person looks for.
		staleTime: 0,
		placeholderData: keepPreviousData,
	});

/** The last entries about the same target before this one. */
export const earlierQuery = (scope: Scope, { id, at, target, tenant_id }: Entry) =>
	queryOptions({
		queryKey: [...getRoot(scope), "earlier", id],
		queryFn: () => readPage(scope, { target: target.id, to: at, ...(tenant_id == null ? {} : { of: tenant_id }) }, { limit: EARLIER_MAX }),
	});

/** Whether a log is whole, as the server verifies it: that of a tenant, or with null that of the instance, for operators. */
/** `of`: the tenant whose log the operator looks at, null for that of the instance itself. */
export const stateQuery = (scope: Scope, of: string | null) =>
	queryOptions({
		queryKey: [...getRoot(scope), "state", of],
		queryFn: () =>
			scope === "all"
				? answered(api.GET("/api/v1/operator/audit/state", { params: { query: of === null ? {} : { tenant_id: of } } }))
				: answered(api.GET("/api/v1/tenants/{tenant_id}/audit/state", { params: { path: scope } })),
	});

/** The address of the export with these filters. */
export function exportPath(scope: Scope, search: AuditSearch): string {
	const query = new URLSearchParams(toQuery(search, Date.now()));
	if (scope === "all" && search.of !== undefined) query.set("tenant_id", search.of);
	const path = scope === "all" ? ALL : OWN.replace("{tenant_id}", encodeURIComponent(scope.tenant_id));
	return query.size === 0 ? path : `${path}?${query}`;
}

const TENANTS_MAX = 100;

/** The tenants to filter by, for the operator. Others are reached by the address. */
export const tenantChoicesQuery = queryOptions({
	queryKey: cacheRoots.operator.audited,
	queryFn: () => answered(api.GET("/api/v1/operator/tenants", { params: { query: { limit: TENANTS_MAX } } })),
	select: ({ data }) => data,
});
