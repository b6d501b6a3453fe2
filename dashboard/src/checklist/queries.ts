import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import type { paths } from "../http/openapi.gen.ts";
import { MINUTE_MS } from "../ui/time-units.ts";

const CHECKLIST = "/api/v1/tenants/{tenant_id}/checklist";
const PAGE_ROWS = 25;
/** It is computed from everything that the keys did, so it is asked for less often than other state. */
const READ_EVERY_MS = MINUTE_MS;
const COUNTED_EVERY_MS = 5 * MINUTE_MS;

export type Item = paths[typeof CHECKLIST]["get"]["responses"][200]["content"]["application/json"]["data"][number];
export type ItemName = Item["item"];
export type Turn = paths[`${typeof CHECKLIST}/history`]["get"]["responses"][200]["content"]["application/json"]["data"][number];
export type Rehearsal = paths[`${typeof CHECKLIST}/rehearsals`]["get"]["responses"][200]["content"]["application/json"]["data"][number];

/** The items of the tenant, or of one key. */
export const checklistQuery = (tenant_id: string, key_id?: string) =>
	queryOptions({
		queryKey: [...cacheRoots.checklist(tenant_id), "items", key_id ?? null],
		queryFn: async () => {
			const query = key_id === undefined ? {} : { key_id };
			return (await answered(api.GET(CHECKLIST, { params: { path: { tenant_id }, query } }))).data;
		},
		placeholderData: keepPreviousData,
		refetchInterval: READ_EVERY_MS,
		refetchOnWindowFocus: "always",
	});

/** How many items of the tenant are not met: by the same reading, if the page is open. */
export const notMetCountQuery = (tenant_id: string) =>
	queryOptions({
		...checklistQuery(tenant_id),
		staleTime: COUNTED_EVERY_MS,
		refetchInterval: COUNTED_EVERY_MS,
		refetchOnWindowFocus: false,
		select: (items: Item[]) => items.filter(({ status }) => status === "not_met").length,
	});

/** Pages of what turned, the latest first. */
export const turnsQuery = (tenant_id: string, key_id?: string) =>
	infiniteQueryOptions({
		queryKey: [...cacheRoots.checklist(tenant_id), "turns", key_id ?? null],
		initialPageParam: "",
		queryFn: ({ pageParam }) => {
			const query = { limit: PAGE_ROWS, ...(key_id === undefined ? {} : { key_id }), ...(pageParam === "" ? {} : { cursor: pageParam }) };
			return answered(api.GET(`${CHECKLIST}/history`, { params: { path: { tenant_id }, query } }));
		},
		getNextPageParam: (page) => page.next_cursor,
	});

export const rehearsalsQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.checklist(tenant_id), "rehearsals"],
		queryFn: async () => (await answered(api.GET(`${CHECKLIST}/rehearsals`, { params: { path: { tenant_id } } }))).data,
	});

/** Makes a canary key and revokes it; answers once every node has confirmed. */
export function rehearse(tenant_id: string): Promise<Rehearsal> {
	return answered(api.POST(`${CHECKLIST}/rehearsals`, { params: { path: { tenant_id } } }));
}

export function confirmRehearsal(tenant_id: string, rehearsal_id: string): Promise<Rehearsal> {
	return answered(api.POST(`${CHECKLIST}/rehearsals/{rehearsal_id}/confirm`, { params: { path: { tenant_id, rehearsal_id } } }));
}

const KEYS = "/api/v1/tenants/{tenant_id}/api-keys";
const CHOICES_MAX = 50;

/** Active keys whose name has this text, to choose one: at most 50. */
export const keyChoicesQuery = (tenant_id: string, search: string) =>
	queryOptions({
		queryKey: [...cacheRoots.keys(tenant_id), "checklist choices", search],
		queryFn: async () => {
			const query = { status: "active", limit: CHOICES_MAX, ...(search === "" ? {} : { search }) } as const;
			const { data } = await answered(api.GET(KEYS, { params: { path: { tenant_id }, query } }));
			return data.map(({ id, name }) => ({ value: id, label: name }));
		},
		placeholderData: keepPreviousData,
	});
