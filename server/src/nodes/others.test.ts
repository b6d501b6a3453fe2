import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { OtherNodes, patienceMs } from "./others.ts";

const node = (id: string, version: string, lease_ms = 5_000) => ({ id, version, lease_ms, applied_seq: Number(version) });
const getIds = (nodes: readonly { id: string }[]) => nodes.map(({ id }) => id);

test("a node is silent once its row has stayed the same for longer than its lease, by our own clock", () => {
	const others = new OtherNodes();
	others.see([node("a", "1")], 10_000);
	deepEqual(getIds(others.silent(10_000 + patienceMs(5_000) - 1)), []);
	others.see([node("a", "1")], 12_000);
	deepEqual(getIds(others.silent(10_000 + patienceMs(5_000))), ["a"], "seeing it again is no sign of life");
});

test("a renewal begins the time anew", () => {
	const others = new OtherNodes();
	others.see([node("a", "1"), node("b", "1")], 0);
	others.see([node("a", "2"), node("b", "1")], 4_000);
	deepEqual(getIds(others.silent(patienceMs(5_000))), ["b"]);
	deepEqual(getIds(others.silent(4_000 + patienceMs(5_000))), ["a", "b"]);
});

test("each node's own lease decides when it is silent", () => {
	const others = new OtherNodes();
	others.see([node("short", "1", 1_000), node("long", "1", 900_000)], 0);
	deepEqual(getIds(others.silent(6_000)), ["short"]);
	deepEqual(getIds(others.silent(patienceMs(900_000) - 1)), ["short"]);
	deepEqual(getIds(others.silent(patienceMs(900_000))), ["short", "long"]);
});

test("a node that is gone is forgotten, and one that comes again is new", () => {
	const others = new OtherNodes();
	others.see([node("a", "1")], 0);
	others.see([], 1_000);
	deepEqual(others.silent(100_000), []);
	others.see([node("a", "1")], 100_000);
	deepEqual(others.silent(100_001), []);
});

test("a node is behind until a row is seen in which it has applied the number", () => {
	const others = new OtherNodes();
	others.see([node("a", "7"), node("b", "9")], 0);
	deepEqual([others.anyBehind(7), others.anyBehind(8)], [false, true]);
	others.see([node("a", "8"), node("b", "9")], 1);
	deepEqual([others.anyBehind(8), others.anyBehind(9)], [false, true]);
	others.see([node("b", "9")], 2);
	deepEqual(others.anyBehind(9), false, "no node waits for one that is gone");
});
