import type { ChangeContext } from "../audit/change.ts";
import type { KeyedOperations } from "../checklist/operations.ts";
import type { DatabaseContext } from "../database/database.ts";
import { type Route, route } from "../http/route.ts";
import { PlanInput } from "../plans/schema.ts";
import { type HealthContext, health, nodes } from "./health.ts";
import { planUse, previewPlan, previewTenantPlan } from "./plan-impact.ts";
import { HealthSchema, NodesSchema, PlanImpactSchema, PlanPreviewQuery, PlanUse, TenantsOverview, TenantsQuery } from "./schema.ts";
import { type OverviewContext, tenantsOverview } from "./tenants.ts";

/** `operations`: what each keyed route needs. */
export const operatorOverviewRoutes = (operations: KeyedOperations): readonly Route<OverviewContext & HealthContext & ChangeContext>[] => [
	route({
		method: "GET",
		path: "/api/v1/operator/tenant-overview",
		access: "operator",
		reads_usage: true,
		summary: "Find tenants, with their plan, keys, requests and quota; paged",
		status: 200,
		query: TenantsQuery,
		output: TenantsOverview,
		run: tenantsOverview,
	}),
	route({
		method: "GET",
		path: "/api/v1/operator/tenants/:tenant_id/plan-preview",
		access: "operator",
		summary: "Show what another plan would change for a tenant, before it is changed",
		status: 200,
		query: PlanPreviewQuery,
		output: PlanImpactSchema,
		run: (context: DatabaseContext, input) => previewTenantPlan(context, operations, input),
	}),
	route({
		method: "POST",
		path: "/api/v1/operator/plans/:plan_id/preview",
		access: "operator",
		summary: "Show what replacing a plan would change for its tenants, before it is replaced",
		status: 200,
		body: PlanInput,
		output: PlanImpactSchema,
		run: (context: ChangeContext, input) => previewPlan(context, operations, input),
	}),
	route({
		method: "GET",
		path: "/api/v1/operator/plan-use",
		access: "operator",
		summary: "How many tenants and keys each plan has",
		status: 200,
		output: PlanUse,
		run: (context: DatabaseContext) => planUse(context),
	}),
	route({
		method: "GET",
		path: "/api/v1/operator/health",
		access: "operator",
		summary: "The state of the node that answers, of its database and of mail",
		status: 200,
		output: HealthSchema,
		run: health,
	}),
	route({
		method: "GET",
		path: "/api/v1/operator/nodes",
		access: "operator",
		summary: "The server processes and their leases",
		status: 200,
		output: NodesSchema,
		run: nodes,
	}),
];
