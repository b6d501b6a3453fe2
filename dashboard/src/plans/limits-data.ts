import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../http/api.ts";
import type { paths } from "../http/openapi.gen.ts";
import type { RateLimit } from "./plan-words.ts";

type Answer = paths["/api/v1/tenants/{tenant_id}/limits"]["get"]["responses"][200]["content"]["application/json"];

/** What is left of a rate limit is known where it is counted only: the answer has null for it. */
export type Limits = Omit<Answer, "rate_limits"> & { readonly rate_limits: readonly RateLimit[] };

/** The plan's limits and what is used of them. */
export const limitsQuery = (tenant_id: string) =>
	queryOptions({
		queryKey: ["limits", tenant_id],
		queryFn: () => answered(api.GET("/api/v1/tenants/{tenant_id}/limits", { params: { path: { tenant_id } } })),
	});
