import { reauthorize } from "../audit/reauthorize.ts";
import { ALL_TENANTS } from "../core/context.ts";
import type { Tx } from "../database/transaction.ts";
import { readTenantForUpdate } from "../tenants/store.ts";
import { assertTenantActive, tenantNotFound } from "../tenants/tenant.ts";
import type { SecretOwner } from "./secrets.ts";
import { lockWebhook } from "./store.ts";
import { type Webhook, webhookNotFound } from "./webhook.ts";

/** Locks the owner of webhooks and reauthorizes the caller: the tenant, or nothing for those of the operator. 403 for a suspended tenant. */
export async function lockOwner(tx: Tx, tenant_id: string, while_suspended = false): Promise<void> {
	if (tenant_id === ALL_TENANTS) return reauthorize(tx);
	const found = await readTenantForUpdate(tx, tenant_id);
	if (!found) throw tenantNotFound();
	if (!while_suspended) assertTenantActive(found.tenant);
}

/** Locks the owner, then the webhook. 404 `not_found`; 403 `tenant_suspended`. */
export async function lockOwned(tx: Tx, owner: SecretOwner, while_suspended = false): Promise<Webhook> {
	await lockOwner(tx, owner.tenant_id, while_suspended);
	const webhook = await lockWebhook(tx, owner);
	if (!webhook) throw webhookNotFound();
	return webhook;
}
