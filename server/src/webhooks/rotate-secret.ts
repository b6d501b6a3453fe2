import { change } from "../audit/change.ts";
import { claimOnce } from "../audit/idempotency.ts";
import { ApiError } from "../core/error.ts";
import { newId } from "../core/id.ts";
import { SECOND_MS } from "../core/time.ts";
import { readDeliveryCounts } from "./delivery-store.ts";
import { lockOwned } from "./lock.ts";
import { toWebhookResponse } from "./response.ts";
import { OVERLAP_SECONDS_DEFAULT, type RotateSecretInput, type WebhookWithSecret } from "./schema.ts";
import { newSecret, openSecret, sealSecret } from "./secrets.ts";
import { readSealedSecrets, updateWebhook } from "./store.ts";
import { getOrigin, secretShownBefore, type WebhookContext, webhookNotFound } from "./webhook.ts";

/**
 * Replaces the secret; only this response contains the new one. The previous one also signs until `previous_secret_expires_at`, so that receivers can
 * change over. 409 `conflict` while an earlier secret still signs, except with `overlap_seconds: 0`, which ends both.
 */
export async function rotateSecret(
	context: WebhookContext,
	input: RotateSecretInput & { tenant_id: string; webhook_id: string },
): Promise<WebhookWithSecret> {
	const { tenant_id, webhook_id: id, overlap_seconds = OVERLAP_SECONDS_DEFAULT } = input;
	const secret = newSecret();
	return change(context, async (tx) => {
		const webhook = await lockOwned(tx, { tenant_id, id });
		const earlier = await claimOnce(tx, context, { tenant_id, operation: "webhook.rotate_secret", input, subject_id: newId("whk") });
		if (earlier) throw secretShownBefore(id);
		const stored = await readSealedSecrets(tx, webhook);
		if (!stored) throw webhookNotFound();
		const now = context.clock.now();
		const { previous_expires_at } = stored;
		if (overlap_seconds > 0 && previous_expires_at !== null && previous_expires_at.getTime() > now) {
			throw new ApiError(
				"conflict",
				"The secret was replaced recently, and the one before still signs. Wait until it ends, or end all earlier secrets with `overlap_seconds` 0.",
				{ members: { previous_secret_expires_at: previous_expires_at.toISOString() } },
			);
		}
		const keys = context.webhook_keys;
		const overlap = overlap_seconds > 0;
		const current = overlap ? openSecret(keys, webhook, stored.pepper_id, stored.secret) : null;
		const secrets = {
			pepper_id: keys.current.id,
			secret: sealSecret(keys, webhook, secret),
			previous_secret: current === null ? null : sealSecret(keys, webhook, current),
			previous_expires_at: overlap ? new Date(now + overlap_seconds * SECOND_MS) : null,
		};
		await updateWebhook(tx, webhook, secrets);
		const counts = await readDeliveryCounts(tx, [webhook], now);
		return {
			result: { webhook: toWebhookResponse({ ...webhook, previous_expires_at: secrets.previous_expires_at }, counts(webhook), now), secret },
			audit: [
				{ action: "webhook.secret_rotated", target: { kind: "webhook", id, name: getOrigin(webhook.url) }, tenant_id, details: { overlap_seconds } },
			],
		};
	});
}
