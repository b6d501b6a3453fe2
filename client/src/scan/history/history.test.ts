import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { BIN, placesOf, readReport, runKeywright } from "../../../testing/scan/command.ts";
import { git } from "../../../testing/scan/corpus.ts";
import { makeKey, publicPartsOf, randomFrom } from "../../../testing/scan/keys.ts";
import { makeZip } from "../../../testing/scan/zip.ts";

const random = randomFrom(9);
const kidOf = (key: string) => publicPartsOf(key).kid;

let folder: string;

before(() => {
	folder = mkdtempSync(join(tmpdir(), "keywright-history-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function makeRepository(name: string): string {
	const path = join(folder, name);
	mkdirSync(path);
	git(path, "init", "--quiet");
	return path;
}

function commit(path: string, files: Record<string, string | Buffer>, message = "Change"): string {
	for (const [name, content] of Object.entries(files)) {
		mkdirSync(join(path, name, ".."), { recursive: true });
		writeFileSync(join(path, name), content);
	}
	git(path, "add", "--all");
	git(path, "commit", "--quiet", "--allow-empty", "-m", message);
	return git(path, "rev-parse", "HEAD").trim();
}

async function scan(path: string, ...args: string[]) {
	return readReport((await runKeywright(path, ["scan", "--json", ...args])).stdout);
}

test("a key in history is one finding per path and line, with the first commit, whether it is still in the work tree or not", async () => {
	const path = makeRepository("first");
	const [kept, moved, zipped, said, amended] = [1, 2, 3, 4, 5].map(() => makeKey(random));
	const first = commit(path, {
		"kept.txt": `${kept}\n`,
		"a/moved.txt": `\n${moved}`,
		"lib.bin": makeZip([{ name: "x", bytes: Buffer.from(`${zipped}`) }]),
	});
	const second = commit(
		path,
		{ "kept.txt": `${kept}\nmore\n`, "b/moved.txt": `\n${moved}`, "a/moved.txt": "gone", "lib.bin": "gone" },
		`Say ${said}`,
	);
	commit(path, { "amended.txt": `${amended}` });
	writeFileSync(join(path, "amended.txt"), "gone");
	git(path, "commit", "--quiet", "--amend", "--all", "-m", "Amended");
	const report = await scan(path, ".");
	const before_amend = git(path, "rev-parse", "HEAD@{1}").trim();
	deepEqual(placesOf(report), [
		`(commit message):1 ${kidOf(said ?? "")} ${second}`,
		`a/moved.txt:2 ${kidOf(moved ?? "")} ${first}`,
		`amended.txt:1 ${kidOf(amended ?? "")} ${before_amend}`,
		`b/moved.txt:2 ${kidOf(moved ?? "")} ${second}`,
		`kept.txt:1 ${kidOf(kept ?? "")} ${first}`,
		`lib.bin!/x:1 ${kidOf(zipped ?? "")} ${first}`,
	]);
	deepEqual(report.not_scanned, []);
	deepEqual(placesOf(await scan(path, "--no-history", ".")).length, 2);
	deepEqual(placesOf(await scan(path, "a")), [`a/moved.txt:2 ${kidOf(moved ?? "")} ${first}`]);
	const excluded = await scan(path, "--exclude", "a", "--exclude", "*.bin", ".");
	deepEqual(
		excluded.findings.map((finding) => finding.path),
		["(commit message)", "amended.txt", "b/moved.txt", "kept.txt"],
	);
});

test("packed and bare repositories, repositories within a folder and branches that are not checked out are read", async () => {
	const outer = join(folder, "outer");
	mkdirSync(outer);
	const path = makeRepository("outer/inner");
	const key = makeKey(random);
	commit(path, { "a.txt": "a" });
	git(path, "checkout", "--quiet", "-b", "other");
	const added = commit(path, { "side.txt": `${"x\n".repeat(700_000)}${key}` });
	git(path, "checkout", "--quiet", "-");
	git(path, "gc", "--quiet");
	const place = `side.txt:700001 ${kidOf(key)} ${added}`;
	deepEqual(placesOf(await scan(outer, ".")), [`inner/${place}`]);
	git(folder, "clone", "--quiet", "--bare", path, join(folder, "bare.git"));
	deepEqual(placesOf(await scan(folder, "bare.git")), [`bare.git/${place}`]);
});

test("nothing that a repository configures is run", async () => {
	const path = makeRepository("hostile");
	commit(path, { "a.txt": makeKey(random) });
	const program = join(path, "program.sh");
	const mark = join(folder, "was-run");
	writeFileSync(program, `#!/bin/sh\ntouch ${mark}\n`);
	chmodSync(program, 0o755);
	const configured = ["core.fsmonitor", "core.pager", "core.sshCommand", "gpg.program", "diff.external", "uploadpack.packObjectsHook", "core.editor"];
	for (const name of configured) git(path, "config", name, program);
	for (const [name, value] of [
		["log.showSignature", "true"],
		["extensions.partialClone", "origin"],
		["remote.origin.url", `ext::${program}`],
		["remote.origin.promisor", "true"],
	])
		git(path, "config", name ?? "", value ?? "");
	writeFileSync(join(path, ".git/hooks/post-index-change"), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
	writeFileSync(join(path, "b.txt"), "b");
	equal((await scan(path, ".")).findings.length, 1);
	await scan(path, "--staged", ".");
	ok(!existsSync(mark));
});

test("a damaged repository is named, and its files are searched", async () => {
	const path = makeRepository("damaged");
	const key = makeKey(random);
	const added = commit(path, { "a.txt": key });
	writeFileSync(join(path, ".git/HEAD"), "garbage");
	const report = await scan(path, ".");
	deepEqual(placesOf(report), [`a.txt:1 ${kidOf(key)}`]);
	deepEqual(report.not_scanned, [{ path: ".", reason: "its git history: git cannot read the repository" }]);
	writeFileSync(join(path, ".git/HEAD"), added);
	const blob = git(path, "rev-parse", `${added}:a.txt`).trim();
	const file = join(path, ".git/objects", blob.slice(0, 2), blob.slice(2));
	chmodSync(file, 0o644);
	writeFileSync(file, "garbage");
	match((await scan(path, ".")).not_scanned[0]?.reason ?? "", /^a part of its git history: git could not read all objects$/);
});

test("the installed hook refuses a commit that adds a key, and lets others pass", async () => {
	const path = makeRepository("hooked");
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
	const path = makeRepository("fresh");
	const key = makeKey(random);
	writeFileSync(join(path, "a.txt"), key);
	git(path, "add", ".");
	deepEqual(placesOf(await scan(path, "--staged", ".")), [`a.txt:1 ${kidOf(key)}`]);
});
