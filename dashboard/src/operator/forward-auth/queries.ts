import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../../http/api.ts";
import { cacheRoots } from "../../http/cache-roots.ts";
import type { paths } from "../../http/openapi.gen.ts";
import type { Entry } from "./draft.ts";
import type { Rule } from "./rule.ts";

const RULES = "/api/v1/operator/forward-auth-rules";
const TEST = "/api/v1/operator/forward-auth-rules/test";

export type Answer = paths[typeof TEST]["post"]["responses"][200]["content"]["application/json"];

export interface SavedRules {
	readonly rules: readonly Rule[];
	readonly updated_at: string | null;
}

function known(rules: paths[typeof RULES]["get"]["responses"][200]["content"]["application/json"]): SavedRules {
	return { updated_at: rules.updated_at, rules: rules.rules };
}

export async function fetchRules(): Promise<SavedRules> {
	return known(await answered(api.GET(RULES)));
}

/** The saved rules, from which a draft starts. Not refetched while editing, so that other saves do not change a draft. */
export const rulesQuery = queryOptions({
	queryKey: cacheRoots.operator.forward_auth,
	queryFn: fetchRules,
	staleTime: Number.POSITIVE_INFINITY,
	gcTime: 0,
	refetchOnWindowFocus: false,
	refetchOnReconnect: false,
});

function sent({ limits, budgets, ...rule }: Rule) {
	return {
		...rule,
		methods: rule.methods === null ? null : [...rule.methods],
		permissions: [...rule.permissions],
		...(limits.length > 0 ? { limits: limits.map((limit) => ({ ...limit })) } : {}),
		...(Object.keys(budgets).length > 0 ? { budgets: { ...budgets } } : {}),
	};
}

export async function saveRules(entries: readonly Entry[]): Promise<SavedRules> {
	return known(await answered(api.PUT(RULES, { body: { rules: entries.map(({ rule }) => sent(rule)) } })));
}

export interface Question {
	readonly method: string;
	readonly uri: string;
	readonly raw_key: string;
}

/** Tests the draft against a request, without counting or charging it. */
export function testRules({ method, uri, raw_key }: Question, entries: readonly Entry[]): Promise<Answer> {
	const rules = entries.map(({ rule }) => sent(rule));
	return answered(api.POST(TEST, { body: { method, uri, rules, ...(raw_key === "" ? {} : { raw_key }) } }));
}

export const permissionsQuery = queryOptions({
	queryKey: cacheRoots.operator.permissions,
	queryFn: () => answered(api.GET("/api/v1/operator/permissions")),
});
