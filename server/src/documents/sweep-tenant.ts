import { rm } from "node:fs/promises";
import { tenantFolder } from "./places.ts";

/** Removes all files of a tenant whose rows are gone; what cannot be removed now, the sweep removes. */
export async function forgetTenantFiles(uploads_dir: string, tenant_id: string): Promise<void> {
	await rm(tenantFolder(uploads_dir, tenant_id), { recursive: true, force: true });
}
