import { type Change, type ChangeContext, change } from "../../audit/change.ts";
import { record } from "../../audit/record.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { DAY_MS } from "../../core/time.ts";
import { read } from "../../database/transaction.ts";
import { deleteOldEvents } from "../../outbox/store.ts";
import { openSecret, type SecretOwner, sealSecret, type WebhookKeys } from "../secrets.ts";
import { lockWebhook, readSealedSecrets, readWebhooksOfOtherPeppers, updateWebhook } from "../store.ts";
import { getOrigin } from "../webhook.ts";

export const EVENT_RETENTION_DAYS_DEFAULT = 30;
const EVENTS_PER_STEP = 1_000;
const WEBHOOKS_PER_STEP = 100;

/** Deletes events with their deliveries after `days`, in bounded steps. */
export async function sweepEvents(context: Parameters<typeof record>[0] & Pick<ChangeContext, "clock">, days: number): Promise<void> {
	const before = new Date(context.clock.now() - days * DAY_MS);
	while ((await record(context, (tx) => deleteOldEvents(tx, before, EVENTS_PER_STEP))) === EVENTS_PER_STEP);
}

/** Encrypts the secrets of webhooks with the current pepper, so that an earlier one can be removed. Returns the number of webhooks. */
export async function resealWebhooks(context: ChangeContext & { readonly webhook_keys: WebhookKeys }): Promise<number> {
	const { id } = context.webhook_keys.current;
	const found = await read({ database: context.database, scope: ALL_TENANTS }, (tx) => readWebhooksOfOtherPeppers(tx, id, WEBHOOKS_PER_STEP));
	let resealed = 0;
	for (const owner of found) if (await reseal(context, owner)) resealed += 1;
	return resealed;
}

/** False if there is nothing to do, or the pepper of the secret is not configured. */
async function reseal(context: ChangeContext & { readonly webhook_keys: WebhookKeys }, owner: SecretOwner): Promise<boolean> {
	const { webhook_keys: keys } = context;
	return change<boolean>(context, async (tx): Promise<Change<boolean>> => {
		const webhook = await lockWebhook(tx, owner);
		const stored = webhook && (await readSealedSecrets(tx, owner));
		if (!stored || stored.pepper_id === keys.current.id || !keys.byId.has(stored.pepper_id)) return { unchanged: false };
		const again = (sealed: Buffer) => sealSecret(keys, owner, openSecret(keys, owner, stored.pepper_id, sealed));
		const previous_secret = stored.previous_secret === null ? null : again(stored.previous_secret);
		await updateWebhook(tx, owner, { pepper_id: keys.current.id, secret: again(stored.secret), previous_secret });
		const details = { pepper_id: keys.current.id, pepper_id_before: stored.pepper_id };
		return {
			result: true,
			audit: [
				{ action: "webhook.rekeyed", target: { kind: "webhook", id: owner.id, name: getOrigin(webhook.url) }, tenant_id: owner.tenant_id, details },
			],
		};
	});
}
