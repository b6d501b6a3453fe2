import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../../http/api.ts";
import { cacheRoots } from "../../http/cache-roots.ts";
import type { paths } from "../../http/openapi.gen.ts";

const OPERATORS = "/api/v1/operator/operators";

export type Operator = paths[typeof OPERATORS]["get"]["responses"][200]["content"]["application/json"]["data"][number];

export const operatorsQuery = queryOptions({ queryKey: cacheRoots.operator.people, queryFn: () => answered(api.GET(OPERATORS)) });

const REMOVAL = "/api/v1/operator/operators/{person_id}/removal-preview";

export type OperatorRemovalPreview = paths[typeof REMOVAL]["get"]["responses"][200]["content"]["application/json"];

export const operatorRemovalPreviewQuery = (person_id: string) =>
	queryOptions({
		queryKey: [...cacheRoots.operator.removals, person_id],
		queryFn: () => answered(api.GET(REMOVAL, { params: { path: { person_id } } })),
		// Refetched each time, so that it includes what the person has created recently.
		gcTime: 0,
	});

const INVITATIONS = "/api/v1/operator/operator-invitations";

export type OperatorInvitation = paths[typeof INVITATIONS]["get"]["responses"][200]["content"]["application/json"]["data"][number];
export type MadeOperatorInvitation = paths[typeof OPERATORS]["post"]["responses"][201]["content"]["application/json"];

export const operatorInvitationsQuery = queryOptions({
	queryKey: cacheRoots.operator.invitations,
	queryFn: () => answered(api.GET(INVITATIONS)),
});
