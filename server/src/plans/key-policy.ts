/**
 * What a production key must have when it is made or changed: an end, addresses or sites that it is bound to, fewer permissions than the plan allows, a
 * member as responsible person.
 */
export const KEY_REQUIREMENTS = ["expiry", "addresses_or_sites", "limited_permissions", "owner_is_member"] as const;
export type KeyRequirement = (typeof KEY_REQUIREMENTS)[number];

/** The requirements of a plan or a tenant, without repetitions and in the order of `KEY_REQUIREMENTS`; empty: none. */
export type KeyPolicy = readonly KeyRequirement[];

/** Everything that at least one of the policies requires. */
export function joinKeyPolicies(...policies: readonly KeyPolicy[]): KeyPolicy {
	return KEY_REQUIREMENTS.filter((requirement) => policies.some((policy) => policy.includes(requirement)));
}

/** Guarantee: a check constraint limits the columns to these values. */
export function keyPolicyFromRow(requirements: readonly string[]): KeyPolicy {
	return joinKeyPolicies(requirements as KeyPolicy);
}
