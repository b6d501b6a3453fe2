import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { SecretSource } from "../../usage/sources/evidence-store.ts";
import { EVIDENCE_KEPT_MS, makeSource, OTHER_SOURCES, type Source, UNKNOWN_SOURCE } from "../../usage/sources/source.ts";
import { assessEvidence, mayBeConfirmed, silenceNeeded, sourceLabel } from "./evidence.ts";
import type { Confirmation } from "./rotation.ts";

const NOW = Date.UTC(2026, 5, 1, 12);
const MINUTE_MS = 60_000;
const TEN_MINUTES_MS = 10 * MINUTE_MS;
const SERVER = makeSource("203.0.113.0/24", "node", "orders-1");
const ELSEWHERE = makeSource("198.51.100.0/24", "backup-job", null);
const LIBRARY = makeSource("203.0.113.0/24", "python-requests", null);

function confirmed(source: Source, ago_ms: number): ReadonlyMap<string, Confirmation> {
	const confirmed_at = new Date(NOW - ago_ms);
	return new Map([[source.id, { source_id: source.id, confirmed_at, confirmed_by: { kind: "operator", name: "operator token" } }]]);
}

/** A row of a secret at a source, last used the given number of milliseconds ago. */
function used(kid: "old" | "new", source: Source, ago_ms: number, more: Partial<SecretSource> = {}): SecretSource {
	const { id: source_id, network, agent, client } = source;
	const last_seen_at = new Date(NOW - ago_ms);
	return {
		...{ kid, source_id, network, agent, client, name: null, first_seen_at: last_seen_at, last_seen_at, requests: 10, sightings: 10 },
		...{ gap_ms: 5_000, gap_before_ms: 0, dead_first_seen_at: null, dead_last_seen_at: null, dead_requests: 0, dead_today: 0 },
		...more,
	};
}

function assessed(rows: SecretSource[], more: Partial<Parameters<typeof assessEvidence>[1]> = {}) {
	const first_uses = rows.flatMap((row) => (row.kid === "new" ? (row.first_seen_at?.getTime() ?? []) : []));
	const successor_used_at = first_uses.length === 0 ? null : new Date(Math.min(...first_uses));
	return assessEvidence(rows, {
		predecessor_kid: "old",
		successor_kid: "new",
		successor_used_at,
		old_ends_at: null,
		key_ended: false,
		usage: { until_ms: NOW, gaps_until_ms: 0 },
		confirmations: new Map(),
		now: NOW,
		...more,
	});
}

const codes = (rows: SecretSource[]) => assessed(rows).blockers.map(({ code }) => code);

test("a source has moved once it uses the new secret and the old one is silent for ten minutes or three of its longest gaps", () => {
	deepEqual(codes([used("old", SERVER, TEN_MINUTES_MS - 1), used("new", SERVER, TEN_MINUTES_MS - 1)]), ["not_silent_long_enough"]);
	deepEqual(codes([used("old", SERVER, TEN_MINUTES_MS), used("new", SERVER, TEN_MINUTES_MS)]), []);
	const nightly = { gap_ms: 1_000, gap_before_ms: 24 * 60 * MINUTE_MS };
	deepEqual(codes([used("old", SERVER, 71 * 60 * MINUTE_MS, nightly), used("new", SERVER, 71 * 60 * MINUTE_MS)]), ["not_silent_long_enough"]);
	deepEqual(codes([used("old", SERVER, 72 * 60 * MINUTE_MS, nightly), used("new", SERVER, 72 * 60 * MINUTE_MS)]), []);
});

test("silence counts from the first use of the new secret at the source", () => {
	deepEqual(codes([used("old", SERVER, 60 * MINUTE_MS), used("new", SERVER, 30_000)]), ["not_silent_long_enough"]);
	const [source] = assessed([used("old", SERVER, 60 * MINUTE_MS), used("new", SERVER, 30_000)]).sources;
	deepEqual(source?.waits_until, new Date(NOW - 30_000 + TEN_MINUTES_MS));
});

