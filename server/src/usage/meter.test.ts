import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ManualClock } from "../core/clock.ts";
import { type Batch, emptyBatch } from "./batch.ts";
import { type KeyCounter, Meter, type OperationCounter, type UsageCode } from "./meter.ts";

const START = Date.UTC(2026, 0, 15, 12, 0, 0);
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
const CODES: UsageCode[] = ["allowed", "allowed", "allowed", "rate_limited", "permission_missing", "key_paused"];

interface Step {
	kind: "count" | "drain" | "check" | "lookup";
	key: number;
	operation: number;
	code: UsageCode;
	advance_ms: number;
	facts_max: number;
}

const steps = fc.array(
	fc.record<Step>({
		kind: fc.constantFrom("count", "count", "count", "count", "count", "drain", "check", "lookup"),
		key: fc.nat(5),
		operation: fc.nat(3),
		code: fc.constantFrom(...CODES),
		advance_ms: fc.oneof(fc.constant(0), fc.nat(5_000), fc.nat(300_000), fc.constant(43_200_000)),
		facts_max: fc.integer({ min: 1, max: 12 }),
	}),
	{ maxLength: 200, size: "max" },
);

function tally(map: Map<string, number>, name: string, requests: number): void {
	map.set(name, (map.get(name) ?? 0) + requests);
}

/** Sums the batches by fact name. */
class Sums {
	readonly keys = new Map<string, number>();
	readonly operations = new Map<string, number>();
	/** By day: by what the requests did, and the sums of that by key and code. */
	readonly uses = new Map<string, number>();
	readonly summed_uses = new Map<string, number>();

	add(batch: Batch, with_minutes: boolean): void {
		const at = (minute: number): string => (with_minutes ? ` ${minute}` : "");
		for (const fact of batch.keys) tally(this.keys, `${fact.kid} ${fact.code}${at(fact.minute)}`, fact.requests);
		for (const { target, requests, ...use } of batch.uses) this.addUse({ ...use, target: target?.operation ?? "combined" }, requests);
		for (const fact of batch.operations) tally(this.operations, `${fact.operation} ${fact.code}${at(fact.minute)}`, fact.requests);
	}

	addUse(use: { key_id: string; code: UsageCode; day: number; target: string }, requests: number): void {
		tally(this.uses, `${use.key_id} ${use.code} ${use.day} ${use.target}`, requests);
		tally(this.summed_uses, `${use.key_id} ${use.code}`, requests);
	}
}

function getSum(map: Map<string, number>): number {
	return [...map.values()].reduce((sum, requests) => sum + requests, 0);
}

interface Run {
	meter: Meter;
	drained: Sums;
	expected: Sums;
	counted: number;
}

/** Either reuses the first counter or looks it up again (`lookup`), as grants that are evicted and read again do. */
function run(entries_max: number, sequence: Step[], with_minutes: boolean, each: (meter: Meter) => void): Run {
	const clock = new ManualClock(START);
	const meter = new Meter({ clock, entries_max });
	const keys: KeyCounter[] = Array.from({ length: 6 }, (_, i) => meter.keyCounter("t", `key_${i}`, `kid_${i}`));
	const operations: OperationCounter[] = Array.from({ length: 4 }, (_, i) => meter.operationCounter("t", i === 0 ? null : "site", `operation_${i}`));
	const drained = new Sums();
	const expected = new Sums();
	let counted = 0;
	for (const step of sequence) {
		clock.advance(step.advance_ms);
		const key = keys[step.key] ?? meter.keyCounter("t", "key_0", "kid_0");
		const operation = operations[step.operation] ?? meter.operationCounter("t", null, "operation_0");
		if (step.kind === "count") {
			meter.count(key, operation, step.code, clock.now());
			const minute = with_minutes ? ` ${Math.floor(clock.now() / MINUTE_MS)}` : "";
			tally(expected.keys, `kid_${step.key} ${step.code}${minute}`, 1);
			tally(expected.operations, `operation_${step.operation} ${step.code}${minute}`, 1);
			const day = Math.floor(clock.now() / MINUTE_MS / DAY_MINUTES);
			expected.addUse({ key_id: `key_${step.key}`, code: step.code, day, target: `operation_${step.operation}` }, 1);
			counted += 1;
		} else if (step.kind === "check") meter.recordConnectivityCheck(key, clock.now());
		else if (step.kind === "lookup") {
			keys[step.key] = meter.keyCounter("t", `key_${step.key}`, `kid_${step.key}`);
			operations[step.operation] = meter.operationCounter("t", step.operation === 0 ? null : "site", `operation_${step.operation}`);
		} else {
			const batch = meter.drain(step.facts_max);
			if (batch) drained.add(batch, with_minutes);
		}
		each(meter);
	}
	for (let batch = meter.drain(7); batch; batch = meter.drain(7)) drained.add(batch, with_minutes);
	equal(meter.waiting, 0);
	return { meter, drained, expected, counted };
}

test("every request is in exactly one fact of each kind, in its own minute, and under what it did on its day, in any order of counts and drains", () => {
	fc.assert(
		fc.property(steps, (sequence) => {
			const { meter, drained, expected } = run(1_000, sequence, true, () => undefined);
			deepEqual(drained.keys, expected.keys);
			deepEqual(drained.operations, expected.operations);
			deepEqual(drained.uses, expected.uses);
			equal(meter.lost, 0);
		}),
		{ numRuns: 300 },
	);
});

test("the number of undrained facts is bounded, and counts beyond the bound are reported as lost", () => {
	fc.assert(
		fc.property(fc.integer({ min: 4, max: 12 }), steps, (entries_max, sequence) => {
			const { meter, drained, counted } = run(entries_max, sequence, false, (running) => {
				ok(running.waiting >= 0 && running.waiting <= entries_max);
				ok(running.known <= entries_max);
			});
			equal(getSum(drained.keys) + getSum(drained.operations) + meter.lost, 2 * counted);
			equal(getSum(drained.uses), getSum(drained.keys), "what requests did is combined at the bound, not lost");
		}),
		{ numRuns: 300 },
	);
});

test("with room for one fact per key and code nothing is lost without drains: past minutes merge into the current one", () => {
	const rooms = 6 * new Set(CODES).size + 4 * new Set(CODES).size + 6;
	fc.assert(
		fc.property(steps, (sequence) => {
			const undrained = sequence.filter((step) => step.kind !== "drain");
			const { meter, drained, expected } = run(rooms, undrained, false, () => undefined);
			equal(meter.lost, 0);
			deepEqual(drained.keys, expected.keys);
			deepEqual(drained.operations, expected.operations);
			deepEqual(drained.summed_uses, expected.summed_uses);
		}),
		{ numRuns: 300 },
	);
});

test("when the database is unavailable for a day, one key's counts stay exact in a few facts", () => {
	const clock = new ManualClock(START);
	const meter = new Meter({ clock, entries_max: 4 });
	const key = meter.keyCounter("t", "key", "kid");
	const operation = meter.operationCounter("t", null, "operation");
	for (let i = 0; i < 1_440; i += 1) {
		meter.count(key, operation, i % 2 === 0 ? "allowed" : "rate_limited", clock.now());
		clock.advance(MINUTE_MS);
		ok(meter.waiting <= 4);
	}
	const sums = new Sums();
	sums.add(meter.drain() ?? emptyBatch(), false);
	deepEqual(
		sums.keys,
		new Map([
			["kid allowed", 720],
			["kid rate_limited", 720],
		]),
	);
	equal(meter.lost, 0);
});
