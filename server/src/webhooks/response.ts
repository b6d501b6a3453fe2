import type { Delivery, DeliveryCounts } from "./delivery-store.ts";
import type { DeliveryAnswer, WebhookAnswer } from "./schema.ts";
import { errorText, type Webhook } from "./webhook.ts";

/** Builds the API response for a webhook, with its deliveries of the last 24 hours. */
export function toWebhookResponse(webhook: Webhook, { delivered, failed, waiting }: DeliveryCounts, now: number): WebhookAnswer {
	const { id, url, events, status, disabled_reason, created_at, failing_since, previous_expires_at, last_attempt } = webhook;
	const overlap = previous_expires_at !== null && previous_expires_at.getTime() > now;
	return {
		id,
		url,
		events,
		status,
		disabled_reason,
		created_at: created_at.toISOString(),
		failing_since: failing_since?.toISOString() ?? null,
		previous_secret_expires_at: overlap ? previous_expires_at.toISOString() : null,
		deliveries_24h: { delivered, failed },
		waiting,
		last_delivery: last_attempt && { ...last_attempt, error: errorText(last_attempt.error) },
	};
}

/** Builds the API response for a delivery. */
export function toDeliveryResponse(delivery: Delivery): DeliveryAnswer {
	const { attempts: attempt, at, error, next_attempt_at, ...rest } = delivery;
	return { ...rest, attempt, at: at.toISOString(), error: errorText(error), next_attempt_at: next_attempt_at?.toISOString() ?? null };
}
