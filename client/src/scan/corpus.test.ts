import { deepEqual, equal, ok } from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Corpus, expectedOf, writeCorpus } from "../../testing/scan/corpus.ts";
import type { Finding } from "./scan.ts";

const BIN = join(import.meta.dirname, "../../bin.js");
const FILES = 10_000;
const HEAP_MB = 64;

let folder: string;
let corpus: Corpus;

before(() => {
	folder = mkdtempSync(join(tmpdir(), "keywright-corpus-"));
	corpus = writeCorpus(folder, FILES);
});
after(() => rmSync(folder, { recursive: true, force: true }));

test("of 10,000 files with 1,000 look-alikes, the built command reports exactly the 50 planted keys, within a heap of 64 MB", () => {
	equal(corpus.planted.length, 50);
	const { status, stdout, stderr } = spawnSync(process.execPath, [`--max-old-space-size=${HEAP_MB}`, BIN, "scan", "--json", "."], {
		cwd: folder,
		encoding: "utf8",
		maxBuffer: 64 * 1024 * 1024,
	});
	equal(stderr, "");
	const { findings, not_scanned, scanned } = JSON.parse(stdout) as { findings: Finding[]; not_scanned: object[]; scanned: { files: number } };
	const found = findings.map(({ path, line, kid, last4, commit }) => `${path}:${line} ${kid} ${last4}${commit === null ? "" : " in history"}`);
	deepEqual(found.sort(), corpus.planted.map(expectedOf).sort());
	equal(status, 1);
	deepEqual(not_scanned, []);
	ok(scanned.files >= FILES);
	const first = execFileSync("git", ["-C", folder, "rev-list", "--max-parents=0", "HEAD"], { encoding: "utf8" }).trim();
	deepEqual(new Set(findings.map(({ commit }) => commit)), new Set([null, first]));
	for (const { key } of corpus.planted) ok(!stdout.includes(key.slice(-38)), "a secret was printed");
});
