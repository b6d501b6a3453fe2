import { getCapabilityText } from "../../plans/capability-words.ts";

export interface CataloguePermission {
	readonly name: string;
	readonly description: string;
	readonly capability: string;
	readonly built_in: boolean;
}

export interface CatalogueCapability {
	readonly name: string;
	/** Empty when only a plan or a permission names the capability. */
	readonly description: string;
	readonly built_in: boolean;
}

/** The fields of a plan that define what it includes. */
export interface CataloguePlan {
	readonly name: string;
	readonly capabilities: readonly string[];
}

/** A capability with its permissions and its display name. */
export interface CatalogueGroup {
	readonly capability: CatalogueCapability;
	readonly heading: string;
	/** Its explanation; null if the description is only a name. */
	readonly means: string | null;
	/** A sentence with the plans that include it. */
	readonly included: string;
	readonly permissions: readonly CataloguePermission[];
}

const PERMISSION = /^[a-z][a-z0-9_]{0,31}:[a-z][a-z0-9_]{0,31}$/;
const CAPABILITY = /^[a-z][a-z0-9_]{0,63}$/;

/** The whole catalogue: the operator's own entries first, then the built-in ones, each by name. */
export function catalogueGroups(
	capabilities: readonly CatalogueCapability[],
	permissions: readonly CataloguePermission[],
	plans: readonly CataloguePlan[],
): CatalogueGroup[] {
	const groups = capabilities.map((capability) => {
		const { name, means } = getCapabilityText(capability);
		return {
			capability,
			heading: name,
			means,
			included: includedWords(plans.filter((plan) => plan.capabilities.includes(capability.name))),
			permissions: permissions.filter((permission) => permission.capability === capability.name),
		};
	});
	return groups.sort((a, b) => Number(a.capability.built_in) - Number(b.capability.built_in) || a.heading.localeCompare(b.heading));
}

/** The groups with the permissions whose name or description contains `text`; a group whose own name does, keeps all of them. */
export function searchGroups(groups: readonly CatalogueGroup[], text: string): CatalogueGroup[] {
	const wanted = text.trim().toLowerCase();
	const has = (...texts: string[]) => texts.some((each) => each.toLowerCase().includes(wanted));
	return groups.flatMap((group) => {
		if (has(group.heading, group.capability.name)) return [group];
		const permissions = group.permissions.filter(({ name, description }) => has(name, description));
		return permissions.length === 0 ? [] : [{ ...group, permissions }];
	});
}

/** Whether there is an entry that is not built in. */
export function hasOwn(capabilities: readonly CatalogueCapability[], permissions: readonly CataloguePermission[]): boolean {
	return [...capabilities, ...permissions].some(({ built_in }) => !built_in);
}

/** The error in the name of a new permission, or null. An existing name is an error, because saving would overwrite it. */
export function validatePermissionName(name: string, permissions: readonly Pick<CataloguePermission, "name">[]): string | null {
	if (!PERMISSION.test(name)) return "Write what it is about and what is done with it, such as orders:read, in small letters, digits and _";
	return permissions.some((permission) => permission.name === name) ? "There is a permission of this name already: edit it in the list" : null;
}

/** The same for a capability; a name without a description is allowed. */
export function validateCapabilityName(name: string, capabilities: readonly CatalogueCapability[]): string | null {
	if (!CAPABILITY.test(name)) return "Begin with a small letter; then small letters, digits and _";
	const there = capabilities.find((capability) => capability.name === name);
	return there !== undefined && there.description !== "" ? "There is a capability of this name already: edit it in the list" : null;
}

export interface PermissionUse {
	readonly plans: readonly { readonly name: string }[];
	readonly keys: number;
	readonly tenants: number;
	/** The tenants with the most keys; only the first few. */
	readonly most: readonly { readonly name: string; readonly keys: number }[];
	readonly forward_auth_rules: number;
}

export interface CapabilityUse {
	readonly plans: readonly { readonly name: string }[];
	readonly permissions: readonly string[];
	readonly forward_auth_rules: number;
}

const NAMED_MAX = 5;
const number = new Intl.NumberFormat("en");

function counted(count: number, one: string): string {
	return `${number.format(count)} ${one}${count === 1 ? "" : "s"}`;
}

/** "the plans Team, Wide and 3 more". */
/** "A", "A and B", "A, B, C, D, E and 45 more". */
function listed(names: readonly string[]): string {
	const named = names.slice(0, NAMED_MAX);
	const more = names.length - named.length;
	const last = more > 0 ? `${number.format(more)} more` : named.pop();
	return named.length === 0 ? (last ?? "") : `${named.join(", ")} and ${last}`;
}

function plansWords(plans: readonly { readonly name: string }[]): string {
	return `the plan${plans.length === 1 ? "" : "s"} ${listed(plans.map(({ name }) => name))}`;
}

function includedWords(plans: readonly { readonly name: string }[]): string {
	return plans.length === 0 ? "No plan includes it" : `Included in ${plansWords(plans)}`;
}

function rulesLines(rules: number): string[] {
	return rules === 0 ? [] : [`${counted(rules, "rule")} for forwarded requests ${rules === 1 ? "requires" : "require"} it`];
}

/** One line for each use of a permission. Plans that include it do not prevent its deletion. */
export function permissionUseLines({ plans, keys, tenants, most, forward_auth_rules }: PermissionUse): string[] {
	const named = most.slice(0, NAMED_MAX).map((tenant) => `${tenant.name} (${number.format(tenant.keys)})`);
	const whose = [...named, ...(tenants > named.length ? ["others"] : [])].join(", ");
	return [
		...(keys === 0 ? [] : [`${counted(keys, "key")} of ${counted(tenants, "tenant")} ${keys === 1 ? "has" : "have"} it: ${whose}`]),
		...rulesLines(forward_auth_rules),
		...(plans.length === 0 ? [] : [`New keys on ${plansWords(plans)} can have it`]),
	];
}

/** One line for each use of a capability. */
export function capabilityUseLines({ plans, permissions, forward_auth_rules }: CapabilityUse): string[] {
	const one = permissions.length === 1;
	return [
		...(plans.length === 0 ? [] : [`It is included in ${plansWords(plans)}`]),
		...(permissions.length === 0 ? [] : [`The permission${one ? "" : "s"} ${listed(permissions)} ${one ? "belongs" : "belong"} to it`]),
		...rulesLines(forward_auth_rules),
	];
}
