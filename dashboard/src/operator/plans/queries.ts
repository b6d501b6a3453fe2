import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { readAllPages } from "../../http/all-pages.ts";
import { answered, api } from "../../http/api.ts";
import { cacheRoots } from "../../http/cache-roots.ts";
import type { paths } from "../../http/openapi.gen.ts";

const ROOT = cacheRoots.operator.plans;
const PLANS = "/api/v1/operator/plans";
const PLAN = "/api/v1/operator/plans/{plan_id}";
const PREVIEW = "/api/v1/operator/plans/{plan_id}/preview";

export type Plan = paths[typeof PLAN]["get"]["responses"][200]["content"]["application/json"];
export type PlanInput = NonNullable<paths[typeof PLAN]["put"]["requestBody"]>["content"]["application/json"];
export type PlanImpact = paths[typeof PREVIEW]["post"]["responses"][200]["content"]["application/json"];

/** All plans by name; the server allows 1,000. */
export const plansQuery = queryOptions({
	queryKey: [...ROOT, "list"],
	queryFn: async () => {
		const plans = await readAllPages((query) => answered(api.GET(PLANS, { params: { query } })));
		return plans.sort((a, b) => a.name.localeCompare(b.name));
	},
});

/** Tenants and live keys by plan id. A plan that no tenant has is absent. */
export const planUseQuery = queryOptions({
	queryKey: [...ROOT, "use"],
	queryFn: async () => {
		const { data } = await answered(api.GET("/api/v1/operator/plan-use"));
		return new Map(data.map(({ plan_id, ...use }) => [plan_id, use]));
	},
});

export function previewPlan(plan_id: string, body: PlanInput): Promise<PlanImpact> {
	return answered(api.POST(PREVIEW, { params: { path: { plan_id } }, body }));
}

export function putPlan(plan_id: string, body: PlanInput): Promise<Plan> {
	return answered(api.PUT(PLAN, { params: { path: { plan_id } }, body }));
}

export async function deletePlan(plan_id: string): Promise<true> {
	await answered(api.DELETE(PLAN, { params: { path: { plan_id } } }));
	return true;
}

const SHOWING = [
	ROOT,
	cacheRoots.operator.tenants,
	cacheRoots.operator.catalogue,
	cacheRoots.access(),
	cacheRoots.limits(),
	cacheRoots.permissions(),
	cacheRoots.capabilities(),
	cacheRoots.session,
];

/** Invalidates every query that shows a plan. */
export function usePlansChanged(): () => void {
	const queries = useQueryClient();
	return () => {
		for (const queryKey of SHOWING) void queries.invalidateQueries({ queryKey });
	};
}
