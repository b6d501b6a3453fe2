const NAME_PATTERN = "^[a-z][a-z0-9_]{0,63}$";
const NAME = new RegExp(NAME_PATTERN);

export const CAPABILITY_PATTERN = NAME_PATTERN;

/** What a plan can include. The description is empty for one that only a plan or a permission refers to. */
export interface Capability {
	readonly name: string;
	readonly description: string;
	readonly built_in: boolean;
}

/** A capability as a tenant sees it: `included` when its plan has it, with the permissions that it allows. */
export interface TenantCapability {
	readonly name: string;
	readonly description: string;
	readonly included: boolean;
	readonly permissions: string[];
}

export function isCapability(text: string): boolean {
	return NAME.test(text);
}
