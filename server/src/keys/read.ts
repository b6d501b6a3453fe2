import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { type Page, toPage } from "../http/input/cursor.ts";
import { keyNotFound } from "./guards.ts";
import { countKeys, readFilterOptions, readKeys } from "./list-store.ts";
import { readKeyResponse, readKeyResponses } from "./response.ts";
import type { KeyAnswer, KeyFilterOptions, ListQuery } from "./schema.ts";
import { cursorTexts, getKeyWindow } from "./sort.ts";
import { readKey } from "./store.ts";

/** One key of the tenant. 404 `not_found`. */
export async function getKey(context: DatabaseContext, input: { tenant_id: string; key_id: string }): Promise<KeyAnswer> {
	return read(context, async (tx) => {
		const key = await readKey(tx, input.tenant_id, input.key_id);
		if (!key) throw keyNotFound();
		return readKeyResponse(tx, key, context.clock.now());
	});
}

/** Maximum number of values for each filter. */
const EACH_MAX = 1_000;

/** Filter options: whether the tenant has keys, and the distinct names, integrations and owners, each sorted and at most 1,000. */
export function keyFilterOptions(context: DatabaseContext, { tenant_id }: { tenant_id: string }): Promise<KeyFilterOptions> {
	const now = new Date(context.clock.now());
	return read(context, (tx) => readFilterOptions(tx, tenant_id, { now, each_max: EACH_MAX }));
}

/**
 * A page of the tenant's keys, newest first by default; with `total`, also how many match in all. When sorted by last use, a key that is used between two pages may be missed or repeated.
 * 400 `invalid_request` for a cursor of another list or order.
 */
export async function listKeys(
	context: DatabaseContext,
	input: ListQuery & { tenant_id: string },
): Promise<Page<KeyAnswer> & { readonly total?: number }> {
	const { window, wanted } = getKeyWindow(input);
	const now = context.clock.now();
	return read(context, async (tx) => {
		const rows = await readKeys(tx, input.tenant_id, input, wanted, new Date(now));
		const { data, next_cursor } = toPage(rows, window, ({ key, sort_value }) => cursorTexts(wanted, { id: key.id, sort_value }));
		const keys = data.map(({ key }) => key);
		const total = input.total === true ? { total: await countKeys(tx, input.tenant_id, input, new Date(now)) } : {};
		return { data: await readKeyResponses(tx, input.tenant_id, keys, now), next_cursor, ...total };
	});
}
