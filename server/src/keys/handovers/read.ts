import { ALL_TENANTS } from "../../core/context.ts";
import { digestOneTimeToken } from "../../core/one-time-token.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { readTenant } from "../../tenants/store.ts";
import type { RecipientContext } from "../context.ts";
import { type Key, statusOf } from "../key.ts";
import { readKey } from "../store.ts";
import { giverName, type Handover, handoverStatusOf, unknownHandover } from "./handover.ts";
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
export function offered(key: Key): HandoverOffer["key"] {
	const { name, environment, permissions, site_ids, expires_at } = key;
	return { name, environment, permissions, site_ids, expires_at: expires_at?.toISOString() ?? null };
}

/** What the recipient may read before the reveal. Changes nothing. 404 `not_found`. */
export async function readHandover(context: RecipientContext, input: { token: string }): Promise<HandoverOffer> {
	const { tenant_id, handover } = await findHandover(context, input.token);
	const { product_name } = await context.profile.current();
	return read({ database: context.database, scope: tenant_id }, async (tx) => {
		const now = context.clock.now();
		const tenant = await readTenant(tx, tenant_id);
		const key = await readKey(tx, tenant_id, handover.key_id);
		if (!tenant || !key) throw unknownHandover();
		const status = handoverStatusOf(handover, now);
		return {
			status: status === "waiting" && statusOf(key, now) === "expired" ? "expired" : status,
			key: offered(key),
			tenant: { id: tenant.id, name: tenant.name },
			created_by: { name: giverName(handover.created_by, product_name) },
			expires_at: handover.expires_at.toISOString(),
		};
	});
}
