import { shortTime } from "../ui/time-words.ts";
import type { Alert, RuleName } from "./queries.ts";
import { RULES_WITH_OWN_MAIL } from "./rules/words.ts";

export type Reached = NonNullable<Alert["reached"]>;
type MailedTo = NonNullable<Reached["mails"]>[number];
type DeliveredTo = NonNullable<Reached["webhooks"]>[number];

/** One recipient: a name that others chose, and what became of its mail or delivery. */
export interface Recipient {
	/** Unique in its list: two people may have one name. */
	readonly id: string;
	readonly name: string;
	readonly outcome: string;
	readonly is_reached: boolean;
}

/** The recipients, or one sentence when there are none. */
export type Recipients = readonly Recipient[] | string;

const NAMED_MAX = 2;

function formatMail({ status, at }: MailedTo, now_ms: number): string {
	if (status === "failed") return "the mail server did not accept it";
	if (at === null) return status === "digest" ? "not yet: with the next digest" : "not yet";
	return `${status === "digest" ? "in a digest, " : ""}${shortTime(at, now_ms)}`;
}

function formatDelivery({ status, at }: DeliveredTo, now_ms: number): string {
	if (status === "delivered") return at === null ? "delivered" : `delivered ${shortTime(at, now_ms)}`;
	if (status === "failed") return "it accepted no attempt";
	return at === null ? "not yet" : "not yet: it is attempted again";
}

/** Who was mailed. */
export function formatMails({ mails }: Pick<Reached, "mails">, rule: RuleName, now_ms: number): Recipients {
	if (RULES_WITH_OWN_MAIL.includes(rule)) return "no one: the event itself has a mail of its own";
	if (mails === null) return "not yet";
	if (mails.length === 0) return "no one";
	return mails.map((mail, index) => ({ id: String(index), name: mail.name, outcome: formatMail(mail, now_ms), is_reached: mail.at !== null }));
}

/** Which webhooks received it. */
export function formatWebhooks({ webhooks }: Pick<Reached, "webhooks">, now_ms: number): Recipients {
	if (webhooks === null) return "not yet";
	if (webhooks.length === 0) return "none";
	return webhooks.map((delivery) => ({
		...{ id: delivery.webhook_id, name: delivery.url_origin, outcome: formatDelivery(delivery, now_ms) },
		is_reached: delivery.status === "delivered",
	}));
}

/** For a row of the list: the names of those who have the mail, at most two, and how many others. Null if no one has it. */
export function namesMailed(reached: Reached | null): { readonly names: readonly Pick<Recipient, "id" | "name">[]; readonly others: number } | null {
	const sent = (reached?.mails ?? []).map(({ name, at }, index) => ({ id: String(index), name, at })).filter(({ at }) => at !== null);
	if (sent.length === 0) return null;
	const names = sent.slice(0, NAMED_MAX);
	return { names, others: sent.length - names.length };
}

/** Whether nothing more will become known of a test. */
export function isFinal(reached: Reached | null): boolean {
	if (reached === null) return false;
	const { mails, webhooks } = reached;
	return (
		mails?.every(({ status, at }) => status !== "waiting" || at !== null) === true && webhooks?.every(({ status }) => status !== "waiting") === true
	);
}
