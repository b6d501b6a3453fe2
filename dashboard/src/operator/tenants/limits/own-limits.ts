import { formatCount, formatSize } from "../../../plans/meter.ts";
import type { Plan } from "../../plans/queries.ts";
import type { TenantLimits } from "../queries.ts";

/** The limits that a tenant can have instead of its plan's, with their words. */
export const LIMITS = [
	{ field: "quota_requests_per_month", name: "Requests a month", short: "requests", unit: "requests", size: 1 },
	{ field: "api_keys", name: "Keys", short: "keys", unit: "keys", size: 1 },
	{ field: "sites", name: "Sites", short: "sites", unit: "sites", size: 1 },
	{ field: "documents", name: "Documents stored", short: "documents", unit: "documents", size: 1 },
	{ field: "storage_bytes", name: "Storage", short: "storage", unit: "MiB", size: 1_048_576 },
	{ field: "document_bytes", name: "Largest document", short: "document size", unit: "MiB", size: 1_048_576 },
] as const;
export type LimitField = (typeof LIMITS)[number]["field"];

/** "1,000", "50 MiB", "without limit". */
export function formatLimit(field: LimitField, value: number | null): string {
	if (value === null) return "without limit";
	return field === "storage_bytes" || field === "document_bytes" ? formatSize(value) : formatCount(value);
}

/** The plan's limit. */
export function getPlanLimit(plan: Pick<Plan, "limits" | "quota_requests_per_month">, field: LimitField): number | null {
	return field === "quota_requests_per_month" ? plan.quota_requests_per_month : plan.limits[field];
}

/** "none, those of the plan", "keys 10, sites without limit". */
export function formatOwnLimits(limits: TenantLimits | null): string {
	const own = LIMITS.flatMap(({ field, short }) => {
		const value = limits?.[field];
		return value === undefined ? [] : [`${short} ${formatLimit(field, value)}`];
	});
	if (limits?.rate_limits !== undefined) own.push("rate limits");
	return own.length === 0 ? "none, those of the plan" : own.join(", ");
}

/** How one limit is chosen: the plan's, a number (in the unit of `LIMITS`), or none. */
export interface LimitChoice {
	readonly kind: "plan" | "own" | "none";
	readonly amount: number | "";
}

export function choiceFrom(limits: TenantLimits | null, field: LimitField, size: number): LimitChoice {
	const value = limits?.[field];
	if (value === undefined) return { kind: "plan", amount: "" };
	return value === null ? { kind: "none", amount: "" } : { kind: "own", amount: value / size };
}

/** What to store; null restores the plan's. Rate limits of the tenant's own stay as they are. */
export function limitsFrom(choices: Readonly<Record<LimitField, LimitChoice>>, before: TenantLimits | null): TenantLimits | null {
	const own = LIMITS.flatMap(({ field, size }) => {
		const { kind, amount } = choices[field];
		if (kind === "plan") return [];
		return [[field, kind === "none" || amount === "" ? null : Math.round(amount * size)] as const];
	});
	const rates = before?.rate_limits === undefined ? {} : { rate_limits: before.rate_limits };
	const limits = { ...Object.fromEntries(own), ...rates };
	return Object.keys(limits).length === 0 ? null : limits;
}
