import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../core/clock.ts";
import { emptyBatch } from "./batch.ts";
import { Meter } from "./meter.ts";

const START = Date.UTC(2026, 0, 15, 12, 0, 0);

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

test("what thousands of busy keys do is drained in turns of at most 1,250, as one use of each; a last drain takes all", () => {
	const meter = new Meter({ clock: new ManualClock(START) });
	const operation = meter.operationCounter("t", null, "op");
	const keys = Array.from({ length: 150_000 }, (_, i) => meter.keyCounter("t", `key_${i}`, `kid_${i}`));
	function countAll(): void {
		for (const key of keys) meter.count(key, operation, "allowed", START);
	}
	countAll();
	const counts: number[] = [];
	for (let drained = 0; drained < 150_000; drained += counts.at(-1) ?? 0) counts.push(meter.drain(1_000_000)?.uses.length ?? 0);
	ok(counts.length <= 160 && counts.every((count) => count <= 1_250), JSON.stringify(counts));
	for (const _second of [1, 2, 3]) countAll();
	const { uses = [] } = meter.drain(1_000_000, true) ?? {};
	deepEqual([uses.length, uses.every(({ requests }) => requests === 3)], [150_000, true]);
	equal(meter.drain(), null);
});

test("what busy keys do in many ways each is drained within 120 drains, although it is counted anew meanwhile", () => {
	const meter = new Meter({ clock: new ManualClock(START) });
	const operations = Array.from({ length: 20 }, (_, i) => meter.operationCounter("t", null, `op_${i}`));
	const keys = Array.from({ length: 20_000 }, (_, i) => meter.keyCounter("t", `key_${i}`, `kid_${i}`));
	const countAll = (now_ms: number) => {
		for (const operation of operations) for (const key of keys) meter.count(key, operation, "allowed", now_ms);
	};
	countAll(START);
	const drained = new Set<string>();
	for (let drain = 0; drain < 120; drain += 1) {
		for (const { key_id } of meter.drain(1_000_000)?.uses ?? []) drained.add(key_id);
		if (drain === 60) countAll(START + 1_000);
	}
	equal(drained.size, 20_000);
});
