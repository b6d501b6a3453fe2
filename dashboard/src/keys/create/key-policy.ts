import { ApiError } from "../../http/api.ts";
import type { KeyRequirement } from "../../plans/key-policy.ts";
import { type CreateValues, everything, type Offered } from "./values.ts";

type Faults = Partial<Record<keyof CreateValues, string>>;

/** What a production key lacks by the key policy, by field. The server has the last word. */
export function validateKeyPolicy(
	policy: readonly KeyRequirement[],
	values: CreateValues,
	around: { readonly offered: readonly Offered[]; readonly members: readonly { readonly name: string }[] },
): Faults {
	if (values.environment !== "prod") return {};
	const all = everything(around.offered);
	const faults: Record<KeyRequirement, Faults | null> = {
		expiry: values.expiry.kind === "never" ? { expiry: "A production key must end here: choose a date" } : null,
		addresses_or_sites:
			values.site_ids === null && values.allowed_ips.length === 0
				? { allowed_ips: "A production key needs addresses here, or chosen sites in place of all" }
				: null,
		limited_permissions:
			all.length > 1 && (values.permissions === null || all.every((name) => values.permissions?.includes(name)))
				? { permissions: "A production key may not do everything here: leave something out" }
				: null,
		owner_is_member: around.members.some(({ name }) => name === values.owner.trim())
			? null
			: { owner: "The person responsible for a production key must be on the team: choose one" },
	};
	return Object.assign({}, ...policy.map((requirement) => faults[requirement] ?? {}));
}

const FIELDS: readonly (readonly [string, keyof CreateValues])[] = [
	["/expires_at", "expiry"],
	["/allowed_ips", "allowed_ips"],
	["/site_ids", "site_ids"],
	["/permissions", "permissions"],
	["/owner", "owner"],
	["/name", "name"],
	["/integration", "integration"],
	["/rate_limits", "rate_limits"],
	["/budgets", "budgets"],
];

/** The errors of a refusal at the fields of the form. */
export function faultsByField(error: unknown): Faults {
	if (!(error instanceof ApiError)) return {};
	const faults = error.problem.errors.flatMap(({ pointer, detail }) => {
		const field = FIELDS.find(([beginning]) => pointer === beginning || pointer.startsWith(`${beginning}/`))?.[1];
		return field === undefined ? [] : [[field, detail] as const];
	});
	return Object.fromEntries(faults.reverse());
}
