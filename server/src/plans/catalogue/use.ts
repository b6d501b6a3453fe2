/** Where a permission is in use. While keys or rules hold it, it is not taken away: their requests would be refused. */
export interface PermissionUse {
	/** Those whose capabilities bring it, by name. */
	readonly plans: { readonly id: string; readonly name: string }[];
	/** That hold it and may still be accepted. */
	readonly keys: number;
	/** Whose keys these are. */
	readonly tenants: number;
	/** Those with the most of them. */
	readonly most: { readonly id: string; readonly name: string; readonly keys: number }[];
	/** Rules for forwarded requests that require it. */
	readonly forward_auth_rules: number;
}

/** Where a capability is in use; its words are what people read there. */
export interface CapabilityUse {
	readonly plans: { readonly id: string; readonly name: string }[];
	/** That belong to it, by name. */
	readonly permissions: string[];
	readonly forward_auth_rules: number;
}

function counted(count: number, one: string): string[] {
	return count === 0 ? [] : [`${count} ${one}${count === 1 ? "" : "s"}`];
}

function joined(parts: readonly string[]): string | null {
	return parts.length === 0 ? null : parts.join(" and ");
}

/** "3 keys and 1 forward-auth rule"; null when nothing speaks against deleting it. */
export function holdersOfPermission({ keys, forward_auth_rules }: PermissionUse): string | null {
	return joined([...counted(keys, "key"), ...counted(forward_auth_rules, "forward-auth rule")]);
}

/** The same of a capability. */
export function holdersOfCapability({ plans, permissions, forward_auth_rules }: CapabilityUse): string | null {
	return joined([
		...counted(plans.length, "plan"),
		...counted(permissions.length, "permission"),
		...counted(forward_auth_rules, "forward-auth rule"),
	]);
}
