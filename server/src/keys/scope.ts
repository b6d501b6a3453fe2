import { ApiError, type InputError } from "../core/error.ts";
import { AllowList, parseAllowList } from "../core/network.ts";
import type { ReadTx } from "../database/transaction.ts";
import { type Catalogue, permissionsOfPlan } from "../plans/catalogue/permission.ts";
import type { Plan } from "../plans/plan.ts";
import { readMemberRole } from "../tenants/team/member-store.ts";
import type { KeyOwner } from "./key.ts";
import type { Environment } from "./secrets/format.ts";

/** Never granted by default, since it lets any holder of the key rotate it. */
const NEVER_BY_DEFAULT = "key:rotate";
/** The capability that a plan needs for API keys. */
const KEYS_CAPABILITY = "m2m_api";

/** Throws 403 `capability_not_in_plan` when the plan has no API access. */
export function assertApiAccess(plan: Plan): void {
	if (!plan.capabilities.includes(KEYS_CAPABILITY)) throw lacksCapability(plan, KEYS_CAPABILITY);
}

function lacksCapability(plan: Plan, capability: string): ApiError {
	return new ApiError(
		"capability_not_in_plan",
		`The plan "${plan.name}" does not include ${capability}. Ask the operator of this API for a plan that does.`,
		{
			members: { capability },
		},
	);
}

/** The default permissions of a new key: all that the plan allows now, except `key:rotate`. */
export function defaultPermissions(plan: Plan, catalogue: Catalogue): string[] {
	return permissionsOfPlan(plan.capabilities, catalogue).filter((permission) => permission !== NEVER_BY_DEFAULT);
}

/** Errors for permissions that do not exist. Those in `current`, which the key has already, are exempt. */
export function validatePermissions(requested: readonly string[], catalogue: Catalogue, plan: Plan, current: readonly string[] = []): InputError[] {
	const available = permissionsOfPlan(plan.capabilities, catalogue).join(", ");
	return requested.flatMap((permission, index) => {
		if (catalogue.has(permission) || current.includes(permission)) return [];
		return [{ pointer: `/permissions/${index}`, detail: `is not a known permission; available in this plan: ${available}` }];
	});
}

/** Throws 403 `capability_not_in_plan` for a permission whose capability the plan lacks. Those in `current` are exempt. */
export function assertPermissionsInPlan(requested: readonly string[], catalogue: Catalogue, plan: Plan, current: readonly string[] = []): void {
	for (const permission of requested) {
		const capability = catalogue.get(permission)?.capability;
		if (capability !== undefined && !plan.capabilities.includes(capability) && !current.includes(permission)) throw lacksCapability(plan, capability);
	}
}

/** Errors for unknown sites and for sites of another environment, where the key would always be refused. Those in `current` are exempt. */
export function validateSites(
	requested: readonly string[],
	sites: ReadonlyMap<string, string | null>,
	environment: Environment,
	current: readonly string[] = [],
): InputError[] {
	return requested.flatMap((site_id, index) => {
		const pointer = `/site_ids/${index}`;
		if (current.includes(site_id)) return [];
		const bound = sites.get(site_id);
		if (bound === undefined) return [{ pointer, detail: "is not the id of a site of this tenant" }];
		if (bound === null || bound === environment) return [];
		return [{ pointer, detail: `is a ${bound} site, where a ${environment} key is always refused: leave it out, or make a ${bound} key for it` }];
	});
}

/** Errors for an owner whose `member_id` is unknown. The current owner (`current`) is exempt. */
export async function validateOwner(tx: ReadTx, tenant_id: string, owner: string | KeyOwner, current?: KeyOwner): Promise<InputError[]> {
	const member_id = typeof owner === "string" ? undefined : owner.member_id;
	if (member_id === undefined || member_id === current?.member_id) return [];
	const role = await readMemberRole(tx, tenant_id, member_id);
	return role === null ? [{ pointer: "/owner/member_id", detail: "is not the id of a member of this tenant" }] : [];
}

/** The allowed addresses in canonical form (null for any), or the validation errors. */
export function parseAllowedIps(requested: readonly string[] | null | undefined): { allowed_ips: string[] | null } | InputError[] {
	if (requested === null || requested === undefined) return { allowed_ips: null };
	const list = parseAllowList(requested, "/allowed_ips");
	return list instanceof AllowList ? { allowed_ips: [...list.entries] } : list;
}

export function withoutRepetitions(texts: readonly string[]): string[] {
	return [...new Set(texts)];
}
