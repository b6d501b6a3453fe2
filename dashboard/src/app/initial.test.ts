import { equal } from "node:assert/strict";
import { test } from "node:test";
import { getInitial } from "./initial.ts";

test("the initial of a name is one character as people see it", () => {
	for (const [name, initial] of [
		[" northwind", "N"],
		["👩‍👩‍👧 Familie", "👩‍👩‍👧"],
		["مؤسسة", "م"],
		["", ""],
	] as const)
		equal(getInitial(name), initial);
});
