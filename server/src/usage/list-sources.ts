import { Failure } from "../core/error.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/read.ts";
import { keyExists } from "./report-store.ts";
import { settleUsage } from "./settle.ts";
import { readSources } from "./source-store.ts";

/** Where a key was used from, the latest first; what was counted until a second ago is in it. 404 `not_found`. */
export async function listSources(context: DatabaseContext, input: { tenant_id: string; key_id: string }) {
	await settleUsage(context);
	const rows = await read(context, async (tx) => {
		if (!(await keyExists(tx, input.tenant_id, input.key_id))) throw new Failure("not_found", "There is no API key with this id.");
		return readSources(tx, input.tenant_id, input.key_id);
	});
	return {
		data: rows.map((row) => ({ ...row, first_seen_at: row.first_seen_at.toISOString(), last_seen_at: row.last_seen_at.toISOString() })),
	};
}
