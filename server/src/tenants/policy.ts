import Type, { type Static } from "typebox";
import { type ChangeContext, change } from "../audit/change.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { ClientPolicySchema } from "./schema.ts";
import { readTenant, readTenantForUpdate, updateTenantRow } from "./store.ts";
import { assertTenantActive, tenantNotFound } from "./tenant.ts";

/** What a tenant decides for all of its keys that decide nothing themselves. */
export const TenantPolicy = Type.Object({ client_policy: ClientPolicySchema }, { additionalProperties: false });
export type TenantPolicy = Static<typeof TenantPolicy>;

export async function getPolicy(context: DatabaseContext, input: { tenant_id: string }): Promise<TenantPolicy> {
	const tenant = await read(context, (tx) => readTenant(tx, input.tenant_id));
	if (!tenant) throw tenantNotFound();
	return { client_policy: tenant.client_policy };
}

/** Replaces the policy. Once it returns, every node decides by it. 404 `not_found`; 403 `tenant_suspended`. */
export async function putPolicy(context: ChangeContext, input: TenantPolicy & { tenant_id: string }): Promise<TenantPolicy> {
	const { tenant_id, client_policy } = input;
	return change(context, async (tx) => {
		const before = (await readTenantForUpdate(tx, tenant_id))?.tenant;
		if (!before) throw tenantNotFound();
		assertTenantActive(before);
		if (before.client_policy === client_policy) return { unchanged: { client_policy } };
		const tenant = { ...before, client_policy };
		await updateTenantRow(tx, tenant);
		return {
			result: { client_policy },
			audit: [{ action: "tenant.updated", target: { kind: "tenant", id: tenant_id }, tenant_id, details: { before, tenant } }],
			invalidates: [{ kind: "tenant", id: tenant_id }],
		};
	});
}
