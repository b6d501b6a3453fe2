import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/read.ts";
import type { RulesAnswer } from "./schema.ts";
import { readRules, type StoredRules } from "./store.ts";

export function describeRules({ rules, updated_at }: StoredRules): RulesAnswer {
	return { rules, updated_at: updated_at?.toISOString() ?? null };
}

/** The rules of forwarded requests, in order. */
export async function getForwardAuthRules(context: DatabaseContext): Promise<RulesAnswer> {
	return describeRules(await read(context, readRules));
}
