/** Where a permission is in use. It cannot be deleted while keys or rules use it: their requests would be refused. */
export interface PermissionUse {
	/** Plans whose capabilities allow it, by name. */
	readonly plans: { readonly id: string; readonly name: string }[];
	/** Keys that have it and may still be accepted. */
	readonly keys: number;
	/** Tenants of these keys. */
	readonly tenants: number;
	/** The tenants with the most of these keys. */
	readonly most: { readonly id: string; readonly name: string; readonly keys: number }[];
	/** Forward-auth rules that require it. */
	readonly forward_auth_rules: number;
}

/** Where a capability is in use and its description is shown. */
export interface CapabilityUse {
	readonly plans: { readonly id: string; readonly name: string }[];
	/** Permissions that need it, by name. */
	readonly permissions: string[];
	readonly forward_auth_rules: number;
}

function counted(count: number, one: string): string[] {
	return count === 0 ? [] : [`${count} ${one}${count === 1 ? "" : "s"}`];
}

function joined(parts: readonly string[]): string | null {
	return parts.length === 0 ? null : parts.join(" and ");
}

/** Formats the users of a permission, such as "3 keys and 1 forward-auth rule"; null when it can be deleted. */
export function formatPermissionUse({ keys, forward_auth_rules }: PermissionUse): string | null {
	return joined([...counted(keys, "key"), ...counted(forward_auth_rules, "forward-auth rule")]);
}

/** Formats the users of a capability; null when it can be deleted. */
export function formatCapabilityUse({ plans, permissions, forward_auth_rules }: CapabilityUse): string | null {
	return joined([
		...counted(plans.length, "plan"),
		...counted(permissions.length, "permission"),
		...counted(forward_auth_rules, "forward-auth rule"),
	]);
}
