import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { Delivery, Webhook } from "./queries.ts";
import { EVENT_TYPES, formatDeliveries, formatEvents, formatOutcome, formatResponse, formatTest, webhookState } from "./words.ts";

const NOW = Date.UTC(2026, 10, 30, 12);
const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString();

const WEBHOOK: Webhook = {
	...{ id: "whk_1", url: "https://hooks.example.com/", events: null, status: "active", disabled_reason: null, created_at: at(-600) },
	...{ failing_since: null, previous_secret_expires_at: null },
	...{ deliveries_24h: { delivered: 0, failed: 0 }, waiting: 0 },
	last_delivery: { at: at(-3), status: "delivered", response_status: 204, error: null },
};
const DELIVERY: Delivery = {
	...{ id: "dlv_1", event_id: "evt_1", type: "key.created", sequence: 1, attempt: 1, at: at(-3), duration_ms: 88 },
	...{ status: "delivered", response_status: 204, error: null, next_attempt_at: null },
};

test("a filter is named by its types, a whole noun by its star", () => {
	equal(formatEvents(null), "all events");
	equal(formatEvents(["key.created"]), "key.created");
	equal(formatEvents(EVENT_TYPES.filter((type) => type.startsWith("rotation."))), "rotation.*");
	equal(formatEvents(["key.created", "rotation.started"]), "key.created, rotation.started");
	equal(formatEvents(["key.created", "key.paused", "rotation.started", "webhook.disabled"]), "key.created and 3 other types");
	equal(formatEvents(["later.type"]), "later.type", "a type that this version does not know");
});

test("the state of a webhook says whether its receiver accepts, since when not, and why it is disabled", () => {
	const words = (changes: Partial<Webhook>) => {
		const { meaning, word, detail } = webhookState({ ...WEBHOOK, ...changes }, NOW);
		return [meaning, word, detail].join(" | ");
	};
	equal(words({}), "good | Delivered | 3 minutes ago");
	equal(words({ last_delivery: null }), "resting | Nothing sent yet | ");
	match(words({ failing_since: at(-60) }), /^attention \| Failing \| since (?:30 Nov )?\d\d:00/);
	equal(words({ status: "disabled", disabled_reason: "by_request" }), "resting | Disabled | a person disabled it");
	equal(words({ status: "disabled", disabled_reason: "gone" }), "ended | Disabled | the receiver responded 410: gone");
	equal(words({ status: "disabled", disabled_reason: "failing" }), "ended | Disabled | the receiver accepted nothing for about a day");
});

test("a webhook says how much was delivered and has failed in 24 hours, and how much waits", () => {
	const words = (delivered: number, failed: number, waiting: number) => formatDeliveries({ deliveries_24h: { delivered, failed }, waiting });
	equal(words(1_204, 3, 2), "1,204 delivered and 3 failed in 24 hours, 2 waiting");
	equal(words(7, 0, 0), "7 delivered in 24 hours");
	equal(words(0, 1, 0), "1 failed in 24 hours");
	equal(words(0, 0, 5), "5 waiting");
	equal(words(0, 0, 0), null);
	equal(words(10_000, 0, 0), "10,000 or more delivered in 24 hours", "the server counts no further");
});

test("a delivery says what the receiver responded, and when it is attempted again", () => {
	equal(formatResponse(DELIVERY), "204");
	equal(formatOutcome(DELIVERY, NOW), "88 ms");
	equal(formatOutcome({ ...DELIVERY, duration_ms: 1_420 }, NOW), "1.4 s");
	const failing: Delivery = { ...DELIVERY, status: "pending", attempt: 3, response_status: 503, next_attempt_at: at(9) };
	equal(formatResponse(failing), "503");
	equal(formatOutcome(failing, NOW), "again in 9 min");
	equal(formatOutcome({ ...failing, next_attempt_at: at(0.05) }, NOW), "again soon");
	equal(formatOutcome({ ...failing, next_attempt_at: at(-1) }, NOW), "again now");
	equal(formatResponse({ attempt: 2, response_status: null }), "no response");
	const waiting: Delivery = { ...failing, attempt: 0, response_status: null, duration_ms: null, next_attempt_at: at(-1) };
	equal(`${formatResponse(waiting)}, ${formatOutcome(waiting, NOW)}`, "not sent yet, being sent");
	equal(formatOutcome({ ...failing, status: "failed", attempt: 9, next_attempt_at: null }, NOW), "after 9 attempts");
});

test("the result of a test says what the receiver responded and what to do", () => {
	equal(formatTest({ delivered: true, response_status: 204, error: null }), "The receiver responded 204 and accepted it.");
	equal(formatTest({ delivered: false, response_status: 500, error: "Check it." }), "The receiver responded 500. Check it.");
	equal(formatTest({ delivered: false, response_status: null, error: "No connection could be made." }), "No connection could be made.");
});
