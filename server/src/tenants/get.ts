import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/read.ts";
import { readTenant } from "./store.ts";
import { type Tenant, tenantNotFound } from "./tenant.ts";

/** One tenant; 404 `not_found` when it is unknown or erased. */
export async function getTenant(context: DatabaseContext, input: { tenant_id: string }): Promise<Tenant> {
	const tenant = await read(context, (tx) => readTenant(tx, input.tenant_id));
	if (!tenant) throw tenantNotFound();
	return tenant;
}
