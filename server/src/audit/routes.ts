import { type Route, route } from "../http/route.ts";
import { ALL_ENTRY_EXPORTS, ENTRY_EXPORTS, type ExportContext } from "./export.ts";
import { listAllEntries, listEntries } from "./list.ts";
import { Entries, EntriesQuery, OperatorEntries, OperatorEntriesQuery, OperatorStateQuery, State } from "./schema.ts";
import { getAnyState, getState, type StateContext } from "./state.ts";

export const managementAuditRoutes: readonly Route<ExportContext & StateContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/audit",
		access: "admin",
		summary: "List the audit entries of the tenant, newest first",
		status: 200,
		query: EntriesQuery,
		output: Entries,
		formats: ENTRY_EXPORTS,
		run: listEntries,
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/audit/state",
		access: "admin",
		summary: "Verify the audit log of the tenant: whether it is whole, and its number of entries",
		status: 200,
		output: State,
		run: getState,
	}),
];

export const operatorAuditRoutes: readonly Route<ExportContext & StateContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/audit/state",
		access: "operator",
		summary: "Verify the audit log of the instance or of one tenant: whether it is whole, and its number of entries",
		status: 200,
		query: OperatorStateQuery,
		output: State,
		run: getAnyState,
	}),
	route({
		method: "GET",
		path: "/api/v1/operator/audit",
		access: "operator",
		summary: "List the audit entries of all tenants and of the instance, newest first",
		status: 200,
		query: OperatorEntriesQuery,
		output: OperatorEntries,
		formats: ALL_ENTRY_EXPORTS,
		run: listAllEntries,
	}),
];
