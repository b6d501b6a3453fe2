import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/read.ts";
import { type Page, toPage, windowByTime } from "../http/cursor.ts";
import { settleUsage } from "../usage/settle.ts";
import { describeKeys } from "./describe.ts";
import type { KeyAnswer, ListQuery } from "./schema.ts";
import { readKeys } from "./store.ts";

/** A page of the tenant's keys, newest first. 400 `invalid_request` for a malformed cursor. */
export async function listKeys(context: DatabaseContext, input: ListQuery & { tenant_id: string }): Promise<Page<KeyAnswer>> {
	const window = windowByTime(input);
	const now = context.clock.now();
	await settleUsage(context);
	return read(context, async (tx) => {
		const keys = await readKeys(tx, input.tenant_id, input, window, new Date(now));
		const { data, next_cursor } = toPage(keys, window, (key) => [key.created_at.toISOString(), key.id]);
		return { data: await describeKeys(tx, input.tenant_id, data, now), next_cursor };
	});
}
