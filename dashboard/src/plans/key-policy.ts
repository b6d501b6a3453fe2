import type { paths } from "../http/openapi.gen.ts";

export type KeyRequirement =
	paths["/api/v1/tenants/{tenant_id}/policy"]["get"]["responses"][200]["content"]["application/json"]["key_policy"][number];

/** What a plan or a tenant may require of production keys, after "must have". */
export const KEY_REQUIREMENTS: readonly { readonly value: KeyRequirement; readonly label: string }[] = [
	{ value: "expiry", label: "an end" },
	{ value: "addresses_or_sites", label: "addresses or sites" },
	{ value: "limited_permissions", label: "fewer permissions than the plan" },
	{ value: "owner_is_member", label: "a member as responsible person" },
];

/** "an end, addresses or sites"; empty for none. */
export function formatRequirements(policy: readonly KeyRequirement[]): string {
	return KEY_REQUIREMENTS.filter(({ value }) => policy.includes(value))
		.map(({ label }) => label)
		.join(", ");
}
