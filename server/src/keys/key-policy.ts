import type { InputError } from "../core/error.ts";
import { isWiderThan } from "../core/network.ts";
import type { ReadTx } from "../database/transaction.ts";
import type { KeyPolicy, KeyRequirement } from "../plans/key-policy.ts";
import { readMemberRole } from "../tenants/team/member-store.ts";
import type { Key } from "./key.ts";

/** A list with a wider network restricts next to nothing, so it does not count as one. */
const WIDEST_NETWORK_BITS = { 4: 8, 6: 16 } as const;
/** A plan that allows fewer permissions leaves nothing to choose. */
const CHOICE_PERMISSIONS_MIN = 2;

/** What the key policy requires of a key. */
export interface PolicySubject extends Pick<Key, "environment" | "canary" | "expires_at" | "permissions" | "site_ids" | "allowed_ips"> {
	readonly owner_is_member: boolean;
}

/**
 * The requirements of `policy` that the key does not meet. Only production keys have any, and canary keys, which give no access, have none.
 * `available`: the permissions that a new key gets if none are named.
 */
export function getMissingRequirements(policy: KeyPolicy, key: PolicySubject, available: readonly string[]): KeyPolicy {
	if (key.environment !== "prod" || key.canary) return [];
	const meets: Readonly<Record<KeyRequirement, boolean>> = {
		expiry: key.expires_at !== null,
		addresses_or_sites: key.site_ids !== null || (key.allowed_ips !== null && !isWiderThan(key.allowed_ips, WIDEST_NETWORK_BITS)),
		limited_permissions: available.length < CHOICE_PERMISSIONS_MIN || !available.every((permission) => key.permissions.includes(permission)),
		owner_is_member: key.owner_is_member,
	};
	return policy.filter((requirement) => !meets[requirement]);
}

const ADDRESSES_OR_SITES =
	"must be set, or the other: the key policy binds production keys to addresses (no network wider than /8, IPv6 /16) or to sites";
const ERRORS: Readonly<Record<KeyRequirement, readonly InputError[]>> = {
	expiry: [{ pointer: "/expires_at", detail: "must be set: the key policy requires an end of production keys" }],
	addresses_or_sites: [
		{ pointer: "/allowed_ips", detail: ADDRESSES_OR_SITES },
		{ pointer: "/site_ids", detail: ADDRESSES_OR_SITES },
	],
	limited_permissions: [{ pointer: "/permissions", detail: "must leave some out: the key policy allows no production key with every permission" }],
	owner_is_member: [{ pointer: "/owner/member_id", detail: "must name a member: the key policy requires one as responsible for production keys" }],
};

/** The errors for what is missing, without those of fields that have another error already. */
export function toPolicyErrors(missing: KeyPolicy, others: readonly InputError[]): InputError[] {
	return missing.flatMap((requirement) => ERRORS[requirement]).filter(({ pointer }) => !others.some((other) => other.pointer.startsWith(pointer)));
}

/** What the changed key would lack and the key of before does not: a key from before the policy can be changed, but not away from it. */
export async function getLostRequirements(
	tx: ReadTx,
	policy: KeyPolicy,
	keys: { readonly before: Key; readonly after: Key },
	available: readonly string[],
): Promise<KeyPolicy> {
	const missing = async (key: Key) => {
		const owner_is_member = policy.includes("owner_is_member") && (await isOwnedByMember(tx, key));
		return getMissingRequirements(policy, { ...key, owner_is_member }, available);
	};
	const before = await missing(keys.before);
	return (await missing(keys.after)).filter((requirement) => !before.includes(requirement));
}

async function isOwnedByMember(tx: ReadTx, { tenant_id, owner }: Key): Promise<boolean> {
	return owner.member_id !== undefined && (await readMemberRole(tx, tenant_id, owner.member_id)) !== null;
}
