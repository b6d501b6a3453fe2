/** A permission as a tenant sees it. */
export interface PermissionOfPlan {
	readonly name: string;
	readonly description: string;
	readonly capability: string;
	readonly included: boolean;
}

/** A capability as a tenant sees it, with the operator's description if there is one. */
export interface Capability {
	readonly name: string;
	readonly description: string;
	readonly included: boolean;
}

/** The permissions of one capability, with its display name. */
export interface CapabilityGroup {
	readonly id: string;
	readonly name: string;
	/** Its explanation; null if the description is only a name. */
	readonly means: string | null;
	readonly included: boolean;
	readonly permissions: readonly PermissionOfPlan[];
}

const BETWEEN = ": ";
const API_ACCESS = "m2m_api";

/** Splits "Exports: everything as one file" into name and explanation; without a description the name comes from the technical one. */
export function getCapabilityText({ name, description }: Pick<Capability, "name" | "description">): { name: string; means: string | null } {
	if (description === "") return { name: nameFrom(name), means: null };
	const at = description.indexOf(BETWEEN);
	if (at <= 0) return { name: description, means: null };
	return { name: description.slice(0, at), means: capitalized(description.slice(at + BETWEEN.length)) };
}

/** Order: included capabilities first, among them API access, which keys require; then by name. */
function inOrder(a: CapabilityGroup, b: CapabilityGroup): number {
	const rank = ({ id, included }: CapabilityGroup) => (included ? 2 : 0) + (id === API_ACCESS ? 1 : 0);
	return rank(b) - rank(a) || a.name.localeCompare(b.name);
}

/** Groups permissions by capability. */
export function groupPermissions(capabilities: readonly Capability[], permissions: readonly PermissionOfPlan[]): CapabilityGroup[] {
	const groups = capabilities.map((capability) => ({
		id: capability.name,
		...getCapabilityText(capability),
		included: capability.included,
		permissions: permissions.filter((permission) => permission.capability === capability.name),
	}));
	return groups.sort(inOrder);
}

/** `advanced_reports` is "Advanced reports". */
export function nameFrom(id: string): string {
	return capitalized(id.replaceAll(/[_-]+/g, " "));
}

function capitalized(words: string): string {
	return words.charAt(0).toUpperCase() + words.slice(1);
}
