import { deepEqual, equal, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { placesOf, readReport, runKeywright } from "../../../testing/scan/command.ts";
import { makeKey, publicPartsOf, randomFrom } from "../../../testing/scan/keys.ts";
import { excludeBy } from "./exclude.ts";

const random = randomFrom(5);
const MEMORY_MB_MAX = 200;
const REPORT_MEMORY = "--import=data:text/javascript,process.on('exit',()=>process.stderr.write(String(process.resourceUsage().maxRSS)))";

let folder: string;

before(() => {
	folder = mkdtempSync(join(tmpdir(), "keywright-files-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function makeFolder(name: string): string {
	const path = join(folder, name);
	mkdirSync(path);
	return path;
}

async function scan(path: string, ...args: string[]) {
	const { stdout, stderr } = await runKeywright(path, ["scan", "--json", ...args, "."]);
	equal(stderr, "");
	return readReport(stdout);
}

test("links are named and not followed, so that loops end; pipes, sockets and devices are named and not opened", async () => {
	const here = makeFolder("special");
	writeFileSync(join(folder, "outside.txt"), makeKey(random));
	symlinkSync(join(folder, "outside.txt"), join(here, "link"));
	symlinkSync(here, join(here, "loop"));
	execFileSync("mkfifo", [join(here, "pipe")]);
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(join(here, "socket"), resolve));
	const { findings, not_scanned } = await scan(here);
	await new Promise((resolve) => server.close(resolve));
	deepEqual(findings, []);
	deepEqual(
		not_scanned.map(({ path, reason }) => `${path}: ${reason}`),
		["link: a link, which is not followed", "loop: a link, which is not followed", "pipe: a pipe", "socket: a socket"],
	);
	const device = await runKeywright(here, ["scan", "--json", "/dev/null"]);
	deepEqual(readReport(device.stdout).not_scanned, [{ path: "/dev/null", reason: "a device" }]);
});

test("a file that cannot be read is named, and the others are searched", async () => {
	const here = makeFolder("unreadable");
	const key = makeKey(random);
	writeFileSync(join(here, "fine"), key);
	// The first page of a process is never mapped: reading it fails for every user.
	const { code, stdout } = await runKeywright(here, ["scan", "--json", "/proc/self/mem", "."]);
	const report = readReport(stdout);
	deepEqual(report.not_scanned, [{ path: "/proc/self/mem", reason: "the disk reported an error" }]);
	deepEqual(placesOf(report), [`fine:1 ${publicPartsOf(key).kid}`]);
	equal(code, 1);
});

test("names with control characters, of other encodings or with a key in them do no harm, and no key is printed", async () => {
	const here = makeFolder("names");
	const key = makeKey(random);
	const named = makeKey(random);
	writeFileSync(join(here, "\u001b[2J\nline\u202e"), key);
	writeFileSync(Buffer.concat([Buffer.from(`${here}/bad-`), Buffer.from([0xff, 0xfe])]), key);
	mkdirSync(join(here, named));
	writeFileSync(join(here, named, "inner"), key);
	const places = placesOf(await scan(here));
	const masked = `[${publicPartsOf(named).kid}…${named.slice(-4)}]`;
	const { kid } = publicPartsOf(key);
	deepEqual(
		places.sort(),
		[
			`${masked}/inner:1 ${kid}`,
			`${masked}/inner:null ${publicPartsOf(named).kid}`,
			`\u001b[2J\nline\u202e:1 ${kid}`,
			`bad-\\xff\\xfe:1 ${kid}`,
		].sort(),
	);
	for (const format of [[], ["--json"], ["--sarif"]]) {
		const { stdout } = await runKeywright(here, ["scan", ...format, "."]);
		ok(!stdout.includes(key.slice(-38)) && !stdout.includes(named.slice(-38)));
		ok(!/[\p{Cc}\p{Cf}]/u.test(stdout.replaceAll("\n", "")), format.join());
	}
});

test("a file of any size is searched in bounded memory", async () => {
	const here = makeFolder("large");
	const key = makeKey(random);
	const file = join(here, "large.log");
	writeFileSync(file, "line\n");
	truncateSync(file, 256 * 1024 ** 2);
	writeFileSync(file, `\n${key}\n`, { flag: "a" });
	const { stdout, stderr } = await runKeywright(here, ["scan", "--json", "."], [REPORT_MEMORY]);
	deepEqual(placesOf(readReport(stdout)), [`large.log:3 ${publicPartsOf(key).kid}`]);
	ok(Number(stderr) / 1024 < MEMORY_MB_MAX, `${stderr} KiB`);
});

test("excluded names and paths are left out", async () => {
	const exclude = excludeBy(["node_modules", "*.map", "docs/**/draft-*", "./dist/"]);
	for (const path of ["node_modules", "a/node_modules/b.js", "x.map", "a/x.map", "docs/a/draft-1", "dist", "dist/x"]) ok(exclude(path), path);
	for (const path of ["node_modules.js", "a/x.mapper", "docs/a/final", "redist"]) ok(!exclude(path), path);
	const here = makeFolder("excluded");
	mkdirSync(join(here, "skipped"));
	for (const name of ["skipped/a", "kept"]) writeFileSync(join(here, name), makeKey(random));
	deepEqual(
		(await scan(here, "--exclude", "skipped")).findings.map(({ path }) => path),
		["kept"],
	);
});
