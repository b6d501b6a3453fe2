import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkArchitecture } from "../check-architecture.ts";

/** Calls `use` with the root of a temporary tree made of `files` (path → text). */
export function withTree<T>(files: Record<string, string>, use: (root: string) => T): T {
	const root = mkdtempSync(join(tmpdir(), "kw-arch-"));
	try {
		for (const [path, text] of Object.entries(files)) {
			mkdirSync(dirname(join(root, path)), { recursive: true });
			writeFileSync(join(root, path), text);
		}
		return use(root);
	} finally {
		rmSync(root, { recursive: true, force: true });
	}
}

export const SMALL = "fewer than 30 lines and one importer";

/** The violations, without those of small files: every file of these trees is small. */
function linesFor(files: Record<string, string>): string[] {
	const { violations } = withTree(files, checkArchitecture);
	return violations.filter(({ message }) => !message.includes(SMALL)).map(({ path, line, message }) => `${path}:${line} ${message}`);
}

/** Asserts that the tree has one violation, which matches. */
export function refused(files: Record<string, string>, expected: RegExp): void {
	const lines = linesFor(files);
	assert.equal(lines.length, 1, lines.join("\n"));
	assert.match(lines[0] ?? "", expected);
}

/** Asserts that the tree has no violation. */
export function admitted(files: Record<string, string>): void {
	assert.deepEqual(linesFor(files), []);
}
