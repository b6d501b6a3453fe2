import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ROOT } from "./execute.ts";
import { forgottenFiles, listFiles, SUITE_NAMES, SUITES } from "./suites.ts";

const FILES = [
	"server/src/keys/key.test.ts",
	"server/src/keys/create.db.test.ts",
	"client/src/guard.test.ts",
	"scripts/a.test.ts",
	"scripts/architecture/b.test.ts",
	"e2e/http/door.test.ts",
	"e2e/faults/kill.test.ts",
	"examples/orders/orders.test.ts",
	"examples/orders/node_modules/x/x.test.ts",
	"client/dist/guard.test.ts",
	"docs/lost.test.ts",
];

describe("suites", () => {
	let root: string;
	before(() => {
		root = mkdtempSync(join(tmpdir(), "kw-suites-"));
		for (const file of FILES) {
			mkdirSync(dirname(join(root, file)), { recursive: true });
			writeFileSync(join(root, file), "");
		}
	});
	after(() => rmSync(root, { recursive: true, force: true }));

	it("assign each test file to one suite, and ignore third-party files", () => {
		assert.deepEqual(listFiles(root, "unit"), [
			"client/src/guard.test.ts",
			"e2e/faults/kill.test.ts",
			"scripts/a.test.ts",
			"scripts/architecture/b.test.ts",
			"server/src/keys/key.test.ts",
		]);
		assert.deepEqual(listFiles(root, "database"), ["server/src/keys/create.db.test.ts"]);
		assert.deepEqual(listFiles(root, "e2e"), ["e2e/http/door.test.ts"]);
		assert.deepEqual(listFiles(root, "examples"), ["examples/orders/orders.test.ts"]);
	});

	it("are filtered by parts of paths, any of which may match", () => {
		assert.deepEqual(listFiles(root, "unit", ["keys/", "guard"]), ["client/src/guard.test.ts", "server/src/keys/key.test.ts"]);
		assert.deepEqual(listFiles(root, "database", ["nothing"]), []);
	});

	it("report a test file without a suite", () => {
		assert.deepEqual(forgottenFiles(root), ["docs/lost.test.ts"]);
	});

	it("include every test file of this repository once", () => {
		assert.deepEqual(forgottenFiles(ROOT), []);
		const all = SUITES.flatMap((suite) => listFiles(ROOT, suite.name));
		assert.equal(new Set(all).size, all.length);
		assert.equal(all.includes("scripts/suites.test.ts"), true);
	});
});

describe("the documents", () => {
	it("name filters of `npm test` that match a file", () => {
		for (const document of ["README.md", "CONTRIBUTING.md"]) {
			const commands = [...readFileSync(join(ROOT, document), "utf8").matchAll(/npm test -- (\w+) ([\w/-]+)/g)];
			assert.ok(commands.length > 0, document);
			for (const [command, suite, filter = ""] of commands) {
				const name = SUITE_NAMES.find((candidate) => candidate === suite);
				assert.ok(name !== undefined && listFiles(ROOT, name, [filter]).length > 0, `${document}: ${command}`);
			}
		}
	});
});
