import { type ChangeContext, change } from "../audit/change.ts";
import { deletePeopleOfTenant, deleteTenantObjects, eraseAuditDetails, erasePeopleFromKeys, insertTombstone, revokeAllKeys } from "./erase-store.ts";
import { readTenantForUpdate } from "./store.ts";
import { tenantNotFound } from "./tenant.ts";

const REVOKE_NOTE = "tenant erased";

/** The context of erasing a tenant. The documents' files belong to another module. */
export interface EraseContext extends ChangeContext {
	/** Removes the files of the tenant's documents, whose rows are already deleted. */
	readonly forget_documents: (tenant_id: string) => Promise<void>;
}

/**
 * Revokes all keys of the tenant and erases personal data in one transaction, with the accounts of people in no other tenant. Only the id,
 * counts and audit digests remain. Once it returns, no key of the tenant is accepted. Files that cannot be removed are left to the sweep of
 * orphans. 404 `not_found`, also for a repeat.
 */
export async function eraseTenant(context: EraseContext, input: { tenant_id: string }): Promise<void> {
	const { tenant_id } = input;
	await change(context, async (tx) => {
		if (!(await readTenantForUpdate(tx, tenant_id))) throw tenantNotFound();
		const now = new Date(context.clock.now());
		const keys_revoked = await revokeAllKeys(tx, tenant_id, { now, note: REVOKE_NOTE });
		await erasePeopleFromKeys(tx, tenant_id, REVOKE_NOTE);
		const members_removed = await deletePeopleOfTenant(tx, tenant_id);
		await deleteTenantObjects(tx, tenant_id);
		await eraseAuditDetails(tx, tenant_id);
		await insertTombstone(tx, tenant_id, now);
		return {
			result: undefined,
			audit: [{ action: "tenant.erased", target: { kind: "tenant", id: tenant_id }, tenant_id, details: { keys_revoked, members_removed } }],
			invalidates: [{ kind: "tenant", id: tenant_id }],
		};
	});
	try {
		await context.forget_documents(tenant_id);
	} catch (error) {
		context.log.error({ err: error, tenant_id }, "documents_of_erased_tenant_not_removed");
	}
}