test("a source that has not used the new secret blocks for 90 days of silence", () => {
	const rows = [used("new", ELSEWHERE, 10 * MINUTE_MS), used("old", SERVER, EVIDENCE_KEPT_MS - 1)];
	deepEqual(codes(rows), ["old_secret_only"]);
	deepEqual(codes([used("new", ELSEWHERE, 10 * MINUTE_MS), used("old", SERVER, EVIDENCE_KEPT_MS)]), []);
	equal(assessed(rows).all_moved, false);
});

test("a source that is not identified or seen less than three times never counts as moved by evidence, even as the only source", () => {
	const old_ends_at = new Date(NOW + MINUTE_MS);
	const long_ago = 60 * MINUTE_MS;
	for (const [source, more, code] of [
		[UNKNOWN_SOURCE, {}, "address_unknown"],
		[makeSource("unknown", "order-bot", null), {}, "address_unknown"],
		[makeSource("hidden", "order-bot", null), {}, "sources_not_told_apart"],
		[makeSource("203.0.113.0/24", "other", null), {}, "sources_not_told_apart"],
		[makeSource("203.0.113.0/24", "none", null), {}, "sources_not_told_apart"],
		[LIBRARY, {}, "sources_not_told_apart"],
		[OTHER_SOURCES, {}, "sources_not_told_apart"],
		[SERVER, { sightings: 2 }, "too_few_sightings"],
	] as const) {
		const { sources, blockers } = assessed([used("old", source, long_ago, more), used("new", source, long_ago)], { old_ends_at });
		deepEqual([blockers.map((blocker) => blocker.code), sources[0]?.waits_until, sources[0]?.moved], [[code], old_ends_at, false]);
	}
});

test("sources that never used the old secret, and uses of it after its end, are ignored", () => {
	const dead = used("old", SERVER, 0, { first_seen_at: null, last_seen_at: null, requests: 0, dead_last_seen_at: new Date(NOW), dead_requests: 3 });
	const { sources, all_moved } = assessed([dead, used("new", ELSEWHERE, TEN_MINUTES_MS)]);
	deepEqual([sources.map(({ old, moved }) => [old, moved]), all_moved], [[[null, true]], true]);
});

test("without known uses of the old secret, all has moved ten minutes after the first use of the new one", () => {
	deepEqual(
		assessed([used("new", ELSEWHERE, TEN_MINUTES_MS - 1)]).blockers.map(({ code, source_id }) => [code, source_id]),
		[["not_silent_long_enough", undefined]],
	);
	deepEqual(codes([used("new", ELSEWHERE, TEN_MINUTES_MS)]), []);
});

test("nothing has moved before the first use of the new secret", () => {
	deepEqual(
		assessed([]).blockers.map(({ code }) => code),
		["not_deployed"],
	);
	equal(assessed([]).all_moved, false);
});

test("a source is labelled by its given name, or by its client and network", () => {
	const called = (source: Source, name: string | null = null) => sourceLabel({ ...source, source_id: source.id, name });
	deepEqual(
		[
			called(SERVER, "Order server"),
			called(SERVER),
			called(makeSource("203.0.113.0/24", "curl", null)),
			called(UNKNOWN_SOURCE),
			called(OTHER_SOURCES),
		],
		["Order server", "orders-1 at 203.0.113.0/24", "curl at 203.0.113.0/24", "none at an unknown address", "other sources"],
	);
});

