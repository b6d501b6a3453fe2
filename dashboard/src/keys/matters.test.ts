import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { getMatters, type KeyOfMatters } from "./matters.ts";

const NOW_MS = Date.parse("2026-11-30T12:00:00Z");
const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(NOW_MS + days * DAY_MS).toISOString();
const secret = {
	kid: "kid_1",
	last4: "a1B2",
	status: "current" as const,
	imported: false,
	created_at: inDays(-9),
	first_used_at: null,
	last_used_at: null,
	retires_at: null,
	kept_in: null,
};
const calm: KeyOfMatters = {
	status: "active",
	secrets: [secret],
	expires_at: null,
	rotation_due_at: null,
	auto_rotate: null,
	rotation: null,
	last_used_at: inDays(-1),
};
const dead = {
	kid: "kid_0",
	source_id: "src_1",
	name: "Backup host",
	network: "10.4.2.0/24",
	agent: "curl",
	client: null,
	first_seen_at: inDays(-2),
	last_seen_at: inDays(-0.1),
	requests: 9,
	requests_today: 4,
};
const of = (key: Partial<KeyOfMatters>, rest: Partial<Parameters<typeof getMatters>[0]> = {}) =>
	getMatters({ apiKey: { ...calm, ...key }, sources: [], dead: [], rows: [], now_ms: NOW_MS, ...rest });

test("a key that works and is used needs nothing", () => deepEqual(of({}), []));

test("the worst comes first: an ended key that is presented, the end, refusals, the replacement, clients", () => {
	const rows = [{ start: inDays(-0.1), code: "permission_missing", requests: 3 }];
	const mixed = { id: "s", name: null, network: "10.0.0.0/24", agent: "curl", client: null, told_apart: false } as const;
	const source = { ...mixed, requests: 1, refused: 0, last_kid: "kid_1", first_seen_at: inDays(-1), last_seen_at: inDays(-1) };
	const found = of({ expires_at: inDays(4), rotation_due_at: inDays(-2) }, { dead: [dead], rows, sources: [source] });
	deepEqual(
		found.map(({ id }) => id),
		["dead-kid_0", "end", "refused", "replacement", "ambiguous"],
	);
	equal(found[0]?.text, "4 times today by Backup host, 10.4.2.0/24. Refused each time.");
	equal(found[2]?.title, "Refused 3 times in 24 hours");
	deepEqual(found[4]?.way, { to: "clients", show: "ambiguous", label: "See which" });
});

test("a paused, an unrevealed, an expired and a long unused key each say so", () => {
	equal(of({ status: "paused" })[0]?.id, "paused");
	equal(of({ secrets: [], last_used_at: null })[0]?.id, "unrevealed");
	match(of({ status: "expired", expires_at: inDays(-2) })[0]?.title ?? "", /This key expired 2 days ago/);
	equal(of({ last_used_at: inDays(-63) })[0]?.title, "Not used for 63 days");
});

test("refusals of an ended secret are one matter, and old ones none", () => {
	const rows = [{ start: inDays(-0.1), code: "key_rotated", requests: 4 }];
	deepEqual(
		of({}, { dead: [dead], rows }).map(({ id }) => id),
		["dead-kid_0"],
	);
	deepEqual(of({}, { dead: [{ ...dead, last_seen_at: inDays(-2) }] }), []);
});

test("a replacement by schedule says who replaces the key, before its date and after it", () => {
	const text = (auto_rotate: KeyOfMatters["auto_rotate"], days: number) => of({ auto_rotate, rotation_due_at: inDays(days) })[0]?.text ?? "";
	match(text(null, 3), /Replace it while/);
	match(text("handover", 3), /mailed a link/);
	match(text("handover", -3), /No link for it waits/);
	match(text("self", 3), /its program is to replace it/);
	match(text("self", -3), /has not replaced it yet/);
});
