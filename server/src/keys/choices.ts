import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/read.ts";
import { readChoices } from "./list-store.ts";
import type { KeyChoices } from "./schema.ts";

/** More of one kind are of no use in a list to choose from. */
const EACH_MAX = 1_000;

/** What lists and forms about the tenant's keys offer: whether there are any, and the distinct names among all of them, each kind sorted, at most 1,000. */
export function keyChoices(context: DatabaseContext, { tenant_id }: { tenant_id: string }): Promise<KeyChoices> {
	const now = new Date(context.clock.now());
	return read(context, (tx) => readChoices(tx, tenant_id, { now, each_max: EACH_MAX }));
}
