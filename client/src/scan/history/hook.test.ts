import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { BIN, placesOf, runKeywright } from "../../../testing/scan/command.ts";
import { git } from "../../../testing/scan/corpus.ts";
import { makeKey, publicPartsOf, randomFrom } from "../../../testing/scan/keys.ts";
import { commit, makeRepository, scan } from "../../../testing/scan/repositories.ts";

const random = randomFrom(9);
const kidOf = (key: string) => publicPartsOf(key).kid;

let folder: string;

before(() => {
	folder = mkdtempSync(join(tmpdir(), "keywright-hook-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test("the installed hook refuses a commit that adds a key, and lets others pass", async () => {
	const path = makeRepository(folder, "hooked");
	commit(path, { "a.txt": "a", "old.txt": makeKey(random) });
	const installed = await runKeywright(path, ["scan", "--install-hook"]);
	deepEqual([installed.code, installed.stderr], [0, ""]);
	match(installed.stdout, /was written/);
	const bin = join(path, "node_modules/.bin");
	mkdirSync(bin, { recursive: true });
	writeFileSync(join(bin, "keywright"), `#!/bin/sh\nexec ${process.execPath} ${BIN} "$@"\n`, { mode: 0o755 });
	appendFileSync(join(path, ".git/info/exclude"), "node_modules\n");
	writeFileSync(join(path, "package.json"), "{}");
	commit(path, { "fine.txt": "fine" });
	const key = makeKey(random);
	writeFileSync(join(path, "leak.txt"), `a\n${key}`);
	git(path, "add", ".");
	writeFileSync(join(path, "leak.txt"), "removed from the work tree, still staged");
	throws(
		() => git(path, "commit", "--quiet", "-m", "Leak"),
		({ stdout, stderr }: { stdout: string; stderr: string }) => {
			match(stdout + stderr, new RegExp(`leak\\.txt:2\\n.*${kidOf(key)}`));
			return !(stdout + stderr).includes(key.slice(-38));
		},
	);
	writeFileSync(join(path, "partial.txt"), "p");
	git(path, "add", "partial.txt");
	git(path, "commit", "--quiet", "-m", "Only one file", "partial.txt");
	const again = await runKeywright(path, ["scan", "--install-hook"]);
	deepEqual([again.code, again.stdout], [2, ""]);
	match(again.stderr, /there is a pre-commit hook already/);
});

test("the first commit is checked too", async () => {
	const path = makeRepository(folder, "fresh");
	const key = makeKey(random);
	writeFileSync(join(path, "a.txt"), key);
	git(path, "add", ".");
	deepEqual(placesOf(await scan(path, "--staged", ".")), [`a.txt:1 ${kidOf(key)}`]);
});

test("staged files are excluded by their path below PATH, as others, and their names are searched", async () => {
	const path = makeRepository(folder, "excluded");
	const key = makeKey(random);
	const named = makeKey(random);
	mkdirSync(join(path, "a/b"), { recursive: true });
	for (const name of ["a/b/c.txt", "a/d.txt"]) writeFileSync(join(path, name), key);
	writeFileSync(join(path, `${named}.txt`), "x");
	git(path, "add", ".");
	for (const mode of ["--staged", "--no-history"]) {
		const seen = async (...args: string[]) => (await scan(path, mode, ...args)).findings.map(({ path: at }) => at);
		deepEqual(await seen("--exclude", "b/c.txt", "a"), ["a/d.txt"], mode);
		deepEqual(await seen("--exclude", "a", "."), [`[${kidOf(named)}…${named.slice(-4)}].txt`], mode);
	}
});

test("no hook is written where git would not run it, or where it cannot be written", async () => {
	const path = makeRepository(folder, "elsewhere");
	const configuration = join(folder, "gitconfig");
	writeFileSync(configuration, `[core]\n\thooksPath = ${join(folder, "shared-hooks")}\n`);
	const install = (env: NodeJS.ProcessEnv, at = path) => runKeywright(at, ["scan", "--install-hook"], [], env);
	const refused = await install({ GIT_CONFIG_GLOBAL: configuration });
	deepEqual([refused.code, refused.stdout], [2, ""]);
	match(refused.stderr, /^keywright: the hook was not written: your git configuration \(core\.hooksPath\)[^\n]+\n$/);
	ok(!existsSync(join(path, ".git/hooks/pre-commit")));
	const missing = await runKeywright(path, ["scan", "--install-hook", "nowhere"]);
	deepEqual([missing.code, missing.stderr], [2, "keywright: the hook was not written: there is no such folder. See keywright --help.\n"]);
	git(path, "config", "core.hooksPath", "own/hooks");
	mkdirSync(join(path, "deep"));
	equal((await install({ GIT_CONFIG_GLOBAL: configuration }, join(path, "deep"))).code, 0);
	ok(existsSync(join(path, "own/hooks/pre-commit")));
	git(path, "config", "core.hooksPath", "file/hooks");
	writeFileSync(join(path, "file"), "");
	const blocked = await install({ GIT_CONFIG_GLOBAL: configuration });
	deepEqual([blocked.code, blocked.stdout], [2, ""]);
	match(blocked.stderr, /^keywright: the hook was not written: the folder of the hooks cannot be written: [^\n]+\n$/);
});
