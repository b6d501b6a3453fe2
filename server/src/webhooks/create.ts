import { change } from "../audit/change.ts";
import { claimOnce } from "../audit/idempotency.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { ApiError } from "../core/error.ts";
import { newId } from "../core/id.ts";
import { NO_DELIVERIES } from "./delivery-store.ts";
import { lockOwner } from "./lock.ts";
import { toWebhookResponse } from "./response.ts";
import type { WebhookInput, WebhookWithSecret } from "./schema.ts";
import { newSecret, sealSecret } from "./secrets.ts";
import { countWebhooks, insertWebhook, readWebhook } from "./store.ts";
import { assertUrl, getOrigin, secretShownBefore, WEBHOOKS_MAX, type WebhookContext, webhookNotFound } from "./webhook.ts";

/**
 * Creates a webhook; only this response contains its secret. It receives the events of later changes. 400 for a URL that cannot be called;
 * 409 `conflict` beyond 20 webhooks; 409 `secret_already_issued` with `webhook_id` for a repeat with the same `Idempotency-Key`.
 */
export async function createWebhook(context: WebhookContext, input: WebhookInput & { tenant_id: string }): Promise<WebhookWithSecret> {
	const { tenant_id, url, events = null } = input;
	assertUrl(context, url);
	const owner = { tenant_id, id: newId("whk") };
	const secret = newSecret();
	const sealed = sealSecret(context.webhook_keys, owner, secret);
	return change(context, async (tx) => {
		await lockOwner(tx, tenant_id);
		const { id } = owner;
		const earlier = await claimOnce(tx, context, { tenant_id, operation: "webhook.create", input, subject_id: id });
		if (earlier) throw secretShownBefore(earlier.subject_id);
		if ((await countWebhooks(tx, tenant_id)) >= WEBHOOKS_MAX) {
			const whose = tenant_id === ALL_TENANTS ? "There are" : "The tenant has";
			throw new ApiError("conflict", `${whose} already ${WEBHOOKS_MAX} webhooks, which is the limit. Delete one first.`, {
				members: { max: WEBHOOKS_MAX, used: WEBHOOKS_MAX },
			});
		}
		const now = context.clock.now();
		const { id: pepper_id } = context.webhook_keys.current;
		const secrets = { pepper_id, secret: sealed, previous_secret: null, previous_expires_at: null };
		await insertWebhook(tx, { ...owner, ...secrets, url, events, created_at: new Date(now) });
		const webhook = await readWebhook(tx, owner);
		if (!webhook) throw webhookNotFound();
		const details = { url_origin: getOrigin(url), events };
		return {
			result: { webhook: toWebhookResponse(webhook, NO_DELIVERIES, now), secret },
			audit: [{ action: "webhook.created", target: { kind: "webhook", id, name: getOrigin(url) }, tenant_id, details }],
		};
	});
}
