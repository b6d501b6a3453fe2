import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { confirmationText, inUse, toSelection } from "./revoke/bulk-words.ts";
import { getState, lastFour, nearness, type StateFacts } from "./words.ts";

const NOW_MS = Date.UTC(2026, 4, 3, 12);
const DAY_MS = 86_400_000;
const CURRENT = { status: "current", last4: "a1B2" };

function at(days: number): string {
	return new Date(NOW_MS + days * DAY_MS).toISOString();
}

function word(changes: Partial<StateFacts>): string {
	return getState({ status: "active", expires_at: null, secrets: [CURRENT], handover: null, ...changes }, NOW_MS).word;
}

test("the badge shows the most important state", () => {
	equal(word({}), "Active");
	equal(word({ status: "revoked", secrets: [], handover: { status: "waiting" } }), "Revoked");
	equal(word({ secrets: [], handover: { status: "waiting" } }), "Waiting for hand-over");
	equal(word({ secrets: [], handover: { status: "expired" } }), "Not handed over");
	equal(word({ secrets: [CURRENT, { status: "retiring" }], expires_at: at(3) }), "Being replaced");
	equal(word({ expires_at: at(3) }), "Expiring");
	equal(word({ expires_at: at(30) }), "Active");
	equal(word({ status: "paused" }), "Paused");
});

test("nearness of an end changes at a month, a week, a day and the end", () => {
	deepEqual(
		[null, at(30.1), at(30), at(7.1), at(7), at(1.1), at(1), at(0), at(-1)].map((time) => nearness(time, NOW_MS)),
		["none", "far", "month", "month", "week", "week", "day", "over", "over"],
	);
});

test("the last four are those of the secret that works", () => {
	equal(lastFour([{ status: "retired", last4: "old1" }, CURRENT]), "…a1B2");
	equal(lastFour([]), null);
});

test("keys used in the last day need a typed confirmation, and an empty filter matches no key", () => {
	const key = { name: "prod-order-bot", last_used_at: at(-0.5), usage_24h: 0 };
	equal(inUse([key, { ...key, last_used_at: at(-2) }, { ...key, last_used_at: null, usage_24h: 4 }], NOW_MS), 2);
	equal(confirmationText([key]), "prod-order-bot");
	equal(confirmationText([key, key]), "revoke 2 keys");
	equal(toSelection({ kind: "filter", filter: {} }), null);
	equal(toSelection({ kind: "keys", key_ids: [] }), null);
	deepEqual(toSelection({ kind: "filter", filter: { owner: "Dana" } }), { filter: { owner: "Dana" } });
});
