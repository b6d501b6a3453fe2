import Type, { type Static } from "typebox";
import { type ChangeContext, change } from "../audit/change.ts";
import { canonicalJson } from "../core/canonical.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { joinKeyPolicies } from "../plans/key-policy.ts";
import { KeyPolicySchema } from "../plans/schema.ts";
import { ClientPolicySchema, LeakResponseSchema } from "./schema.ts";
import { readTenant, readTenantForUpdate, updateTenantRow } from "./store.ts";
import { assertTenantActive, type Tenant, tenantNotFound } from "./tenant.ts";

const policies = { client_policy: ClientPolicySchema, leak_response: LeakResponseSchema, key_policy: KeyPolicySchema };

/** What a tenant decides for all of its keys. */
export const TenantPolicy = Type.Object(policies, { additionalProperties: false });
export type TenantPolicy = Static<typeof TenantPolicy>;
/** The body of PUT: an omitted policy keeps its value. */
export const TenantPolicyInput = Type.Partial(TenantPolicy, { additionalProperties: false });
export type TenantPolicyInput = Static<typeof TenantPolicyInput>;

function toPolicyResponse({ client_policy, leak_response, key_policy }: Tenant): TenantPolicy {
	return { client_policy, leak_response, key_policy };
}

export async function getPolicy(context: DatabaseContext, input: { tenant_id: string }): Promise<TenantPolicy> {
	const tenant = await read(context, (tx) => readTenant(tx, input.tenant_id));
	if (!tenant) throw tenantNotFound();
	return toPolicyResponse(tenant);
}

/**
 * Replaces the policies that are given; keys that exist keep working, whatever the key policy requires. Once it returns, every node decides by them.
 * 404 `not_found`; 403 `tenant_suspended`.
 */
export async function putPolicy(context: ChangeContext, input: TenantPolicyInput & { tenant_id: string }): Promise<TenantPolicy> {
	const { tenant_id, ...given } = input;
	return change(context, async (tx) => {
		const before = (await readTenantForUpdate(tx, tenant_id))?.tenant;
		if (!before) throw tenantNotFound();
		assertTenantActive(before);
		const tenant: Tenant = { ...before, ...given, key_policy: joinKeyPolicies(given.key_policy ?? before.key_policy) };
		if (canonicalJson(tenant) === canonicalJson(before)) return { unchanged: toPolicyResponse(before) };
		await updateTenantRow(tx, tenant);
		return {
			result: toPolicyResponse(tenant),
			audit: [{ action: "tenant.updated", target: { kind: "tenant", id: tenant_id }, tenant_id, details: { before, tenant } }],
			invalidates: [{ kind: "tenant", id: tenant_id }],
		};
	});
}
