import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { ForeignId, Name } from "./fields.ts";
import { compileValidator } from "./validation.ts";

/** Quadratic patterns take seconds for a body of the maximum size; linear ones take a few milliseconds. */
const LONGEST_MS = 200;
const BODY_CHARACTERS_MAX = 65_000;

test("a text of the maximum body size is validated in linear time, whatever it contains", () => {
	for (const schema of [Name, ForeignId]) {
		const validate = compileValidator({ schema, httpPart: "body", method: "POST", url: "/" });
		for (const filler of ["a", " ", "\u3000", "a ", "👍"]) {
			const began = performance.now();
			equal(validate(`${filler.repeat(BODY_CHARACTERS_MAX / filler.length)}\u0001`), false);
			ok(performance.now() - began < LONGEST_MS, `${JSON.stringify(filler)} took too long`);
		}
	}
});
