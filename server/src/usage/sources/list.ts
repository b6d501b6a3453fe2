import { ApiError } from "../../core/error.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { keyExists } from "../reports/report-store.ts";
import { findAmbiguity } from "./ambiguity.ts";
import { readSecretSources, type SecretSource } from "./evidence-store.ts";
import { readSources } from "./store.ts";

/** Requests with an ended secret from one source; null without any. */
function getDeadUse(seen: SecretSource) {
	const { kid, source_id, name, network, agent, client, dead_first_seen_at, dead_last_seen_at, dead_requests, dead_today } = seen;
	if (dead_first_seen_at === null || dead_last_seen_at === null) return null;
	return {
		...{ kid, source_id, name, network, agent, client, requests: dead_requests, requests_today: dead_today },
		first_seen_at: dead_first_seen_at.toISOString(),
		last_seen_at: dead_last_seen_at.toISOString(),
	};
}

/**
 * The sources of a key, latest first, and the sources that still present its ended secrets. Normally up to a second behind. 404 `not_found`.
 */
export async function listSources(context: DatabaseContext, input: { tenant_id: string; key_id: string }) {
	const { rows, seen } = await read(context, async (tx) => {
		if (!(await keyExists(tx, input.tenant_id, input.key_id))) throw new ApiError("not_found", "There is no API key with this id.");
		return {
			rows: await readSources(tx, input.tenant_id, input.key_id),
			seen: await readSecretSources(tx, input, new Date(context.clock.now())),
		};
	});
	const dead = seen.map(getDeadUse).filter((use) => use !== null);
	return {
		data: rows.map((row) => ({
			...row,
			told_apart: findAmbiguity(row) === null,
			first_seen_at: row.first_seen_at.toISOString(),
			last_seen_at: row.last_seen_at.toISOString(),
		})),
		dead: dead.sort((a, b) => b.last_seen_at.localeCompare(a.last_seen_at)),
	};
}
