import { readOperators } from "../access/operators/store.ts";
import { record } from "../audit/record.ts";
import type { Clock } from "../core/clock.ts";
import { ALL_TENANTS } from "../core/context.ts";
import type { Database } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import type { Mailer } from "../outbox/mail/mailer.ts";
import { composeMail } from "../outbox/mail/mails.ts";
import type { LiveProfile } from "../plans/profile/live.ts";
import { FAILING_AFTER_MS } from "../webhooks/webhook.ts";
import { noteFailing, readFailingWebhooks } from "./health-store.ts";

/** Operators that are mailed; the first ones, should there be more. */
const OPERATORS_MAX = 50;

export interface FailingMailOptions {
	readonly database: Database;
	readonly clock: Clock;
	readonly mailer: Mailer;
	readonly profile: Pick<LiveProfile, "known" | "public_url">;
}

/**
 * Mails all operators when a webhook of theirs has accepted nothing for an hour, and when it is disabled: once each, by one node. Tenants have the alert
 * `webhook_failing`. Not queued: a mail that is not accepted is not repeated. Returns the number of webhooks.
 */
export async function mailOfFailingWebhooks({ database, clock, mailer, profile }: FailingMailOptions): Promise<number> {
	const since = new Date(clock.now() - FAILING_AFTER_MS);
	const failing = await record({ database }, async (tx) => noteFailing(tx, await readFailingWebhooks(tx, since)));
	if (failing.length === 0) return 0;
	const operators = await read({ database, scope: ALL_TENANTS }, readOperators);
	const link = { href: `${profile.public_url}/operator/webhooks` };
	for (const { email } of operators.slice(0, OPERATORS_MAX)) {
		for (const { url, failing_since, disabled } of failing) {
			const values = { product_name: profile.known.product_name, host: new URL(url).host, failing_since, is_disabled: disabled !== null, link };
			await mailer.send(composeMail("operator_webhook_failing", email, values));
		}
	}
	return failing.length;
}
