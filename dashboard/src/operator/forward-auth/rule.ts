/** A forward-auth rule as the API has it. */
export interface Rule {
	readonly pattern: string;
	/** Null: every method. */
	readonly methods: readonly string[] | null;
	readonly permissions: readonly string[];
	readonly capability: string | null;
	readonly cost: number;
	readonly limits: readonly { readonly name: string; readonly cost: number }[];
	/** Cost by the name of a budget of the key. */
	readonly budgets: Readonly<Record<string, number>>;
	readonly note: string | null;
}

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

export const NEW_RULE: Rule = { pattern: "", methods: null, permissions: [], capability: null, cost: 1, limits: [], budgets: {}, note: null };

export function methodsWords(methods: Rule["methods"]): string {
	return methods === null ? "Any method" : methods.join(", ");
}

/** Formats a rule for a sentence. */
export function ruleName({ methods, pattern }: Pick<Rule, "methods" | "pattern">): string {
	return `${methods === null ? "any method" : methods.join(", ")} ${pattern}`;
}

/** Formats what a key needs for requests that match the rule. */
export function needsWords({ permissions, capability }: Pick<Rule, "permissions" | "capability">): string {
	const parts = [...(permissions.length > 0 ? [permissions.join(" and ")] : []), ...(capability === null ? [] : [`a plan with ${capability}`])];
	return parts.length === 0 ? "Any key of the tenant" : parts.join(", in ");
}

export function costWords({ cost, limits, budgets }: Pick<Rule, "cost" | "limits" | "budgets">): string {
	const named = limits.map((limit) => `${limit.cost} of ${limit.name}`);
	const spent = Object.entries(budgets).map(([name, units]) => `${units} of the budget ${name}`);
	return [String(cost), ...named, ...spent].join(", ");
}

/** Formats where the tenant and the site of a request come from. */
export function placesWords(pattern: string): string {
	const segments = pattern.split("/");
	const [tenant, site] = [segments.includes(":tenant_id"), segments.includes(":site_id")];
	if (tenant && site) return "tenant and site from the path";
	if (tenant) return "tenant from the path";
	return site ? "site from the path" : "tenant of the key";
}
