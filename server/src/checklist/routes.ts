import Type from "typebox";
import { pageQuery } from "../http/input/cursor.ts";
import { type Route, route } from "../http/route.ts";
import type { KeysContext } from "../keys/context.ts";
import { type ChecklistContext, getChecklist, getChecklistHistory } from "./checklist.ts";
import { previewNarrowing, suggestNarrowing } from "./narrowing/preview.ts";
import { NarrowingInput, ReplaySchema, SuggestionSchema } from "./narrowing/schema.ts";
import type { KeyedOperations } from "./operations.ts";
import { confirmRehearsal, listRehearsals, rehearseRevocation } from "./rehearse.ts";
import { Checklist, checklistFilter, historyFilter, RehearsalSchema, Rehearsals, TurnPage } from "./schema.ts";

export type ChecklistRouteContext = KeysContext & ChecklistContext;

/** `operations`: what each keyed route needs. */
export function managementChecklistRoutes(operations: KeyedOperations): readonly Route<ChecklistRouteContext>[] {
	return [
		route({
			method: "GET",
			path: "/api/v1/tenants/:tenant_id/checklist",
			access: "viewer",
			reads_usage: true,
			summary: "The production checklist of the tenant, or of one API key, as it is now",
			status: 200,
			query: Type.Object(checklistFilter, { additionalProperties: false }),
			output: Checklist,
			run: (context: ChecklistRouteContext, input) => getChecklist(context, operations, input),
		}),
		route({
			method: "GET",
			path: "/api/v1/tenants/:tenant_id/checklist/history",
			access: "viewer",
			summary: "When items of the checklist turned, and by what, newest first",
			status: 200,
			query: Type.Object({ ...pageQuery, ...historyFilter }, { additionalProperties: false }),
			output: TurnPage,
			run: (context: ChecklistRouteContext, input) => getChecklistHistory(context, input),
		}),
		route({
			method: "GET",
			path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/narrowing",
			access: "viewer",
			reads_usage: true,
			summary: "What an API key could be narrowed to, by what it did in the last 30 days",
			status: 200,
			output: SuggestionSchema,
			run: (context: ChecklistRouteContext, input) => suggestNarrowing(context, operations, input),
		}),
		route({
			method: "POST",
			path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/narrowing",
			access: "viewer",
			while_suspended: true,
			summary: "What a narrower API key would have refused in the last 30 days; changes nothing",
			status: 200,
			body: NarrowingInput,
			output: ReplaySchema,
			run: (context: ChecklistRouteContext, input) => previewNarrowing(context, operations, input),
		}),
		route({
			method: "GET",
			path: "/api/v1/tenants/:tenant_id/checklist/rehearsals",
			access: "viewer",
			summary: "List the latest rehearsals of a revocation",
			status: 200,
			output: Rehearsals,
			run: (context: ChecklistRouteContext, input) => listRehearsals(context, input),
		}),
		route({
			method: "POST",
			path: "/api/v1/tenants/:tenant_id/checklist/rehearsals",
			access: "admin",
			summary: "Rehearse a revocation: make a canary key, revoke it on every node, and measure the time",
			status: 201,
			output: RehearsalSchema,
			run: rehearseRevocation,
		}),
		route({
			method: "POST",
			path: "/api/v1/tenants/:tenant_id/checklist/rehearsals/:rehearsal_id/confirm",
			access: "admin",
			summary: "Confirm a rehearsal, which then counts for 180 days",
			status: 200,
			output: RehearsalSchema,
			run: confirmRehearsal,
		}),
	];
}
