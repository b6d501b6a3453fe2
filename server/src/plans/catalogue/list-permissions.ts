import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/read.ts";
import { type Page, type PageRequest, toPage, windowByText } from "../../http/input/cursor.ts";
import { readPermissions, readPermissionsOfTenant } from "../store.ts";
import type { Permission, TenantPermission } from "./permission.ts";

/** One page of the permission catalogue, sorted by name. */
export async function listPermissions(context: DatabaseContext, input: PageRequest): Promise<Page<Permission>> {
	const window = windowByText(input);
	return toPage(await read(context, (tx) => readPermissions(tx, window)), window, (permission) => [permission.name]);
}

/** Every permission there is, and which of them the tenant's plan includes; sorted by name. The catalogue is bounded, so this is no page. */
export async function listPermissionsOfTenant(context: DatabaseContext, input: { tenant_id: string }): Promise<{ data: TenantPermission[] }> {
	return { data: await read(context, (tx) => readPermissionsOfTenant(tx, input.tenant_id)) };
}
