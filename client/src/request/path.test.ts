import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { isAmbiguousPath as isAmbiguousToServer } from "../../../server/src/http/path.ts";
import { isAmbiguousPath } from "./path.ts";

const VECTORS: { readonly path: string; readonly ambiguous: boolean }[] = JSON.parse(
	readFileSync(join(import.meta.dirname, "../../../e2e/vectors/paths.json"), "utf8"),
);

test("guards and server find the same paths ambiguous", () => {
	for (const { path, ambiguous } of VECTORS) assert.deepEqual([isAmbiguousPath(path), isAmbiguousToServer(path)], [ambiguous, ambiguous], path);
	const piece = fc.constantFrom(..."/|a|.|..|%2e|%2F|%5c|%|%41|%20|%c3%a9|%ff|%00|\\|;|?|#| |é|:|~".split("|"));
	const path = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join("")}`);
	fc.assert(fc.property(fc.oneof(path, fc.string()), (text) => assert.equal(isAmbiguousPath(text), isAmbiguousToServer(text))));
});
