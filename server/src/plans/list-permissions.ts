import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/read.ts";
import { type Page, type PageRequest, toPage, windowByText } from "../http/cursor.ts";
import type { Permission } from "./permission.ts";
import { readPermissions } from "./store.ts";

/** One page of the permission catalogue, sorted by name. */
export async function listPermissions(context: DatabaseContext, input: PageRequest): Promise<Page<Permission>> {
	const window = windowByText(input);
	return toPage(await read(context, (tx) => readPermissions(tx, window)), window, (permission) => [permission.name]);
}
