import type { DatabaseContext } from "../database/database.ts";
import { type Route, route } from "../http/route.ts";
import { explainAnyRequest, explainOwnRequest, explainRequest } from "./explain.ts";
import { listFailureGroups, listFailureHours } from "./groups.ts";
import { FailureGroupPage, FailureGroupsQuery, FailureHours, FailureHoursQuery } from "./groups-schema.ts";
import { listFailures, listUnknownFailures } from "./list.ts";
import { ExplanationSchema, FailurePage, FailuresQuery, OperatorExplanation, UnknownFailurePage, UnknownFailuresQuery } from "./schema.ts";

export const managementFailureRoutes: readonly Route<DatabaseContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/auth-failures",
		access: "viewer",
		summary: "List refused requests, newest first, with the exact counts of all of them",
		status: 200,
		query: FailuresQuery,
		output: FailurePage,
		reads_usage: true,
		run: listFailures,
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/auth-failures/groups",
		access: "viewer",
		summary: "List refused requests in groups of one code, key and source, with exact counts",
		status: 200,
		query: FailureGroupsQuery,
		output: FailureGroupPage,
		reads_usage: true,
		run: listFailureGroups,
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/auth-failures/hours",
		access: "viewer",
		summary: "How many requests were refused in each hour, with the unproven ones that no usage report counts",
		status: 200,
		query: FailureHoursQuery,
		output: FailureHours,
		reads_usage: true,
		run: listFailureHours,
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/explain/:request_id",
		access: "viewer",
		summary: "Explain why a request was refused",
		status: 200,
		output: ExplanationSchema,
		reads_usage: true,
		run: explainRequest,
	}),
];

export const operatorFailureRoutes: readonly Route<DatabaseContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/auth-failures",
		access: "operator",
		summary: "List refused requests that belong to no tenant, by address and unknown kid",
		status: 200,
		query: UnknownFailuresQuery,
		output: UnknownFailurePage,
		run: listUnknownFailures,
	}),
	route({
		method: "GET",
		path: "/api/v1/operator/explain/:request_id",
		access: "operator",
		summary: "Explain why a request of any tenant, or of none, was refused",
		status: 200,
		output: OperatorExplanation,
		reads_usage: true,
		run: explainAnyRequest,
	}),
];

export const keyedFailureRoutes: readonly Route<DatabaseContext & Parameters<typeof explainOwnRequest>[0]>[] = [
	route({
		method: "GET",
		path: "/api/v1/m2m/explain/:request_id",
		access: "key",
		spends_no_budget: true,
		summary: "Explain why a request with this key was refused",
		status: 200,
		output: ExplanationSchema,
		reads_usage: true,
		run: explainOwnRequest,
	}),
];
