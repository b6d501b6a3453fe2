import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { cleanEnvironment, runTests, type Tally } from "./run-tests.ts";

const HEAD = 'import { describe, it, test } from "node:test";\n';

let root: string;

/** Runs test files with these `texts`; returns their tally and the printed output. */
async function toTally(
	texts: string[],
	options: { silence_max_ms?: number; signal?: AbortSignal; processes?: number } = {},
): Promise<{ tally: Tally; printed: string }> {
	const folder = mkdtempSync(join(root, "case-"));
	const files = texts.map((text, index) => {
		const file = join(folder, `${index}.test.ts`);
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, HEAD + text);
		return `${index}.test.ts`;
	});
	const printed: string[] = [];
	const tally = await runTests({ root: folder, files, print: (text) => printed.push(text), ...options });
	return { tally, printed: printed.join("\n") };
}

const counts = ({ passed, failed, skipped, todo }: Tally): number[] => [passed, failed, skipped.length, todo.length];

describe("runTests", () => {
	before(() => {
		root = mkdtempSync(join(tmpdir(), "kw-run-tests-"));
	});
	after(() => rmSync(root, { recursive: true, force: true }));

	it("counts across files, and prints nothing if all pass", async () => {
		const { tally, printed } = await toTally([
			'describe("d", () => { it("a", () => { console.log("noise\\u2028more"); }); it("b", async (t) => { await t.test("c", () => {}); }); });\n',
			'test("d", () => {});\n',
		]);
		assert.deepEqual(counts(tally), [4, 0, 0, 0]);
		assert.equal(printed, "");
	});

	it("shows a failing test with its path of names, its error and cause, and what its file printed", async () => {
		const text =
			'console.log("before it failed");\ndescribe("lock", () => { it("opens", () => { throw new Error("stuck", { cause: new Error("rust") }); }); });\n';
		const { tally, printed } = await toTally([text, 'console.log("quiet");\ntest("a", () => {});\n']);
		assert.deepEqual(counts(tally), [1, 1, 0, 0]);
		assert.match(printed, /✗ lock › opens {2}\(0\.test\.ts:3\)\n {4}Error: stuck\n.*rust.*0\.test\.ts printed:\n {4}before it failed/s);
		assert.doesNotMatch(printed, /quiet/);
	});

	it("names the file of each failing test when files share a process, and fails for one without a test", async () => {
		const texts = [
			'console.log("heard");\ntest("a", () => { throw new Error("stuck"); });\n',
			'test("b", () => {});\n',
			'test("c", () => {});\n',
			"void test;\n",
		];
		const { tally, printed } = await toTally(texts, { processes: 2 });
		assert.deepEqual(counts(tally), [2, 2, 0, 0]);
		assert.match(printed, /✗ a {2}\(0\.test\.ts:3\)\n {4}Error: stuck\n.*group 1 of the files printed:\n {4}heard/s);
		assert.match(printed, /✗ the file itself {2}\(3\.test\.ts\)/);
	});

	it("runs no failing test a second time", async () => {
		const marked = 'import { existsSync, writeFileSync } from "node:fs";\nconst been = existsSync("been");\nwriteFileSync("been", "");\n';
		const { tally } = await toTally([`${marked}test("a", () => { if (!been) throw new Error("only at first"); });\n`]);
		assert.deepEqual(counts(tally), [0, 1, 0, 0]);
	});

	it("names skipped and todo tests, and skipped suites", async () => {
		const { tally } = await toTally([
			'describe.skip("s", () => { it("in", () => {}); });\nit.skip("one", () => {});\nit.todo("two");\nit("three", { todo: true }, () => { throw new Error("x"); });\nit("four", () => {});\n',
		]);
		assert.deepEqual(counts(tally), [1, 0, 2, 2]);
		assert.deepEqual([...tally.skipped, ...tally.todo], ["0.test.ts: s", "0.test.ts: one", "0.test.ts: two", "0.test.ts: three"]);
	});

	it("counts as failed: a failing hook, an error after the end, a file that does not load", async () => {
		const hook = await toTally([
			'import { after } from "node:test";\ndescribe("h", () => { after(() => { throw new Error("hook"); }); it("x", () => {}); });\n',
		]);
		assert.deepEqual(counts(hook.tally), [1, 1, 0, 0]);
		assert.match(hook.printed, /✗ h .*\n {4}Error: hook/);
		const late = await toTally(['test("late", () => { setTimeout(() => { throw new Error("too late"); }, 10); });\n']);
		assert.deepEqual(counts(late.tally), [1, 1, 0, 0]);
		assert.match(late.printed, /too late/);
		const broken = await toTally(['import "./missing.ts";\n']);
		assert.deepEqual(counts(broken.tally), [0, 1, 0, 0]);
		assert.match(broken.printed, /ERR_MODULE_NOT_FOUND/);
	});

	it("counts as failed: a file without tests, and one that exits before its tests have run", async () => {
		const { tally, printed } = await toTally(["export {};\n", 'test("a", () => { process.exit(0); });\ntest("b", () => {});\n']);
		assert.deepEqual(counts(tally), [0, 2, 0, 0]);
		assert.equal(printed.match(/ended without reporting a test/g)?.length, 2);
	});

	it("kills a file that hangs after its last test, and names it", async () => {
		const { tally, printed } = await toTally(['test("a", () => {});\n', 'test("b", () => {});\nsetInterval(() => {}, 1000);\n'], {
			silence_max_ms: 1500,
		});
		assert.equal(tally.failed, 1);
		assert.match(printed, /a test file hangs\n {4}nothing was heard for 1\.5 s; not ended: 1\.test\.ts/);
	});

	it("stops at once when interrupted, and counts as failed", async () => {
		const { tally } = await toTally(['test("a", async () => { await new Promise((resolve) => setTimeout(resolve, 60_000)); });\n'], {
			signal: AbortSignal.timeout(500),
		});
		assert.equal(tally.failed > 0, true);
	});

	it("keeps the settings of a running Keywright out of the tests", () => {
		const kept = cleanEnvironment({ HOME: "/h", KEYWRIGHT_DATABASE_URL: "x", KEYWRIGHT_TEST_LOG: "info", NODE_TEST_CONTEXT: "child-v8" });
		assert.deepEqual(
			Object.entries(kept).filter(([, value]) => value !== undefined),
			[
				["HOME", "/h"],
				["KEYWRIGHT_TEST_LOG", "info"],
			],
		);
	});
});
