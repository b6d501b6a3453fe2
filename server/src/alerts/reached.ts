import type { Reached } from "./reached-store.ts";
import type { RuleName } from "./rule.ts";

/** The event of a test. */
export const TEST_TYPE = "alert.tested";

/** Rules whose subject has a mail of its own, so that their alerts are not mailed too. */
export const RULES_WITH_OWN_MAIL: readonly RuleName[] = ["new_source", "rotation_due", "key_expiring"];

/** Who received an alert, as the API returns it; null if that is not known any more. */
export function toReachedResponse(reached: Reached | undefined, mail_enabled: boolean) {
	if (reached === undefined) return null;
	const { mails, webhooks } = reached;
	return {
		// Without a mail server nothing is queued, now or later.
		mails: mails === null ? (mail_enabled ? null : []) : mails.map(({ at, ...mail }) => ({ ...mail, at: toTime(at) })),
		webhooks: webhooks?.map(({ url, at, ...delivery }) => ({ ...delivery, url_origin: new URL(url).origin, at: toTime(at) })) ?? null,
	};
}

/** PostgreSQL's JSON has times with an offset. */
function toTime(at: string | null): string | null {
	return at === null ? null : new Date(at).toISOString();
}

/** When the first mail server or receiver accepted it; null: none has, or it is not known any more. */
export function getFirstDelivery(reached: ReturnType<typeof toReachedResponse>): string | null {
	const accepted = [
		...(reached?.mails ?? []).map(({ at }) => at),
		...(reached?.webhooks ?? []).filter(({ status }) => status === "delivered").map(({ at }) => at),
	];
	return accepted.filter((at) => at !== null).sort()[0] ?? null;
}
