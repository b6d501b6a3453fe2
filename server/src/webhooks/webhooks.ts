import { type ChangeContext, change } from "../audit/change.ts";
import type { Clock } from "../core/clock.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../http/input/cursor.ts";
import { readDeliveryCounts } from "./delivery-store.ts";
import { lockOwned } from "./lock.ts";
import { toWebhookResponse } from "./response.ts";
import type { WebhookAnswer, WebhookPatch } from "./schema.ts";
import { clearFailing, deleteWebhookRow, readWebhook, readWebhooks, updateWebhook } from "./store.ts";
import { assertUrl, getOrigin, type Webhook, type WebhookContext, webhookNotFound } from "./webhook.ts";

type ReadContext = DatabaseContext & { readonly clock: Clock };
type Named = { readonly tenant_id: string; readonly webhook_id: string };

/** Lists the webhooks of a tenant, newest first. */
export async function listWebhooks(context: ReadContext, input: PageRequest & { tenant_id: string }): Promise<Page<WebhookAnswer>> {
	const window = windowByTime(input);
	const now = context.clock.now();
	return read(context, async (tx) => {
		const page = toPage(await readWebhooks(tx, input.tenant_id, window), window, ({ created_at, id }) => [created_at.toISOString(), id]);
		const counts = await readDeliveryCounts(tx, page.data, now);
		return { ...page, data: page.data.map((webhook) => toWebhookResponse(webhook, counts(webhook), now)) };
	});
}

/** Reads one webhook. 404 `not_found`. */
export async function getWebhook(context: ReadContext, input: Named): Promise<WebhookAnswer> {
	const now = context.clock.now();
	return read(context, async (tx) => {
		const webhook = await readWebhook(tx, { tenant_id: input.tenant_id, id: input.webhook_id });
		if (!webhook) throw webhookNotFound();
		return toWebhookResponse(webhook, (await readDeliveryCounts(tx, [webhook], now))(webhook), now);
	});
}

function statusChange(before: Webhook, status: WebhookPatch["status"]): Partial<Pick<Webhook, "status" | "disabled_reason">> {
	if (status === undefined || status === before.status) return {};
	return { status, disabled_reason: status === "active" ? null : "by_request" };
}

/**
 * Changes URL, filter or status. A disabled webhook receives no events; its waiting deliveries continue when it is active again. 400 for a URL
 * that cannot be called; 404 `not_found`.
 */
export async function updateWebhookSettings(context: WebhookContext, input: WebhookPatch & Named): Promise<WebhookAnswer> {
	const { tenant_id, webhook_id: id, url, events, status } = input;
	if (url !== undefined) assertUrl(context, url);
	return change(context, async (tx) => {
		const before = await lockOwned(tx, { tenant_id, id });
		const now = context.clock.now();
		const changes = {
			...(url === undefined || url === before.url ? {} : { url }),
			...(events === undefined || JSON.stringify(events) === JSON.stringify(before.events) ? {} : { events }),
			...statusChange(before, status),
		};
		const counts = (await readDeliveryCounts(tx, [before], now))(before);
		if (Object.keys(changes).length === 0) return { unchanged: toWebhookResponse(before, counts, now) };
		await updateWebhook(tx, before, changes);
		const enabled = changes.status === "active";
		if (enabled) await clearFailing(tx, before);
		const after = { ...before, ...changes, failing_since: enabled ? null : before.failing_since };
		return {
			result: toWebhookResponse(after, counts, now),
			audit: [
				{
					action: "webhook.updated",
					target: { kind: "webhook", id, name: getOrigin(after.url) },
					tenant_id,
					details: { changed: Object.keys(changes), before: getSettings(before), after: getSettings(after) },
				},
			],
		};
	});
}

function getSettings({ url, events, status }: Webhook): Record<string, unknown> {
	return { url_origin: getOrigin(url), events, status };
}

/** Deletes a webhook with its deliveries; also in a suspended tenant. 404 `not_found`. */
export async function deleteWebhook(context: ChangeContext, input: Named): Promise<void> {
	const { tenant_id, webhook_id: id } = input;
	await change(context, async (tx) => {
		const webhook = await lockOwned(tx, { tenant_id, id }, true);
		await deleteWebhookRow(tx, webhook);
		return {
			result: undefined,
			audit: [{ action: "webhook.deleted", target: { kind: "webhook", id, name: getOrigin(webhook.url) }, tenant_id, details: getSettings(webhook) }],
		};
	});
}
