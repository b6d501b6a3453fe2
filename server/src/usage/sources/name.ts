import { type ChangeContext, change } from "../../audit/change.ts";
import { ApiError } from "../../core/error.ts";
import { readTenantForShare } from "../../tenants/store.ts";
import { assertTenantActive, tenantNotFound } from "../../tenants/tenant.ts";
import { OTHER_SOURCES } from "./source.ts";
import { type NamedSource, putSourceName, readNamedSource, removeSourceName } from "./store.ts";

/**
 * Names a source for all keys of the tenant, or removes the name (null). 404 `not_found` when no key of the tenant was used from it;
 * 403 `tenant_suspended`; 409 `conflict` for the source that combines others.
 */
export async function nameSource(context: ChangeContext, input: { tenant_id: string; source_id: string; name: string | null }): Promise<NamedSource> {
	const { tenant_id, source_id } = input;
	return change(context, async (tx) => {
		const found = await readTenantForShare(tx, tenant_id);
		if (!found) throw tenantNotFound();
		assertTenantActive(found.tenant);
		const before = await readNamedSource(tx, tenant_id, source_id);
		if (!before) throw new ApiError("not_found", "No key of this tenant was used from a source with this id.");
		if (source_id === OTHER_SOURCES.id && input.name !== null) {
			throw new ApiError("conflict", "This source combines all sources beyond the limit per key and cannot be named.");
		}
		const source: NamedSource = { ...before, name: input.name?.trim() ?? null };
		if (source.name === before.name) return { unchanged: before };
		if (source.name === null) await removeSourceName(tx, tenant_id, source_id);
		else await putSourceName(tx, tenant_id, source_id, source.name);
		const facts = { name_before: before.name, name: source.name };
		return { result: source, audit: [{ action: "source.named", target: { kind: "source", id: source_id }, tenant_id, details: facts }] };
	});
}
