import { nameFrom } from "../../plans/capability-words.ts";
import { formatRequirements } from "../../plans/key-policy.ts";
import { formatCount } from "../../plans/meter.ts";
import { formatRateLimit } from "../../plans/plan-words.ts";
import { formatLimit, getPlanLimit, LIMITS } from "../tenants/limits/own-limits.ts";
import type { Plan, PlanImpact } from "./queries.ts";

/** One difference between two plans. `lowers`: whether a tenant gets less. */
export interface PlanDifference {
	readonly what: string;
	readonly before: string;
	readonly after: string;
	readonly lowers: boolean;
}

export type PlanContent = Pick<Plan, "capabilities" | "limits" | "quota_requests_per_month" | "rate_limits" | "max_key_lifetime_days" | "key_policy">;

function isLower(before: number | null, after: number | null): boolean {
	return after !== null && (before === null || after < before);
}

function formatDays(days: number | null): string {
	return days === null ? "as long as one likes" : `${formatCount(days)} days`;
}

function formatRates({ rate_limits }: PlanContent): string {
	const words = rate_limits.map((limit) => formatRateLimit({ ...limit, named_only: limit.named_only ?? false }));
	return words.length === 0 ? "none" : words.join("; ");
}

function formatPolicy({ key_policy }: PlanContent): string {
	return formatRequirements(key_policy) || "nothing";
}

/** The differences, capabilities first, with names from `nameOf`. Ignores the plan's name. */
export function getDifferences(before: PlanContent, after: PlanContent, nameOf: (capability: string) => string = nameFrom): PlanDifference[] {
	const capabilities = [...new Set([...before.capabilities, ...after.capabilities])].sort();
	const included = (plan: PlanContent, capability: string) => (plan.capabilities.includes(capability) ? "included" : "not included");
	const differences = [
		...capabilities.map((capability) => ({
			what: nameOf(capability),
			before: included(before, capability),
			after: included(after, capability),
			lowers: !after.capabilities.includes(capability),
		})),
		...LIMITS.map(({ field, name }) => {
			const [was, will] = [getPlanLimit(before, field), getPlanLimit(after, field)];
			return { what: name, before: formatLimit(field, was), after: formatLimit(field, will), lowers: isLower(was, will) };
		}),
		{
			what: "Keys live at most",
			before: formatDays(before.max_key_lifetime_days),
			after: formatDays(after.max_key_lifetime_days),
			lowers: isLower(before.max_key_lifetime_days, after.max_key_lifetime_days),
		},
		{ what: "Rate limits", before: formatRates(before), after: formatRates(after), lowers: false },
		{
			what: "Production keys must have",
			before: formatPolicy(before),
			after: formatPolicy(after),
			lowers: after.key_policy.some((requirement) => !before.key_policy.includes(requirement)),
		},
	];
	return differences.filter((difference) => difference.before !== difference.after);
}

const OVER_WORDS = {
	api_keys: "keys",
	sites: "sites",
	documents: "documents",
	storage_bytes: "storage",
	requests: "requests this month",
} as const;

function amount(count: number, one: string): string {
	return `${formatCount(count)} ${count === 1 ? one : `${one}s`}`;
}

/** What breaks, in sentences; empty when nothing does. */
export function formatBreaks({ tenants, losing, lost_permissions, over }: PlanImpact): string[] {
	const names = lost_permissions.map(({ permission, keys }) => `${permission} (${formatCount(keys)})`).join(", ");
	const lost =
		losing.keys === 0
			? []
			: [
					`${amount(losing.keys, "key")}${tenants === 1 ? "" : ` of ${amount(losing.tenants, "tenant")}`} ${losing.keys === 1 ? "loses" : "lose"} permissions: ${names}. Such requests are refused with 403.`,
				];
	const above = Object.entries(OVER_WORDS).flatMap(([limit, words]) => {
		const count = getCount(over, limit);
		if (count === 0) return [];
		const then = limit === "requests" ? "further requests are refused until the month ends" : "what exists keeps working, nothing new is made";
		return [`${tenants === 1 ? "The tenant" : amount(count, "tenant")} ${count === 1 ? "is" : "are"} above the new limit of ${words}: ${then}.`];
	});
	return [...lost, ...above];
}

/** What a lost capability would have refused: "Of 41,208 requests in the last 30 days, 3 of 1 key would have been refused." Null if none is lost. */
export function formatPlanReplay({ lost_capabilities, replay }: Pick<PlanImpact, "lost_capabilities" | "replay">): string | null {
	if (lost_capabilities.length === 0) return null;
	if (replay === null) return "With so many keys, what they did in the last 30 days is not compared.";
	const { requests, would_refuse, would_refuse_at_most: most, exact, unknown, keys } = replay;
	if (requests === 0) return "No request of the last 30 days is counted; those of the last two minutes may be missing.";
	const all = `Of ${amount(requests, "request")} in the last 30 days`;
	if (most === 0) return `${all}, none would have been refused.`;
	const of_keys = `of ${amount(keys, "key")}`;
	if (exact) return `${all}, ${formatCount(most)} ${of_keys} would have been refused.`;
	const range = would_refuse === 0 ? `up to ${formatCount(most)}` : `${formatCount(would_refuse)} to ${formatCount(most)}`;
	return `${all}, ${range} ${of_keys} would have been refused${unknown ? ": some keys made too many kinds of requests to know each of them" : ""}.`;
}

function getCount(over: PlanImpact["over"], limit: string): number {
	return Object.entries(over).find(([name]) => name === limit)?.[1] ?? 0;
}
