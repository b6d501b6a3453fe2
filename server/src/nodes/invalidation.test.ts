import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type InvalidationKind, RecentInvalidations, siteInvalidationId } from "./invalidation.ts";

const MORE_THAN_REMEMBERED = 20_050;

test("a reading is overtaken exactly by what touched the thing after it", () => {
	const recent = new RecentInvalidations();
	recent.add({ kind: "key", id: "a", seq: 7 });
	equal(recent.touchedSince("key", "a", 6), true);
	equal(recent.touchedSince("key", "a", 7), false);
	equal(recent.touchedSince("key", "b", 0), false);
	equal(recent.touchedSince("tenant", "a", 0), false, "the same id of another kind");
});

test("the last number counts, not the first", () => {
	const recent = new RecentInvalidations();
	recent.add({ kind: "plan", id: "p", seq: 3 });
	recent.add({ kind: "plan", id: "p", seq: 9 });
	equal(recent.touchedSince("plan", "p", 5), true);
	equal(recent.touchedSince("plan", "p", 9), false);
});

test("after a reset whatever was read before its number counts as touched", () => {
	const recent = new RecentInvalidations();
	recent.add({ kind: "key", id: "a", seq: 2 });
	recent.reset(40);
	equal(recent.touchedSince("key", "never heard of", 39), true);
	equal(recent.touchedSince("key", "a", 40), false);
});

test("an evicted entry counts as touched, so that no stale read is accepted", () => {
	const recent = new RecentInvalidations();
	for (let seq = 1; seq <= MORE_THAN_REMEMBERED; seq += 1) recent.add({ kind: "key", id: `key-${seq}`, seq });
	const forgotten = MORE_THAN_REMEMBERED - 20_000;
	equal(recent.touchedSince("key", "key-1", 0), true);
	equal(recent.touchedSince("key", `key-${forgotten}`, forgotten - 1), true);
	equal(recent.touchedSince("key", "untouched", forgotten - 1), true, "it is unknown whether it was");
	equal(recent.touchedSince("key", "untouched", forgotten), false);
	equal(recent.touchedSince("key", `key-${forgotten + 1}`, forgotten), true);
});

test("repeated touches of one thing use one slot", () => {
	const recent = new RecentInvalidations();
	recent.add({ kind: "key", id: "first", seq: 1 });
	for (let seq = 2; seq <= MORE_THAN_REMEMBERED; seq += 1) recent.add({ kind: "plan", id: "busy", seq });
	equal(recent.touchedSince("tenant", "untouched", 0), false, "nothing was forgotten");
	equal(recent.touchedSince("key", "first", 0), true);
});

test("a touch that is known is never denied, whatever came in between", () => {
	const kinds = fc.constantFrom<InvalidationKind>("key", "tenant", "site", "plan");
	const touches = fc.array(fc.record({ kind: kinds, id: fc.constantFrom("a", "b", "c") }), { maxLength: 60 });
	fc.assert(
		fc.property(touches, fc.nat(60), (list, snapshot_seq) => {
			const recent = new RecentInvalidations();
			list.forEach((touch, index) => {
				recent.add({ ...touch, seq: index + 1 });
			});
			for (const { kind, id } of list) {
				const last = list.findLastIndex((touch) => touch.kind === kind && touch.id === id) + 1;
				equal(recent.touchedSince(kind, id, snapshot_seq), last > snapshot_seq);
			}
		}),
	);
});

test("sites of two tenants with the same id are two things", () => {
	ok(siteInvalidationId("tenant-a", "shop") !== siteInvalidationId("tenant-b", "shop"));
});
