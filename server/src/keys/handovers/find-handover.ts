import { ALL_TENANTS } from "../../core/context.ts";
import { digestOneTimeToken } from "../../core/one-time-token.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import type { Key } from "../key.ts";
import { type Handover, unknownHandover } from "./handover.ts";
import type { HandoverOffer } from "./schema.ts";
import { findHandoverByToken } from "./store.ts";

/** The handover of a token, in any tenant. 404 `not_found` for an unknown token. */
export async function findHandover(context: Pick<DatabaseContext, "database">, token: string): Promise<{ tenant_id: string; handover: Handover }> {
	const digest = digestOneTimeToken("kwh", token);
	const found = digest && (await read({ database: context.database, scope: ALL_TENANTS }, (tx) => findHandoverByToken(tx, digest)));
	if (!found) throw unknownHandover();
	return found;
}

/** The fields of a key that its recipient may read, before and after the reveal. */
export function toOfferedKey(key: Key): HandoverOffer["key"] {
	const { name, environment, permissions, site_ids, expires_at } = key;
	return { name, environment, permissions, site_ids, expires_at: expires_at?.toISOString() ?? null };
}
