import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { deflateSync } from "node:zlib";
import { placesOf } from "../../../testing/scan/command.ts";
import { git } from "../../../testing/scan/corpus.ts";
import { makeKey, publicPartsOf, randomFrom, randomText } from "../../../testing/scan/keys.ts";
import { commit, makeRepository, scan } from "../../../testing/scan/repositories.ts";
import { makeZip } from "../../../testing/scan/zip.ts";

const random = randomFrom(9);
const kidOf = (key: string) => publicPartsOf(key).kid;

let folder: string;

before(() => {
	folder = mkdtempSync(join(tmpdir(), "keywright-history-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test("a key in history is one finding per path and line, with the first commit, whether it is still in the work tree or not", async () => {
	const path = makeRepository(folder, "first");
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
	const path = makeRepository(folder, "outer/inner");
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
	const path = makeRepository(folder, "hostile");
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
	const path = makeRepository(folder, "damaged");
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

test("no setting of a repository and no damaged reference hides a key of its history", async () => {
	const path = makeRepository(folder, "settings");
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
	const path = makeRepository(folder, "treeless");
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
	const path = makeRepository(folder, "corrupt");
	const keys = Array.from({ length: 8 }, () => makeKey(random));
	commit(path, Object.fromEntries(keys.map((key, index) => [`${index}.txt`, `${key}\n${randomText(random, 10_000 * index)}`])));
	// A list much longer than a pipe holds.
	const many = makeRepository(folder, "many");
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
	const path = makeRepository(folder, "copies");
	const key = makeKey(random);
	commit(path, Object.fromEntries(Array.from({ length: 1_005 }, (_, index) => [`copies/${index}.txt`, key])));
	rmSync(join(path, "copies"), { recursive: true });
	const report = await scan(path, ".");
	equal(report.findings.length, 1_000);
	deepEqual(report.not_scanned, [{ path: ".", reason: "a content with a key had more than 1,000 paths in its git history; the others" }]);
});

test("a shallow and a partial clone, and an archive too large to unpack, are named", async () => {
	const path = makeRepository(folder, "complete");
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
