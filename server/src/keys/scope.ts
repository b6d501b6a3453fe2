import { ApiError, type InputError } from "../core/error.ts";
import { AllowList, parseAllowList } from "../core/network.ts";
import type { ReadTx } from "../database/transaction.ts";
import { type Catalogue, permissionsOfPlan } from "../plans/catalogue/permission.ts";
import type { Plan } from "../plans/plan.ts";
import { readMemberRole } from "../tenants/team/member-store.ts";
import type { KeyOwner } from "./key.ts";
import type { Environment } from "./secrets/format.ts";

/** A key gets it only by name: it lets whoever holds the key replace its secret. */
const NEVER_BY_DEFAULT = "key:rotate";
/** What a tenant's plan must include for its keys to be made at all. */
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

/** What a new key may do when its maker did not say: all that the plan allows now, but not to replace itself. */
export function defaultPermissions(plan: Plan, catalogue: Catalogue): string[] {
	return permissionsOfPlan(plan.capabilities, catalogue).filter((permission) => permission !== NEVER_BY_DEFAULT);
}

/** What is wrong with permissions that do not exist. Those the key has already may stay, whatever became of them. */
export function unknownPermissions(wanted: readonly string[], catalogue: Catalogue, plan: Plan, held: readonly string[] = []): InputError[] {
	const available = permissionsOfPlan(plan.capabilities, catalogue).join(", ");
	return wanted.flatMap((permission, index) => {
		if (catalogue.has(permission) || held.includes(permission)) return [];
		return [{ pointer: `/permissions/${index}`, detail: `is not a known permission; available in this plan: ${available}` }];
	});
}

/** Throws 403 `capability_not_in_plan` for a permission whose capability the plan lacks. Those the key has already may stay. */
export function assertPermissionsInPlan(wanted: readonly string[], catalogue: Catalogue, plan: Plan, held: readonly string[] = []): void {
	for (const permission of wanted) {
		const capability = catalogue.get(permission)?.capability;
		if (capability !== undefined && !plan.capabilities.includes(capability) && !held.includes(permission)) throw lacksCapability(plan, capability);
	}
}

/** What is wrong with sites: unknown ones, and those at which a key of `environment` would always be refused. Those the key has already may stay. */
export function unusableSites(
	wanted: readonly string[],
	sites: ReadonlyMap<string, string | null>,
	environment: Environment,
	held: readonly string[] = [],
): InputError[] {
	return wanted.flatMap((site_id, index) => {
		const pointer = `/site_ids/${index}`;
		if (held.includes(site_id)) return [];
		const bound = sites.get(site_id);
		if (bound === undefined) return [{ pointer, detail: "is not the id of a site of this tenant" }];
		if (bound === null || bound === environment) return [];
		return [{ pointer, detail: `is a ${bound} site, where a ${environment} key is always refused: leave it out, or make a ${bound} key for it` }];
	});
}

/** What is wrong with the member that an owner names. One that the key has already may stay, whatever became of them. */
export async function unknownOwner(tx: ReadTx, tenant_id: string, owner: string | KeyOwner, held?: KeyOwner): Promise<InputError[]> {
	const member_id = typeof owner === "string" ? undefined : owner.member_id;
	if (member_id === undefined || member_id === held?.member_id) return [];
	const role = await readMemberRole(tx, tenant_id, member_id);
	return role === null ? [{ pointer: "/owner/member_id", detail: "is not the id of a member of this tenant" }] : [];
}

/** The allowed addresses in canonical form, null for any, or what is wrong with them. */
export function allowedIpsOf(wanted: readonly string[] | null | undefined): { allowed_ips: string[] | null } | InputError[] {
	if (wanted === null || wanted === undefined) return { allowed_ips: null };
	const list = parseAllowList(wanted, "/allowed_ips");
	return list instanceof AllowList ? { allowed_ips: [...list.entries] } : list;
}

export function withoutRepetitions(texts: readonly string[]): string[] {
	return [...new Set(texts)];
}
