import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/read.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../http/input/cursor.ts";
import { readTenants } from "./store.ts";
import type { Tenant } from "./tenant.ts";

/** One page of the tenants, the newest first; with `external_id`, the one that has it. */
export async function listTenants(context: DatabaseContext, input: PageRequest & { external_id?: string }): Promise<Page<Tenant>> {
	const window = windowByTime(input);
	return toPage(await read(context, (tx) => readTenants(tx, window, input.external_id)), window, (tenant) => [tenant.created_at, tenant.id]);
}
