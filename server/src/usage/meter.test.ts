import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ManualClock } from "../core/clock.ts";
import { type Batch, emptyBatch } from "./batch.ts";
import { CODES_OF_DEAD_KEYS } from "./code.ts";
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

test("a drain returns about the requested number of facts, and later drains the rest in order", () => {
	const meter = new Meter({ clock: new ManualClock(START) });
	const operation = meter.operationCounter("t", null, "operation");
	for (let i = 0; i < 100; i += 1) meter.count(meter.keyCounter("t", `key_${i}`, `kid_${i}`), operation, "allowed", START);
	const kids: string[] = [];
	for (let batch = meter.drain(30); batch; batch = meter.drain(30)) {
		ok(batch.facts <= 30);
		kids.push(...batch.keys.map((fact) => fact.kid));
	}
	deepEqual(
		kids,
		Array.from({ length: 100 }, (_, i) => `kid_${i}`),
	);
});

test("a counter stays the same object while it is looked up or used, and is evicted when idle", () => {
	const clock = new ManualClock(START);
	const meter = new Meter({ clock });
	const operation = meter.operationCounter("t", "site", "operation");
	const used = meter.keyCounter("t", "key_used", "kid_used");
	const idle = meter.keyCounter("t", "key_idle", "kid_idle");
	for (let i = 0; i < 10; i += 1) {
		clock.advance(MINUTE_MS);
		meter.count(used, operation, "allowed", clock.now());
		ok(meter.drain());
	}
	equal(meter.keyCounter("t", "key_used", "kid_used"), used);
	equal(meter.operationCounter("t", "site", "operation"), operation);
	equal(meter.known, 2);
	notEqual(meter.keyCounter("t", "key_idle", "kid_idle"), idle);
});

test("an evicted counter that is still referenced counts, beside a newer one of the same secret", () => {
	const clock = new ManualClock(START);
	const meter = new Meter({ clock });
	const held = meter.keyCounter("t", "key", "kid");
	const operation = meter.operationCounter("t", null, "operation");
	for (let i = 0; i < 4; i += 1) {
		clock.advance(3 * MINUTE_MS);
		meter.drain();
	}
	equal(meter.known, 0);
	const newer = meter.keyCounter("t", "key", "kid");
	notEqual(newer, held);
	meter.count(held, operation, "allowed", clock.now());
	meter.count(newer, operation, "allowed", clock.now());
	meter.count(held, operation, "allowed", clock.now());
	const sums = new Sums();
	sums.add(meter.drain() ?? emptyBatch(), false);
	deepEqual(sums.keys, new Map([["kid allowed", 3]]));
	deepEqual(sums.operations, new Map([["operation allowed", 3]]));
});

test("operations of different sites and tenants are counted separately", () => {
	const meter = new Meter({ clock: new ManualClock(START) });
	const counters = [
		meter.operationCounter("t", null, "op"),
		meter.operationCounter("t", "site", "op"),
		meter.operationCounter("u", "site", "op"),
		meter.operationCounter("t", "site", "op 2"),
	];
	equal(new Set(counters).size, 4);
	equal(meter.operationCounter("t", null, "op"), counters[0]);
});

test("a request with a live key counts as use, allowed or refused; one with a dead key does not", () => {
	const dead: UsageCode[] = ["key_revoked", "key_expired", "key_rotated", "key_paused", "tenant_suspended"];
	for (const code of [...dead, "allowed", "rate_limited", "permission_missing", "not_found"] satisfies UsageCode[]) {
		const meter = new Meter({ clock: new ManualClock(START) });
		meter.count(meter.keyCounter("t", "key", "kid"), meter.operationCounter("t", null, "op"), code, START);
		const batch = meter.drain();
		deepEqual(
			batch?.keys.map((fact) => [fact.code, fact.first_ms, fact.last_ms]),
			[[code, START, START]],
		);
		equal(CODES_OF_DEAD_KEYS.includes(code), dead.includes(code));
	}
});

test("a drain returns the first and last use since the previous drain, and connectivity checks separately", () => {
	const meter = new Meter({ clock: new ManualClock(START) });
	const key = meter.keyCounter("t", "key", "kid");
	const operation = meter.operationCounter("t", null, "op");
	for (const at of [30, 10, 20]) meter.count(key, operation, "allowed", START + at);
	meter.recordConnectivityCheck(key, START + 25);
	const first = meter.drain();
	deepEqual(
		first?.keys.map(({ first_ms, last_ms }) => [first_ms, last_ms]),
		[[START + 10, START + 30]],
	);
	deepEqual(first?.key_checks, [{ tenant_id: "t", key_id: "key", last_check_ms: START + 25 }]);
	equal(meter.drain(), null);
	meter.recordConnectivityCheck(key, START + 40);
	deepEqual(meter.drain(), { ...emptyBatch(), facts: 1, key_checks: [{ tenant_id: "t", key_id: "key", last_check_ms: START + 40 }] });
});

test("a key's 65th operation from one source, and further ones, are combined until the counts are drained", () => {
	const meter = new Meter({ clock: new ManualClock(START) });
	const key = meter.keyCounter("t", "key", "kid");
	for (const _round of [1, 2])
		for (let i = 0; i < 70; i += 1) meter.count(key, meter.operationCounter("t", null, `operation_${i}`), "rate_limited", START);
	const uses = meter.drain()?.uses ?? [];
	deepEqual([uses.length, uses.find(({ target }) => target === null)?.requests], [65, 12]);
	equal(
		uses.reduce((sum, { requests }) => sum + requests, 0),
		140,
	);
	meter.count(key, meter.operationCounter("t", null, "operation_69"), "rate_limited", START);
	equal(meter.drain()?.uses[0]?.target?.operation, "operation_69");
});

test("what thousands of busy keys do is drained in turns, within 60 drains, as one use of each; a last drain takes all", () => {
	const meter = new Meter({ clock: new ManualClock(START) });
	const operation = meter.operationCounter("t", null, "op");
	const keys = Array.from({ length: 150_000 }, (_, i) => meter.keyCounter("t", `key_${i}`, `kid_${i}`));
	function countAll(): void {
		for (const key of keys) meter.count(key, operation, "allowed", START);
	}
	countAll();
	const counts: number[] = [];
	for (let drained = 0; drained < 150_000; drained += counts.at(-1) ?? 0) counts.push(meter.drain(1_000_000)?.uses.length ?? 0);
	ok(counts.length <= 75 && counts.every((count) => count <= 2_500), JSON.stringify(counts));
	for (const _second of [1, 2, 3]) countAll();
	const { uses = [] } = meter.drain(1_000_000, true) ?? {};
	deepEqual([uses.length, uses.every(({ requests }) => requests === 3)], [150_000, true]);
	equal(meter.drain(), null);
});
