import { type ReadTx, read } from "../../database/transaction.ts";
import { readPermissionsOfTenant } from "../../plans/store.ts";
import { readSitesById } from "../../tenants/sites/store.ts";
import { readTenant } from "../../tenants/store.ts";
import type { RecipientContext } from "../context.ts";
import { getKeyStatus, type Key } from "../key.ts";
import { readKey } from "../store.ts";
import { findHandover, toOfferedKey } from "./find-handover.ts";
import { getHandoverStatus, giverName, unknownHandover } from "./handover.ts";
import type { HandoverOffer } from "./schema.ts";

/** What the recipient may read before the reveal. Changes nothing. 404 `not_found`. */
export async function readHandover(context: RecipientContext, input: { token: string }): Promise<HandoverOffer> {
	const { tenant_id, handover } = await findHandover(context, input.token);
	const { product_name } = await context.profile.current();
	return read({ database: context.database, scope: tenant_id }, async (tx) => {
		const now = context.clock.now();
		const tenant = await readTenant(tx, tenant_id);
		const key = await readKey(tx, tenant_id, handover.key_id);
		if (!tenant || !key) throw unknownHandover();
		const status = getHandoverStatus(handover, now);
		return {
			status: status === "waiting" && getKeyStatus(key, now) === "expired" ? "expired" : status,
			key: toOfferedKey(key),
			permissions: await describePermissions(tx, key),
			sites: key.site_ids && (await readSitesById(tx, tenant_id, key.site_ids)),
			tenant: { id: tenant.id, name: tenant.name },
			created_by: { name: giverName(handover.created_by, product_name) },
			expires_at: handover.expires_at.toISOString(),
		};
	});
}

/** A permission that has left the catalogue has no description. */
async function describePermissions(tx: ReadTx, { tenant_id, permissions }: Key): Promise<HandoverOffer["permissions"]> {
	const known = new Map((await readPermissionsOfTenant(tx, tenant_id)).map(({ name, description }) => [name, description]));
	return permissions.map((name) => ({ name, description: known.get(name) ?? "" }));
}
