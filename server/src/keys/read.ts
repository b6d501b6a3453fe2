import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/read.ts";
import { aggregateUsage } from "../usage/aggregate.ts";
import { keyNotFound } from "./guards.ts";
import { readKeyResponse } from "./response.ts";
import type { KeyAnswer } from "./schema.ts";
import { readKey } from "./store.ts";

/** One key of the tenant. 404 `not_found`. */
export async function getKey(context: DatabaseContext, input: { tenant_id: string; key_id: string }): Promise<KeyAnswer> {
	await aggregateUsage(context);
	return read(context, async (tx) => {
		const key = await readKey(tx, input.tenant_id, input.key_id);
		if (!key) throw keyNotFound();
		return readKeyResponse(tx, key, context.clock.now());
	});
}
