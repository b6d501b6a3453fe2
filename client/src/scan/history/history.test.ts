import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { deflateSync } from "node:zlib";
import { BIN, placesOf, readReport, runKeywright } from "../../../testing/scan/command.ts";
import { git } from "../../../testing/scan/corpus.ts";
import { makeKey, publicPartsOf, randomFrom, randomText } from "../../../testing/scan/keys.ts";
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

test("no setting of a repository and no damaged reference hides a key of its history", async () => {
	const path = makeRepository("settings");
	const key = makeKey(random);
	const added = commit(path, { "sub/a.txt": key, "b.txt": "b" });
	commit(path, { "sub/a.txt": "gone" });
	const place = `a.txt:1 ${kidOf(key)} ${added}`;
	for (const [name, value] of [
		["diff.orderFile", "/nonexistent"],
		["diff.algorithm", "nonsense"],
		["diff.relative", "true"],
		["core.worktree", "/"],
	] as const) {
		git(path, "config", name, value);
		deepEqual(placesOf(await scan(path, ".")), [`sub/${place}`], name);
		deepEqual(placesOf(await scan(path, "sub")), [`sub/${place}`], name);
		deepEqual(placesOf(await scan(join(path, "sub"), ".")), [place], name);
		git(path, "config", "--unset", name);
	}
	writeFileSync(join(path, ".git/refs/heads/dangling"), `${"1234567890".repeat(4)}\n`);
	const report = await scan(path, ".");
	equal(report.findings.length, 1);
	equal(report.findings[0]?.kid, kidOf(key));
});

test("a key that git can name no commit for is reported with its object", async () => {
	const path = makeRepository("treeless");
	const key = makeKey(random);
	commit(path, { "sub/a.txt": key });
	const blob = git(path, "rev-parse", "HEAD:sub/a.txt").trim();
	const tree = git(path, "rev-parse", "HEAD:sub").trim();
	commit(path, { "sub/a.txt": "gone" });
	rmSync(join(path, ".git/objects", tree.slice(0, 2), tree.slice(2)), { force: true });
	for (const searched of [".", "sub"]) {
		const report = await scan(path, searched);
		const prefix = searched === "." ? "" : "sub/";
		deepEqual(placesOf(report), [`${prefix}(object ${blob.slice(0, 12)}):1 ${kidOf(key)}`]);
		deepEqual(
			report.not_scanned.map(({ reason }) => reason),
			["a part of its git history: git could not say in which commits all keys are"],
		);
	}
});

test("behind an object that is damaged within, the search goes on, and more of them are named", { timeout: 120_000 }, async () => {
	const path = makeRepository("corrupt");
	const keys = Array.from({ length: 8 }, () => makeKey(random));
	commit(path, Object.fromEntries(keys.map((key, index) => [`${index}.txt`, `${key}\n${randomText(random, 10_000 * index)}`])));
	// A list much longer than a pipe holds.
	const many = makeRepository("many");
	for (const to of [path, many]) {
		const objects = Array.from({ length: 6_000 }, (_, index) => `blob\nmark :${index + 1}\ndata 8\n${String(index).padStart(8, "0")}\n`).join("");
		execFileSync("git", ["-C", to, "fast-import", "--quiet"], { input: objects });
	}
	const damage = (repository: string, name: string): void => {
		const oid = git(repository, "rev-parse", `HEAD:${name}`).trim();
		const file = join(repository, ".git/objects", oid.slice(0, 2), oid.slice(2));
		const bytes = deflateSync(Buffer.concat([Buffer.from(`blob ${readFileSync(join(repository, name)).length}\0`), Buffer.from("short")]));
		chmodSync(file, 0o644);
		writeFileSync(file, bytes);
	};
	damage(path, "2.txt");
	const large = git(path, "rev-parse", "HEAD:5.txt").trim();
	chmodSync(join(path, ".git/objects", large.slice(0, 2), large.slice(2)), 0o644);
	truncateSync(join(path, ".git/objects", large.slice(0, 2), large.slice(2)), 20_000);
	const report = await scan(path, ".");
	deepEqual(
		report.findings.filter(({ commit: first }) => first !== null).map(({ path: at }) => at),
		["0.txt", "1.txt", "3.txt", "4.txt", "6.txt", "7.txt"],
	);
	deepEqual(
		report.not_scanned.map(({ reason }) => reason),
		["a part of its git history: git could not read all objects"],
	);
	commit(many, Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`${index}.txt`, `content ${index}`])));
	for (let index = 0; index < 20; index += 1) damage(many, `${index}.txt`);
	match((await scan(many, ".")).not_scanned.at(-1)?.reason ?? "", /^the rest of its git history: too many objects are damaged$/);
});

test("a content with very many paths is reported at the first 1,000, and the others are named", async () => {
	const path = makeRepository("copies");
	const key = makeKey(random);
	commit(path, Object.fromEntries(Array.from({ length: 1_005 }, (_, index) => [`copies/${index}.txt`, key])));
	rmSync(join(path, "copies"), { recursive: true });
	const report = await scan(path, ".");
	equal(report.findings.length, 1_000);
	deepEqual(report.not_scanned, [{ path: ".", reason: "a content with a key had more than 1,000 paths in its git history; the others" }]);
});

test("a shallow and a partial clone, and an archive too large to unpack, are named", async () => {
	const path = makeRepository("complete");
	commit(path, { "a.txt": "a" });
	commit(path, { "a.txt": "b", "big.bin": Buffer.concat([Buffer.from("PK\u0003\u0004"), Buffer.alloc(64 * 1024 ** 2)]) });
	git(path, "config", "uploadpack.allowFilter", "true");
	git(folder, "clone", "--quiet", "--depth", "1", `file://${path}`, join(folder, "shallow"));
	const reasons = (await scan(folder, "shallow")).not_scanned.map(({ reason }) => reason);
	match(reasons.join("\n"), /this is a shallow clone/);
	match(reasons.join("\n"), /an archive of more than 64 MiB in the git history/);
	git(folder, "clone", "--quiet", "--bare", "--filter=blob:none", `file://${path}`, join(folder, "partial.git"));
	match((await scan(folder, "partial.git")).not_scanned[0]?.reason ?? "", /this is a partial clone/);
});

test("staged files are excluded by their path below PATH, as others, and their names are searched", async () => {
	const path = makeRepository("excluded");
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
	const path = makeRepository("elsewhere");
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
