import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../../http/api.ts";
import type { paths } from "../../http/openapi.gen.ts";

const OPERATORS = "/api/v1/operator/operators";

export type Operator = paths[typeof OPERATORS]["get"]["responses"][200]["content"]["application/json"]["data"][number];

export const operatorsQuery = queryOptions({ queryKey: ["operator", "operators"], queryFn: () => answered(api.GET(OPERATORS)) });

const INVITATIONS = "/api/v1/operator/operator-invitations";

export type OperatorInvitation = paths[typeof INVITATIONS]["get"]["responses"][200]["content"]["application/json"]["data"][number];
export type MadeOperatorInvitation = paths[typeof OPERATORS]["post"]["responses"][201]["content"]["application/json"];

export const operatorInvitationsQuery = queryOptions({
	queryKey: ["operator", "operator-invitations"],
	queryFn: () => answered(api.GET(INVITATIONS)),
});
