import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const PACKAGE = join(import.meta.dirname, "..");
const DIST = join(PACKAGE, "dist");
const { name, exports: subpaths } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
const IMPORTED = /\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g;

test("every subpath is found in the built package by its name, with its types", async () => {
	assert.ok(existsSync(DIST), "client/dist is not built: node scripts/prepare.mjs");
	assert.deepEqual(Object.keys(subpaths), [".", "./fastify", "./express", "./hono", "./next", "./node"]);
	for (const [subpath, { types }] of Object.entries<{ types: string }>(subpaths)) {
		assert.ok(existsSync(join(PACKAGE, types)), `${types} is missing`);
		const module = await import(name + subpath.slice(1));
		assert.equal(typeof (subpath === "." ? module.createVerifier : module.keywright), "function", subpath);
	}
});

test("nothing but Node is imported at run time, and nothing of the tests is in the package", () => {
	const files = globSync("**/*.js", { cwd: DIST });
	assert.ok(files.length > 10, `${files.length} files`);
	for (const file of files) {
		assert.doesNotMatch(file, /test|behaviour|hosts|snippets/);
		for (const [, from = ""] of readFileSync(join(DIST, file), "utf8").matchAll(IMPORTED)) {
			const known = from.startsWith(".") ? files.includes(join(file, "..", from)) : from.startsWith("node:");
			assert.ok(known, `${file} imports ${from}`);
		}
	}
});
