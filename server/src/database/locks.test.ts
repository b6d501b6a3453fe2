import { equal } from "node:assert/strict";
import { test } from "node:test";
import { LOCKS } from "./locks.ts";

test("no two purposes share an advisory lock", () => {
	const numbers = Object.values(LOCKS);
	equal(new Set(numbers).size, numbers.length);
});