test("a confirmation counts where evidence cannot decide, is void once the old secret is used there again, and never completes a rotation by itself", () => {
	const rows = (ago_ms: number) => [used("old", LIBRARY, ago_ms), used("new", LIBRARY, MINUTE_MS)];
	const waiting = assessed(rows(5 * MINUTE_MS));
	deepEqual(waiting.sources.map(mayBeConfirmed), [true]);
	const valid = assessed(rows(5 * MINUTE_MS), { confirmations: confirmed(LIBRARY, 4 * MINUTE_MS) });
	deepEqual([valid.all_moved, valid.by_confirmation, valid.sources[0]?.moved], [true, true, true]);
	for (const ago_ms of [4 * MINUTE_MS, 3 * MINUTE_MS]) {
		const again = assessed(rows(ago_ms), { confirmations: confirmed(LIBRARY, 4 * MINUTE_MS) });
		deepEqual([again.all_moved, again.by_confirmation, again.blockers[0]?.code], [false, false, "sources_not_told_apart"]);
		deepEqual(again.sources.map(mayBeConfirmed), [true]);
	}
	const rarely = [used("old", SERVER, 5 * MINUTE_MS, { sightings: 1 }), used("new", SERVER, MINUTE_MS)];
	deepEqual(assessed(rarely).sources.map(mayBeConfirmed), [true]);
	equal(assessed(rarely, { confirmations: confirmed(SERVER, 4 * MINUTE_MS) }).all_moved, true);
	for (const rows_without_doubt of [
		[used("old", SERVER, MINUTE_MS), used("new", SERVER, MINUTE_MS)],
		[used("old", SERVER, MINUTE_MS)],
		[used("new", LIBRARY, MINUTE_MS)],
	])
		deepEqual(assessed(rows_without_doubt).sources.map(mayBeConfirmed), [false]);
	const one_of_two = assessed([...rows(5 * MINUTE_MS), used("old", SERVER, MINUTE_MS)], { confirmations: confirmed(LIBRARY, 4 * MINUTE_MS) });
	deepEqual([one_of_two.all_moved, one_of_two.blockers.map(({ code }) => code)], [false, ["old_secret_only"]]);
	equal(assessed([used("old", LIBRARY, 5 * MINUTE_MS)], { confirmations: confirmed(LIBRARY, MINUTE_MS) }).blockers[0]?.code, "not_deployed");
});

test("more use of the old secret never makes a source moved, and time alone never reverts it", () => {
	const networks = ["unknown", "198.51.100.0/24", "203.0.113.0/24"];
	const row = fc.record({
		kid: fc.constantFrom("old" as const, "new" as const),
		network: fc.constantFrom(...networks),
		ago_ms: fc.integer({ min: 0, max: 200 * MINUTE_MS }),
		gap_ms: fc.integer({ min: 0, max: 60 * MINUTE_MS }),
		sightings: fc.integer({ min: 1, max: 5 }),
	});
	const getRows = (list: readonly { kid: "old" | "new"; network: string; ago_ms: number; gap_ms: number; sightings: number }[]) => [
		...new Map(
			list.map(({ kid, network, ago_ms, ...more }) => [`${kid} ${network}`, used(kid, makeSource(network, "order-bot", null), ago_ms, more)]),
		).values(),
	];
	fc.assert(
		fc.property(fc.array(row, { maxLength: 8 }), fc.integer({ min: 0, max: 300 * MINUTE_MS }), (list, later_ms) => {
			const rows = getRows(list);
			const now = assessed(rows);
			const later = assessed(rows, { now: NOW + later_ms });
			if (now.all_moved) ok(later.all_moved, "time alone takes nothing back");
			for (const source of now.sources) {
				if (!source.moved || source.old === null) continue;
				ok(source.new !== null && source.old.sightings >= 3 && source.source.network !== "unknown");
				ok(NOW - (source.old.last_seen_at?.getTime() ?? 0) >= silenceNeeded(source.old));
			}
			const again = rows.map((use) => (use.kid === "old" ? { ...use, last_seen_at: new Date(NOW) } : use));
			ok(
				assessed(again).sources.every((source) => source.old === null || !source.moved),
				"what used the old secret just now has not moved",
			);
		}),
		{ numRuns: 1_000 },
	);
});
