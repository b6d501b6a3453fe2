import { equal } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { KEYS_FILE, writtenVectors } from "./make-keys.ts";

test("keys.json is what make-keys.ts writes, every time", () => {
	equal(readFileSync(KEYS_FILE, "utf8"), writtenVectors());
});
