import { deepEqual, equal } from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import fc from "fast-check";
import { type BucketSize, bucketAfter, bucketStart, getBuckets, getRefusals, getTotals, outcomesIn } from "./buckets.ts";
import { formatReason, getOutcome } from "./outcomes.ts";
import { formatRequests, getPeriod, getRange, RANGES } from "./ranges.ts";

const HOUR_MS = 3_600_000;
const DST_ENDS = Date.parse("2026-10-25T12:00:00Z");

describe("with the viewer in Berlin", () => {
	const zone_before = process.env.TZ;
	beforeEach(() => {
		process.env.TZ = "Europe/Berlin";
	});
	afterEach(() => {
		if (zone_before === undefined) delete process.env.TZ;
		else process.env.TZ = zone_before;
	});

	test("codes are grouped into outcomes", () => {
		equal(getOutcome("allowed"), "allowed");
		for (const code of ["rate_limited", "quota_exceeded", "too_many_auth_failures", "too_many_refusals"]) equal(getOutcome(code), "limited");
		for (const code of ["permission_missing", "key_paused", "something_new"]) equal(getOutcome(code), "refused");
		equal(formatReason("something_new"), "something new");
	});

	test("every bucket is present, including empty ones; older rows are ignored", () => {
		const to_ms = Date.parse("2026-03-02T10:30:00Z");
		const buckets = getBuckets(
			[
				{ start: "2026-03-02T07:00:00Z", code: "allowed", requests: 100 },
				{ start: "2026-03-02T08:00:00Z", code: "allowed", requests: 5 },
				{ start: "2026-03-02T08:00:00Z", code: "permission_missing", requests: 2 },
				{ start: "2026-03-02T08:00:00Z", code: "not_found", requests: 1 },
				{ start: "2026-03-02T10:00:00Z", code: "rate_limited", requests: 4 },
			],
			{ from_ms: Date.parse("2026-03-02T08:00:00Z"), to_ms, size: "hour" },
		);
		deepEqual(
			buckets.map(({ start_ms: _start, ...counts }) => counts),
			[
				{ allowed: 5, limited: 0, refused: 3 },
				{ allowed: 0, limited: 0, refused: 0 },
				{ allowed: 0, limited: 4, refused: 0 },
			],
		);
		deepEqual(getTotals(buckets), { allowed: 5, limited: 4, refused: 3, all: 12 });
	});

	test("a day starts at the viewer's midnight, and one with 25 hours is one day", () => {
		const days = getBuckets([{ start: "2026-10-24T22:00:00Z", code: "allowed", requests: 1 }], {
			from_ms: Date.parse("2026-10-24T12:00:00Z"),
			to_ms: Date.parse("2026-10-26T12:00:00Z"),
			size: "day",
		});
		deepEqual(
			days.map(({ start_ms, allowed }) => [new Date(start_ms).toISOString(), allowed]),
			[
				["2026-10-23T22:00:00.000Z", 0],
				["2026-10-24T22:00:00.000Z", 1],
				["2026-10-25T23:00:00.000Z", 0],
			],
		);
	});

	test("ranges have the expected buckets, the last one still running, in any zone and on any day", () => {
		for (const zone of ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland", "UTC"]) {
			process.env.TZ = zone;
			for (const range of RANGES) {
				for (let now_ms = DST_ENDS - 48 * HOUR_MS; now_ms < DST_ENDS + 48 * HOUR_MS; now_ms += 5 * HOUR_MS) {
					const period = getPeriod(range, now_ms);
					const buckets = getBuckets([], period);
					equal(buckets.length, range.buckets, `${zone} ${range.id} ${new Date(now_ms).toISOString()}`);
					const last = buckets.at(-1)?.start_ms ?? 0;
					equal(last <= now_ms && now_ms < bucketAfter(last, range.size), true);
				}
			}
		}
	});

	test("no request is lost or counted twice", () => {
		const from_ms = Date.parse("2026-10-20T22:00:00Z");
		const sizes: readonly BucketSize[] = ["hour", "six_hours", "day"];
		const row = fc.record({
			start: fc.integer({ min: 0, max: 30 * 24 - 1 }).map((hour) => new Date(from_ms + hour * HOUR_MS).toISOString()),
			code: fc.constantFrom("allowed", "rate_limited", "key_paused", "not_found"),
			requests: fc.integer({ min: 1, max: 1_000 }),
		});
		fc.assert(
			fc.property(fc.array(row), fc.constantFrom(...sizes), (rows, size) => {
				const totals = getTotals(getBuckets(rows, { from_ms, to_ms: from_ms + 30 * 24 * HOUR_MS, size }));
				equal(
					totals.all,
					rows.reduce((sum, { requests }) => sum + requests, 0),
				);
				equal(
					totals.limited + totals.refused,
					getRefusals(rows).reduce((sum, { requests }) => sum + requests, 0),
				);
			}),
		);
	});

	test("outcomes that never occurred have no series, and frequent reasons come first", () => {
		deepEqual(outcomesIn({ allowed: 0, limited: 0, refused: 3, all: 3 }), ["allowed", "refused"]);
		const rows = [
			{ start: "2026-03-02T07:00:00Z", code: "not_found", requests: 1 },
			{ start: "2026-03-02T08:00:00Z", code: "key_paused", requests: 2 },
			{ start: "2026-03-02T09:00:00Z", code: "key_paused", requests: 2 },
			{ start: "2026-03-02T09:00:00Z", code: "allowed", requests: 9 },
		];
		deepEqual(getRefusals(rows), [
			{ code: "key_paused", requests: 4 },
			{ code: "not_found", requests: 1 },
		]);
		equal(getRange("week").label, "7 d");
		equal(getRange("else").id, "day");
		equal(formatRequests(1), "1 request");
		equal(formatRequests(1_204), "1,204 requests");
		equal(bucketStart(Date.parse("2026-03-02T07:59:59Z"), "hour"), Date.parse("2026-03-02T07:00:00Z"));
	});
});
