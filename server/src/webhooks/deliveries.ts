import type { ChangeContext } from "../audit/change.ts";
import { change } from "../audit/change.ts";
import { ApiError } from "../core/error.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { type Page, type PageRequest, toPage, windowByTexts } from "../http/input/cursor.ts";
import { readDeliveries, readDelivery, replayDelivery } from "./delivery-store.ts";
import { lockOwned } from "./lock.ts";
import { toDeliveryResponse } from "./response.ts";
import type { DeliveryAnswer } from "./schema.ts";
import { readWebhook } from "./store.ts";
import { type DeliveryStatus, getOrigin, webhookNotFound } from "./webhook.ts";

type Named = { readonly tenant_id: string; readonly webhook_id: string };
const SEQUENCE = /^\d{1,15}$/;

/** Lists the deliveries of a webhook, the newest event first. 404 `not_found`. */
export async function listDeliveries(
	context: DatabaseContext,
	input: PageRequest & Named & { status?: DeliveryStatus | undefined },
): Promise<Page<DeliveryAnswer>> {
	const { tenant_id, webhook_id, status } = input;
	const window = windowByTexts(input, 1, ([sequence = ""]) => SEQUENCE.test(sequence));
	const rows = await read(context, async (tx) => {
		if (!(await readWebhook(tx, { tenant_id, id: webhook_id }))) throw webhookNotFound();
		return readDeliveries(tx, { tenant_id, webhook_id }, window, status);
	});
	const page = toPage(rows, window, ({ sequence }) => [String(sequence)]);
	return { ...page, data: page.data.map(toDeliveryResponse) };
}

/**
 * Sends an event again, with its `webhook-id` and `sequence` and a new series of attempts, whatever became of the earlier ones. 409 `conflict`
 * while attempts are still due, or while the webhook is disabled; 404 `not_found`.
 */
export async function replay(context: ChangeContext, input: Named & { delivery_id: string }): Promise<DeliveryAnswer> {
	const { tenant_id, webhook_id, delivery_id: id } = input;
	return change(context, async (tx) => {
		const webhook = await lockOwned(tx, { tenant_id, id: webhook_id });
		const before = await readDelivery(tx, { tenant_id, webhook_id, id });
		if (!before) throw new ApiError("not_found", "There is no delivery with this id.");
		if (webhook.status === "disabled") throw new ApiError("conflict", "The webhook is disabled. Enable it first.");
		const now = new Date(context.clock.now());
		if (before.status === "pending" || !(await replayDelivery(tx, { tenant_id, webhook_id, id }, now)))
			throw new ApiError("conflict", "This delivery is still being attempted. Wait until it is delivered or has failed.");
		const unattempted = { attempts: 0, at: now, duration_ms: null, response_status: null, error: null, next_attempt_at: now };
		const after = { ...before, ...unattempted, status: "pending" as const };
		const details = { webhook_id, event_id: before.event_id, type: before.type };
		return {
			result: toDeliveryResponse(after),
			audit: [
				{
					action: "webhook.delivery_replayed",
					target: { kind: "webhook", id: webhook_id, name: getOrigin(webhook.url) },
					tenant_id,
					details: { ...details, delivery_id: id },
				},
			],
		};
	});
}
