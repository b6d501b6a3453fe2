import { deepEqual } from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const SOURCES = join(import.meta.dirname, "..");
/** Words for features that do not exist yet. The change that adds a feature removes its word. */
const NOT_DELIVERED =
	/(?<!(?:rotation|alert)\.)remind|notify you|notified|alerts? you|you (?:will be|are) (?:told|mailed|warned)|we (?:will )?(?:tell|mail|warn)/i;
const NO_TEXT = /^\s*(?:\/?\*|\/\/|import )/;

test("no page promises a reminder, a message or a log that does not exist", () => {
	const files = globSync("**/*.{ts,tsx}", { cwd: SOURCES, exclude: ["**/*.test.ts", "**/*.gen.ts"] });
	const promises = files.flatMap((file) =>
		readFileSync(join(SOURCES, file), "utf8")
			.split("\n")
			.filter((line) => NOT_DELIVERED.test(line) && !NO_TEXT.test(line))
			.map((line) => `${file}: ${line.trim()}`),
	);
	deepEqual(promises, []);
});
