import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { formatAgo, formatSpoken, getLive } from "./live.ts";

const AT = "2026-05-03T12:00:00.000Z";
const SOURCE = { network: "203.0.113.0/24", agent: "node", client: null, name: null, last_seen_at: AT, requests: 1, refused: 0 };

test("the line waits, turns green with the first request, and reports a refused one", () => {
	const unused = { last_used_at: null, last_check_at: null };
	deepEqual(getLive(unused, []), { kind: "waiting" });
	deepEqual(getLive(unused, [{ ...SOURCE, refused: 1 }]), { kind: "refused", at: AT, from: "node (203.0.113.0/24)" });
	deepEqual(getLive({ last_used_at: AT, last_check_at: null }, []), { kind: "authenticated", at: AT, from: null, check_at: null });
	const green = getLive({ last_used_at: AT, last_check_at: AT }, [
		{ ...SOURCE, requests: 3, refused: 3 },
		{ ...SOURCE, name: "Order server" },
	]);
	deepEqual(green, { kind: "authenticated", at: AT, from: "Order server (203.0.113.0/24)", check_at: AT });
	equal(formatSpoken(green), "Connectivity check passed from Order server (203.0.113.0/24)");
});

test("recent times are shown as just now, also with clock skew", () => {
	const at_ms = Date.parse(AT);
	equal(formatAgo(AT, at_ms - 5_000), "just now");
	equal(formatAgo(AT, at_ms + 3_900), "3 s ago");
	equal(formatAgo(AT, at_ms + 125_000), "2 min ago");
	equal(formatAgo(AT, at_ms + 7_300_000), "2 h ago");
});
