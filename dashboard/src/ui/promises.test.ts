import { deepEqual } from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const SOURCES = join(import.meta.dirname, "..");
/** Mails go to members with a proven address who did not switch them off: no page can promise one to its reader. `Mailed` says whom they go to. */
const NOT_DELIVERED =
	/notify you|notified|alerts? you|reminds? you|you (?:will be|are) (?:told|mailed|warned|reminded)|we (?:will )?(?:tell|mail|warn|remind)/i;
const NO_TEXT = /^\s*(?:\/?\*|\/\/|import )/;

test("no page promises its reader a message that may not reach them", () => {
	const files = globSync("**/*.{ts,tsx}", { cwd: SOURCES, exclude: ["**/*.test.ts", "**/*.gen.ts"] });
	const promises = files.flatMap((file) =>
		readFileSync(join(SOURCES, file), "utf8")
			.split("\n")
			.filter((line) => NOT_DELIVERED.test(line) && !NO_TEXT.test(line))
			.map((line) => `${file}: ${line.trim()}`),
	);
	deepEqual(promises, []);
});
