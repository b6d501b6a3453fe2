import type { CallerContext } from "../core/caller.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import type { KeyPolicy } from "../plans/key-policy.ts";
import type { ProfileContext } from "../plans/profile/live.ts";
import { readTenantWithPlan } from "../tenants/store.ts";
import { getKeyPolicy, tenantNotFound } from "../tenants/tenant.ts";
import { type Abilities, getAbilities, getMissing, getRole, type Missing, type TenantRole } from "./tenant-access.ts";
import { readPeopleInCharge } from "./tenant-access-store.ts";

export interface TenantAccess {
	/** Whether the caller may create keys in this tenant. */
	readonly allowed: boolean;
	readonly role: TenantRole;
	readonly may: Abilities;
	readonly missing: readonly Missing[];
	readonly plan: {
		readonly id: string;
		readonly name: string;
		readonly capabilities: readonly string[];
		readonly max_key_lifetime_days: number | null;
		readonly key_policy: KeyPolicy;
	};
	/** The plan's and the tenant's together. */
	readonly key_policy: KeyPolicy;
}

/** Returns the caller's abilities in the tenant and, unless they may create keys, what is missing and who can grant it. 404 `not_found`. */
export async function getTenantAccess(
	context: DatabaseContext & CallerContext & ProfileContext,
	input: { tenant_id: string },
): Promise<TenantAccess> {
	const role = getRole(context.caller);
	const profile = await context.profile.current();
	return read(context, async (tx) => {
		const found = await readTenantWithPlan(tx, input.tenant_id);
		if (!found) throw tenantNotFound();
		const { tenant, plan } = found;
		const people = await readPeopleInCharge(tx, input.tenant_id);
		const withRole = (wanted: string) => people.filter((person) => person.role === wanted).map(({ name, email }) => ({ name, email }));
		const missing = getMissing(role, {
			tenant,
			plan,
			owners: withRole("owner"),
			admins: withRole("admin"),
			product_name: profile.product_name,
			support_url: profile.support_url,
		});
		const { id, name, capabilities, max_key_lifetime_days, key_policy } = plan;
		return {
			allowed: missing.length === 0,
			role,
			may: getAbilities(role, tenant, plan),
			missing,
			plan: { id, name, capabilities, max_key_lifetime_days, key_policy },
			key_policy: getKeyPolicy(found),
		};
	});
}
