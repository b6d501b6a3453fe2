import type { Meaning } from "../ui/theme.ts";
import { clockTime, formatInstant, relativeTime, shortTime } from "../ui/time-words.ts";
import type { Delivery, DeliveryStatus, EventType, TestResult, Webhook } from "./queries.ts";

/** What each event tells, in the words of the pages. A new type of event does not compile without its line here. */
export const EVENT_WORDS: Readonly<Record<EventType, string>> = {
	"key.created": "a key was created",
	"key.updated": "settings of a key were changed",
	"key.reissued": "the secret of a key that was never used was issued again",
	"key.paused": "a key was paused",
	"key.resumed": "a paused key works again",
	"key.revoked": "a key was revoked for good",
	"key.first_used": "a key is used for the first time",
	"key.new_source": "a key is used from a new client",
	"key.expired": "a key has expired",
	"rotation.due": "a key is due to be replaced",
	"rotation.overdue": "a key is still to be replaced, a day after it was due and each week after that",
	"key.expiring": "a key expires in 30, 7 or 1 working days",
	"budget.threshold": "80 or 100 % of a budget of a key are used",
	"key.exposed": "a key was seen where it should not be",
	"key.canary_used": "a canary key was used",
	"handover.claimed": "the recipient of a one-time link revealed the key",
	"rotation.started": "a key is being replaced",
	"rotation.reminder": "clients still use the old key",
	"rotation.completed": "a key was replaced, and the old one is refused",
	"rotation.cancelled": "a replacement was cancelled",
	"alert.raised": "an alert was raised",
	"alert.reminded": "an alert goes on and was not acknowledged",
	"alert.resolved": "an alert was resolved",
	"audit.checkpoint": "the audit log has grown: its head, to be kept elsewhere",
	"webhook.disabled": "another webhook was disabled, because its receiver failed",
};

/** Guarantee: the keys of `EVENT_WORDS` are exactly the event types. */
export const EVENT_TYPES = Object.keys(EVENT_WORDS) as readonly EventType[];

const NAMED_MAX = 2;

/** "all events", "rotation.*", "key.created and 3 other types". */
export function formatEvents(events: readonly string[] | null): string {
	if (events === null) return "all events";
	const nouns = [...new Set(events.map((type) => type.split(".")[0] ?? type))];
	const groups = nouns.flatMap((noun) => {
		const chosen = events.filter((type) => type.startsWith(`${noun}.`));
		const all = EVENT_TYPES.filter((type) => type.startsWith(`${noun}.`));
		return all.length > 1 && all.every((type) => chosen.includes(type)) ? [`${noun}.*`] : chosen;
	});
	if (groups.length <= NAMED_MAX) return groups.join(", ");
	const others = groups.length - 1;
	return `${groups[0]} and ${others} other types`;
}

/** The server counts no further. */
const COUNTED_MAX = 10_000;

function formatCount(count: number): string {
	return count >= COUNTED_MAX ? `${COUNTED_MAX.toLocaleString("en")} or more` : count.toLocaleString("en");
}

/** "1,204 delivered and 3 failed in 24 hours, 2 waiting"; null for a webhook to which nothing was sent in that time. */
export function formatDeliveries({ deliveries_24h: { delivered, failed }, waiting }: Pick<Webhook, "deliveries_24h" | "waiting">): string | null {
	const finished = [...(delivered > 0 ? [`${formatCount(delivered)} delivered`] : []), ...(failed > 0 ? [`${formatCount(failed)} failed`] : [])];
	const parts = [
		...(finished.length > 0 ? [`${finished.join(" and ")} in 24 hours`] : []),
		...(waiting > 0 ? [`${formatCount(waiting)} waiting`] : []),
	];
	return parts.length === 0 ? null : parts.join(", ");
}

interface State {
	readonly meaning: Meaning;
	readonly word: string;
	/** What there is to know beside the word; null for nothing. */
	readonly detail: string | null;
}

const DISABLED: Readonly<Record<"by_request" | "gone" | "failing", string>> = {
	by_request: "a person disabled it",
	gone: "the receiver responded 410: gone",
	failing: "the receiver accepted nothing for about a day",
};

/** The state of a webhook, as its last attempts left it. */
export function webhookState(webhook: Webhook, now_ms: number): State {
	const { status, disabled_reason, failing_since, last_delivery } = webhook;
	if (status === "disabled") {
		const meaning = disabled_reason === "by_request" ? "resting" : "ended";
		return { meaning, word: "Disabled", detail: DISABLED[disabled_reason ?? "by_request"] };
	}
	if (failing_since !== null) return { meaning: "attention", word: "Failing", detail: `since ${formatMoment(failing_since, now_ms)}` };
	if (last_delivery === null) return { meaning: "resting", word: "Nothing sent yet", detail: null };
	return { meaning: "good", word: "Delivered", detail: relativeTime(last_delivery.at, now_ms) };
}

export const STATUS_WORDS: Readonly<Record<DeliveryStatus, string>> = { pending: "Waiting", delivered: "Delivered", failed: "Failed" };
export const STATUS_MEANINGS: Readonly<Record<DeliveryStatus, Meaning>> = { pending: "attention", delivered: "good", failed: "ended" };

/** What the receiver responded to the last attempt: "200", "no response", or "not sent yet". */
export function formatResponse({ attempt, response_status }: Pick<Delivery, "attempt" | "response_status">): string {
	if (response_status !== null) return String(response_status);
	return attempt === 0 ? "not sent yet" : "no response";
}

/** What follows: "again in 9 min", "88 ms", "after 9 attempts". */
export function formatOutcome(delivery: Delivery, now_ms: number): string {
	const { status, attempt, next_attempt_at, duration_ms } = delivery;
	if (next_attempt_at !== null) {
		if (Date.parse(next_attempt_at) <= now_ms) return attempt === 0 ? "being sent" : "again now";
		const when = shortTime(next_attempt_at, now_ms);
		return when === "just now" ? "again soon" : `again ${when}`;
	}
	if (status === "failed") return attempt === 1 ? "after 1 attempt" : `after ${attempt} attempts`;
	return duration_ms === null ? "" : formatDuration(duration_ms);
}

/** "88 ms", "1.4 s". */
export function formatDuration(duration_ms: number): string {
	return duration_ms < 1_000 ? `${duration_ms} ms` : `${(duration_ms / 1_000).toFixed(1)} s`;
}

/** "20:00:04" today, else "28 Nov 09:12", in the viewer's zone. */
export function formatMoment(at: string, now_ms: number): string {
	const [time, now] = [new Date(at), new Date(now_ms)];
	return time.toDateString() === now.toDateString() ? clockTime(time.getTime()) : formatInstant(at, now_ms);
}

/** The result of a test in one sentence. */
export function formatTest({ delivered, response_status, error }: TestResult): string {
	if (delivered) return `The receiver responded ${response_status ?? ""} and accepted it.`;
	return `${response_status === null ? "" : `The receiver responded ${response_status}. `}${error ?? ""}`;
}

/** The host of a webhook's address, as its short name. */
export function getHost(url: string): string {
	return URL.canParse(url) ? new URL(url).host : url;
}
