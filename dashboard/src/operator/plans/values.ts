import type { KeyRequirement } from "../../plans/key-policy.ts";
import { validateId, validateName } from "../tenants/fields.ts";
import { getPlanLimit, LIMITS, type LimitField } from "../tenants/limits/own-limits.ts";
import type { Plan, PlanInput } from "./queries.ts";

export const RATE_LIMITS_MAX = 8;
const LIMIT_NAME = /^[a-z][a-z0-9_-]{0,31}$/;
const WINDOW_SECONDS_MAX = 3_600;
const PERS = ["key", "tenant"] as const;

/** A number as its field has it; empty: without limit. */
export type Amount = number | "";

export interface RateValues {
	readonly name: string;
	readonly requests: Amount;
	readonly window_seconds: Amount;
	readonly per: (typeof PERS)[number];
	readonly named_only: boolean;
}

/** The fields of the form. Sizes are in MiB. */
export interface PlanValues {
	readonly name: string;
	readonly id: string;
	readonly capabilities: string[];
	readonly amounts: Readonly<Record<LimitField, Amount>>;
	readonly max_key_lifetime_days: Amount;
	readonly rate_limits: RateValues[];
	readonly key_policy: KeyRequirement[];
}

export const NEW_RATE: RateValues = { name: "", requests: 100, window_seconds: 60, per: "key", named_only: false };

const NO_AMOUNTS = { quota_requests_per_month: "", api_keys: "", sites: "", documents: "", storage_bytes: "", document_bytes: "" } as const;
export const NEW_PLAN: PlanValues = {
	...{ name: "", id: "", capabilities: ["m2m_api"], amounts: NO_AMOUNTS, max_key_lifetime_days: "" },
	rate_limits: [{ ...NEW_RATE, name: "burst" }],
	key_policy: [],
};

/** Guarantee: `LIMITS` has each field once. */
function getAmounts(entries: readonly (readonly [LimitField, Amount])[]): Record<LimitField, Amount> {
	return Object.fromEntries(entries) as Record<LimitField, Amount>;
}

export function valuesFrom(plan: Plan): PlanValues {
	return {
		name: plan.name,
		id: plan.id,
		capabilities: [...plan.capabilities],
		amounts: getAmounts(
			LIMITS.map(({ field, size }) => {
				const value = getPlanLimit(plan, field);
				return [field, value === null ? "" : value / size];
			}),
		),
		max_key_lifetime_days: plan.max_key_lifetime_days ?? "",
		rate_limits: plan.rate_limits.map((limit) => ({ ...limit, named_only: limit.named_only ?? false })),
		key_policy: [...plan.key_policy],
	};
}

/** The request body. The values must be valid. */
export function inputFrom({ name, capabilities, amounts, max_key_lifetime_days, rate_limits, key_policy }: PlanValues): PlanInput {
	const of = (field: LimitField): number | null => {
		const amount = amounts[field];
		return amount === "" ? null : Math.round(amount * (LIMITS.find((limit) => limit.field === field)?.size ?? 1));
	};
	return {
		name: name.trim(),
		capabilities,
		quota_requests_per_month: of("quota_requests_per_month"),
		limits: {
			...{ sites: of("sites"), api_keys: of("api_keys"), documents: of("documents") },
			...{ storage_bytes: of("storage_bytes"), document_bytes: of("document_bytes") },
		},
		max_key_lifetime_days: max_key_lifetime_days === "" ? null : max_key_lifetime_days,
		rate_limits: rate_limits.map(({ name: limit, requests, window_seconds, per, named_only }) => ({
			...{ name: limit.trim(), requests: Number(requests), window_seconds: Number(window_seconds), per },
			...(named_only ? { named_only } : {}),
		})),
		key_policy,
	};
}

/** The plan that an input describes, to compare it with the stored one. */
export function toContent(input: PlanInput) {
	const { capabilities, rate_limits = [], quota_requests_per_month = null, max_key_lifetime_days = null, key_policy = [] } = input;
	const none = { sites: null, api_keys: null, documents: null, storage_bytes: null, document_bytes: null };
	return { capabilities, rate_limits, quota_requests_per_month, max_key_lifetime_days, key_policy, limits: { ...none, ...input.limits } };
}

/** Errors by the path of the form's field. `is_new`: the form has a field for the id. */
export function validatePlan(values: PlanValues, is_new: boolean): Record<string, string> {
	const faults: [string, string | null][] = [["name", validateName(values.name)]];
	if (is_new) faults.push(["id", values.id.trim() === "" ? "Write an id, such as team." : validateId(values.id)]);
	const names = values.rate_limits.map(({ name }) => name.trim());
	values.rate_limits.forEach(({ requests, window_seconds }, index) => {
		const name = names[index] ?? "";
		const at = `rate_limits.${index}`;
		if (!LIMIT_NAME.test(name)) faults.push([`${at}.name`, "Lower case letters, digits, _ or -."]);
		else if (names.indexOf(name) < index) faults.push([`${at}.name`, "This name is taken."]);
		if (requests === "" || requests < 1) faults.push([`${at}.requests`, "At least 1."]);
		if (window_seconds === "" || window_seconds < 1 || window_seconds > WINDOW_SECONDS_MAX) faults.push([`${at}.window_seconds`, "1 to 3,600."]);
	});
	return Object.fromEntries(faults.flatMap(([field, fault]) => (fault === null ? [] : [[field, fault]])));
}
