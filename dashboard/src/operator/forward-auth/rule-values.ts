import type { Rule } from "./rule.ts";

const LIMIT = /^([a-z][a-z0-9_-]*)\s*=\s*(\d{1,9})$/;

function parts(text: string): string[] {
	return text
		.split(",")
		.map((part) => part.trim())
		.filter((part) => part !== "");
}

/** Named limits as one line: `exports=1, reports=5`. */
export function limitsText(limits: Rule["limits"]): string {
	return limits.map(({ name, cost }) => `${name}=${cost}`).join(", ");
}

/** Parses the line, which must have passed `validateLimits`. */
export function limitsFrom(text: string): Rule["limits"] {
	return parts(text).flatMap((part) => {
		const [, name, cost] = LIMIT.exec(part) ?? [];
		return name === undefined ? [] : [{ name, cost: Number(cost) }];
	});
}

export function validateLimits(text: string): string | null {
	const wrong = parts(text).find((part) => !LIMIT.test(part));
	if (wrong !== undefined) return "Write each limit with how much of it is spent, such as: exports=1, reports=5";
	const names = limitsFrom(text).map(({ name }) => name);
	return new Set(names).size < names.length ? "Name each limit once" : null;
}

/** Costs in budgets as one line, like limits: `credits=25, calls=0`. */
export function budgetsText(budgets: Rule["budgets"]): string {
	return limitsText(Object.entries(budgets).map(([name, cost]) => ({ name, cost })));
}

/** Parses the line, which must have passed `validateBudgets`. */
export function budgetsFrom(text: string): Rule["budgets"] {
	return Object.fromEntries(limitsFrom(text).map(({ name, cost }) => [name, cost]));
}

export function validateBudgets(text: string): string | null {
	const named = limitsFrom(text);
	if (named.length < parts(text).length) return "Write each budget with how much of it is spent, such as: credits=25, calls=0";
	return new Set(named.map(({ name }) => name)).size < named.length ? "Name each budget once" : null;
}

/** Errors that need no request; the server validates fully when the rules are tested or saved. */
export function validatePattern(text: string): string | null {
	const pattern = text.trim();
	if (pattern === "") return "Write the path, such as: /tenants/:tenant_id/orders/*";
	if (!pattern.startsWith("/")) return "Begin the path with /";
	if (/[?#]/.test(pattern)) return "Write the path alone, without a query";
	if (/\*./.test(pattern) || (pattern.endsWith("*") && !pattern.endsWith("/*"))) return "Write * as the last part only, alone: /orders/*";
	return null;
}
