import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SieveMap } from "./sieve.ts";

interface Entry {
	readonly name: string;
	visited: boolean;
}

function sieve(max: number) {
	const gone: string[] = [];
	const replaced: string[] = [];
	const map = new SieveMap<Entry>({ max, onEvict: (entry, was_replaced) => (was_replaced ? replaced : gone).push(entry.name) });
	const put = (name: string) => map.set(name, { name, visited: false });
	return { map, put, gone, replaced };
}

test("it stores entries up to its bound, and then evicts one per insertion", () => {
	const { map, put, gone } = sieve(3);
	for (const name of ["a", "b", "c"]) put(name);
	deepEqual(gone, []);
	for (const name of ["d", "e"]) put(name);
	equal(map.size, 3);
	deepEqual(gone, ["a", "b"]);
});

test("entries read since the hand passed are retained, others are evicted", () => {
	const { map, put, gone } = sieve(3);
	for (const name of ["a", "b", "c"]) put(name);
	map.get("a");
	put("d");
	deepEqual(gone, ["b"]);
	equal(map.get("a")?.name, "a");
});

test("a glance is no visit", () => {
	const { map, put, gone } = sieve(2);
	put("a");
	put("b");
	equal(map.peek("a")?.name, "a");
	put("c");
	deepEqual(gone, ["a"]);
});

test("even when all were visited one goes, and the new one is there", () => {
	const { map, put, gone } = sieve(2);
	put("a");
	put("b");
	map.get("a");
	map.get("b");
	put("c");
	equal(gone.length, 1);
	equal(map.peek("c")?.name, "c");
	equal(map.size, 2);
});

test("a replaced entry is reported as replaced and evicts no other", () => {
	const { map, put, gone, replaced } = sieve(2);
	put("a");
	put("b");
	put("a");
	deepEqual([gone, replaced, map.size], [[], ["a"], 2]);
	const same = map.peek("b");
	ok(same);
	map.set("b", same);
	deepEqual(replaced, ["a"], "the same object again is no replacement");
});

test("clear removes all entries, and the map stays usable", () => {
	const { map, put, gone } = sieve(2);
	put("a");
	put("b");
	put("c");
	map.clear();
	deepEqual([gone.toSorted(), map.size], [["a", "b", "c"], 0]);
	for (const name of ["d", "e", "f"]) put(name);
	equal(map.size, 2);
	equal(gone.length, 4);
});

test("in any order of operations it never exceeds its bound, and each removed entry is reported exactly once", () => {
	const names = fc.constantFrom(..."abcdefghij");
	const steps = fc.array(fc.record({ name: names, what: fc.constantFrom("set", "set", "get", "clear") }), { maxLength: 200 });
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 6 }), steps, (max, sequence) => {
			const told = new Map<Entry, number>();
			const map = new SieveMap<Entry>({ max, onEvict: (entry) => told.set(entry, (told.get(entry) ?? 0) + 1) });
			const given: Entry[] = [];
			for (const { name, what } of sequence) {
				if (what === "clear") map.clear();
				else if (what === "get") map.get(name);
				else {
					const entry = { name, visited: false };
					given.push(entry);
					map.set(name, entry);
					equal(map.peek(name), entry);
				}
				ok(map.size <= max);
			}
			const held = new Set(map.values());
			for (const entry of given) equal(told.get(entry) ?? 0, held.has(entry) ? 0 : 1);
		}),
	);
});
