import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { formatReplay, listRefused, type Replay } from "./replay-words.ts";

const source = { id: "src_1", name: "nightly export", network: "203.0.113.0/24", agent: "curl", client: null };
const refused = { operation: "PUT documents:write", site_id: null, source, code: "permission_missing", certain: true, requests: 3 };
const tuesdays = { ...refused, weekdays: [2], days: 3, last_day: "2026-11-24" };
const replay = (rest: Partial<Replay> = {}): Replay => ({
	...{ from: "2026-11-02T00:00:00.000Z", to: "2026-12-01T12:00:00.000Z", requests: 41_208, would_refuse: 3, would_refuse_at_most: 3 },
	...{ exact: true, unknown: false, then_limited_at_most: 0, refused: [tuesdays], others: 0 },
	...rest,
});

test("a replay says how many of how many, and a range where it is not exact", () => {
	equal(formatReplay(replay()), "3 of its 41,208 requests of the last 30 days would have been refused.");
	equal(
		formatReplay(replay({ would_refuse: 0, would_refuse_at_most: 0 })),
		"None of its 41,208 requests of the last 30 days would have been refused.",
	);
	equal(
		formatReplay(replay({ exact: false, would_refuse_at_most: 40 })),
		"3 to 40 of its 41,208 requests of the last 30 days would have been refused. What is recorded of them does not say it more exactly.",
	);
	equal(
		formatReplay(replay({ exact: false, unknown: true, would_refuse: 0, would_refuse_at_most: 9 })),
		"Up to 9 of its 41,208 requests of the last 30 days would have been refused. It made too many kinds of requests to know each of them.",
	);
	equal(formatReplay(replay({ requests: 0 })), "It made no requests in the last 30 days: nothing shows what it needs.");
});

test("what would have been refused is named with its weekdays, the rest in one line", () => {
	deepEqual(listRefused(replay()), ["3: nightly export, PUT documents:write, Tuesdays"]);
	const often = { ...tuesdays, weekdays: [1, 2, 3], days: 9, site_id: "shop" };
	const once = { ...tuesdays, days: 1, certain: false, operation: "", source: null };
	deepEqual(listRefused(replay({ refused: [often, once, tuesdays, tuesdays], others: 2 })), [
		"3: nightly export, PUT documents:write, site shop, on 9 days",
		"up to 3: not known from where, on one day",
		"3: nightly export, PUT documents:write, Tuesdays",
		"5 requests of others",
	]);
});
