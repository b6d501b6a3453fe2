import { assertStillAllowed } from "../audit/change.ts";
import { newId } from "../core/id.ts";
import { read } from "../database/transaction.ts";
import { TEST_EVENT } from "../outbox/event-filters.ts";
import { toMessage } from "./message.ts";
import type { TestAnswer } from "./schema.ts";
import { readSealedSecrets, readWebhook } from "./store.ts";
import { errorText, type WebhookContext, webhookNotFound } from "./webhook.ts";

const TEST_SEQUENCE = 0;

/**
 * Sends a signed `webhook.test` once, also to a disabled webhook, and returns what the receiver responded, within 10 seconds. It is not in the
 * list of deliveries and changes nothing. 404 `not_found`, 429 `rate_limited`.
 */
export async function sendTest(context: WebhookContext, input: { tenant_id: string; webhook_id: string }): Promise<TestAnswer> {
	const owner = { tenant_id: input.tenant_id, id: input.webhook_id };
	await assertStillAllowed(context);
	const { webhook, secrets } = await read(context, async (tx) => ({
		webhook: await readWebhook(tx, owner),
		secrets: await readSealedSecrets(tx, owner),
	}));
	if (!webhook || !secrets) throw webhookNotFound();
	context.webhook_tests.count(input.tenant_id);
	const now = context.clock.now();
	const event = {
		event_id: newId("evt"),
		type: TEST_EVENT,
		created_at: new Date(now),
		event_tenant_id: owner.tenant_id,
		data: { webhook_id: owner.id },
		sequence: TEST_SEQUENCE,
	};
	const { status, error } = await context.outgoing.post(webhook.url, toMessage(context.webhook_keys, owner, secrets, event, now));
	return { delivered: error === null, response_status: status, error: errorText(error) };
}
