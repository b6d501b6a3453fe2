import { infiniteQueryOptions, keepPreviousData, queryOptions, useQueryClient } from "@tanstack/react-query";
import { readAllPages } from "../http/all-pages.ts";
import { answered, api } from "../http/api.ts";
import { cacheRoots } from "../http/cache-roots.ts";
import type { paths } from "../http/openapi.gen.ts";
import { SHARED_STATE } from "../http/queries.ts";

const ALERTS = "/api/v1/tenants/{tenant_id}/alerts";
const RULES = "/api/v1/tenants/{tenant_id}/alert-rules";
const PAGE_ROWS = 25;

export type Alert = paths[typeof ALERTS]["get"]["responses"][200]["content"]["application/json"]["data"][number];
export type Rule = paths[typeof RULES]["get"]["responses"][200]["content"]["application/json"]["data"][number];
export type RuleName = Rule["rule"];
export type AlertTest = paths[`${typeof ALERTS}/tests`]["get"]["responses"][200]["content"]["application/json"]["data"][number];
export type MadeAlertTest = paths[`${typeof ALERTS}/tests`]["post"]["responses"][202]["content"]["application/json"];
export type RuleInput = paths[typeof RULES]["put"]["requestBody"]["content"]["application/json"];

/** What a list of alerts is restricted to. */
export interface AlertFilter {
	readonly key_id?: string;
	readonly rule?: RuleName;
}

/** Every open alert. The server bounds them: at most eleven of each rule. */
export const openAlertsQuery = (tenant_id: string, filter: AlertFilter) =>
	queryOptions({
		queryKey: [...cacheRoots.alerts(tenant_id), "open", filter],
		queryFn: () =>
			readAllPages((page) => answered(api.GET(ALERTS, { params: { path: { tenant_id }, query: { ...filter, ...page, status: "open" } } }))),
		placeholderData: keepPreviousData,
		...SHARED_STATE,
	});

/** Pages of the alerts that were resolved, the latest raised first, each with the number of all. */
export const resolvedAlertsQuery = (tenant_id: string, filter: AlertFilter) =>
	infiniteQueryOptions({
		queryKey: [...cacheRoots.alerts(tenant_id), "resolved", filter],
		initialPageParam: "",
		queryFn: ({ pageParam }) => {
			const query = { ...filter, status: "resolved", total: true, limit: PAGE_ROWS, ...(pageParam === "" ? {} : { cursor: pageParam }) } as const;
			return answered(api.GET(ALERTS, { params: { path: { tenant_id }, query } }));
		},
		getNextPageParam: (page) => page.next_cursor,
		placeholderData: keepPreviousData,
		...SHARED_STATE,
	});

/** How many alerts match, without reading them: `raised` are open and wait for a person. */
export const alertCountQuery = (tenant_id: string, status: "raised" | "open" | "resolved", filter: AlertFilter = {}) =>
	queryOptions({
		queryKey: [...cacheRoots.alerts(tenant_id), "count", status, filter],
		queryFn: () => answered(api.GET(ALERTS, { params: { path: { tenant_id }, query: { ...filter, status, total: true, limit: 1 } } })),
		select: ({ total = 0 }) => total,
		...SHARED_STATE,
	});

/** One alert, such as of a link in a mail. */
export const alertQuery = (tenant_id: string, alert_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.alerts(tenant_id), "one", alert_id],
		queryFn: () => readAlert(tenant_id, alert_id),
		...SHARED_STATE,
	});

export function readAlert(tenant_id: string, alert_id: string): Promise<Alert> {
	return answered(api.GET(`${ALERTS}/{alert_id}`, { params: { path: { tenant_id, alert_id } } }));
}

export function acknowledgeAlert(tenant_id: string, alert_id: string): Promise<Alert> {
	return answered(api.POST(`${ALERTS}/{alert_id}/acknowledge`, { params: { path: { tenant_id, alert_id } } }));
}

/** Sends a test by a rule; what becomes of it is in `alertTestsQuery`. */
export function sendAlertTest(tenant_id: string, rule: RuleName): Promise<MadeAlertTest> {
	return answered(api.POST(`${ALERTS}/tests`, { params: { path: { tenant_id } }, body: { rule } }));
}

const TEST_EVERY_MS = 1_000;

/** The latest test of each rule; read every second until one of them is `final`. */
export const alertTestsQuery = (tenant_id: string, final: (test: AlertTest) => boolean) =>
	queryOptions({
		queryKey: [...cacheRoots.alerts(tenant_id), "tests"],
		queryFn: async () => (await answered(api.GET(`${ALERTS}/tests`, { params: { path: { tenant_id } } }))).data,
		refetchInterval: ({ state }) => (state.data?.some(final) === true ? false : TEST_EVERY_MS),
	});

async function readRules(tenant_id: string): Promise<Rule[]> {
	return (await answered(api.GET(RULES, { params: { path: { tenant_id } } }))).data;
}

/** Every rule, in the order of the server. */
export const rulesQuery = (tenant_id: string) =>
	queryOptions({ queryKey: [...cacheRoots.alerts(tenant_id), "rules"], queryFn: () => readRules(tenant_id), ...SHARED_STATE });

export async function readRule(tenant_id: string, name: RuleName): Promise<Rule | null> {
	return (await readRules(tenant_id)).find(({ rule }) => rule === name) ?? null;
}

/** Changes what `body` has of a rule. */
export function putRule(tenant_id: string, body: RuleInput): Promise<Rule> {
	return answered(api.PUT(RULES, { params: { path: { tenant_id } }, body }));
}

/** Invalidates the alerts and rules of a tenant, and its counts. */
export function useAlertsChanged(tenant_id: string): () => Promise<void> {
	const queries = useQueryClient();
	return () => queries.invalidateQueries({ queryKey: cacheRoots.alerts(tenant_id) });
}
