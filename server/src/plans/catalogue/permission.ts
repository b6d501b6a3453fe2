/** `object:verb`, such as `documents:write`. */
export const PERMISSION_PATTERN = "^[a-z][a-z0-9_]{0,31}:[a-z][a-z0-9_]{0,31}$";

const PERMISSION = new RegExp(PERMISSION_PATTERN);

/** One permission's entry in the catalogue: plans with `capability` allow it. */
export interface CatalogueEntry {
	readonly capability: string;
	readonly description: string;
}

/** Every permission that exists, by name. */
export type Catalogue = ReadonlyMap<string, CatalogueEntry>;

/** A permission as the operator sees it. */
export interface Permission extends CatalogueEntry {
	readonly name: string;
	readonly built_in: boolean;
}

/** A permission as a tenant sees it: `included` when its plan has the capability. */
export interface TenantPermission extends CatalogueEntry {
	readonly name: string;
	readonly included: boolean;
}

export function isPermission(text: string): boolean {
	return PERMISSION.test(text);
}

/** The permissions that a plan with `capabilities` allows, sorted by name. */
export function permissionsOfPlan(capabilities: readonly string[], catalogue: Catalogue): string[] {
	const included = new Set(capabilities);
	return [...catalogue]
		.filter(([, entry]) => included.has(entry.capability))
		.map(([name]) => name)
		.sort();
}
