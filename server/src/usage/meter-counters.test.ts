import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../core/clock.ts";
import { CODES_OF_DEAD_KEYS } from "./code.ts";
import { Meter, type UsageCode } from "./meter.ts";

const START = Date.UTC(2026, 0, 15, 12, 0, 0);
const MINUTE_MS = 60_000;

function getSum(facts: readonly { requests: number }[]): number {
	return facts.reduce((sum, { requests }) => sum + requests, 0);
}

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
	const { keys = [], operations = [] } = meter.drain() ?? {};
	ok([...keys, ...operations].every(({ code }) => code === "allowed"));
	deepEqual([getSum(keys), getSum(operations)], [3, 3]);
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
