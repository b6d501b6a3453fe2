import { deepEqual } from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const SOURCES = join(import.meta.dirname, "..");
const ROOT = join(SOURCES, "../..");
/** Mails go to members with a proven address who did not switch them off: no page can promise one to its reader. `Mailed` says whom they go to. */
const NOT_DELIVERED =
	/notify you|notified|alerts? you|reminds? you|you (?:will be|are) (?:told|mailed|warned|reminded)|we (?:will )?(?:tell|mail|warn|remind)/i;
const NO_TEXT = /^\s*(?:\/?\*|\/\/|import )/;

/** The lines of these files that match `pattern`, except comments and imports. */
function findPromises(pattern: RegExp, folder: string, ...globs: string[]): string[] {
	return globSync(globs, { cwd: folder, exclude: ["**/*.test.ts", "**/*.gen.ts"] }).flatMap((file) =>
		readFileSync(join(folder, file), "utf8")
			.split("\n")
			.filter((line) => pattern.test(line) && !NO_TEXT.test(line))
			.map((line) => `${file}: ${line.trim()}`),
	);
}

test("no page promises its reader a message that may not reach them", () => {
	deepEqual(findPromises(NOT_DELIVERED, SOURCES, "**/*.{ts,tsx}"), []);
});

test("nor does a mail, a text of the API or the documentation", () => {
	// Nodes are notified of changes.
	const pattern = new RegExp(NOT_DELIVERED.source.replace("|notified", ""), "i");
	deepEqual(findPromises(pattern, ROOT, "server/src/**/*.ts", "docs/*.md", "{README,SECURITY}.md", "{client,python}/README.md"), []);
});
