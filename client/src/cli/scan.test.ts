import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { closeServer, listen } from "../../testing/peer.ts";
import { readReport, runKeywright } from "../../testing/scan/command.ts";
import { makeKey, publicPartsOf, randomFrom } from "../../testing/scan/keys.ts";
import { HOOK } from "../scan/history/hook.ts";

const random = randomFrom(13);
const KEY = makeKey(random);
const IMPORTED = `old_${"a1".repeat(16)}`;
const FORMATS = [
	{
		name: "kw",
		kind: "own",
		prefix: "kw_",
		alphabet: "base62",
		length_min: 50,
		length_max: 50,
		environments: ["prod", "staging", "dev"],
		checksum: "crc32-base62",
	},
	{ name: "older", kind: "imported", prefix: "old_", alphabet: "hex", length_min: 32, length_max: 32, environments: null, checksum: null },
];

let folder: string;

before(() => {
	folder = mkdtempSync(join(tmpdir(), "keywright-cli-"));
	writeFileSync(join(folder, "leak.txt"), `a\n  ${KEY}\n`);
	writeFileSync(join(folder, "imported.txt"), `${IMPORTED}\n`);
	writeFileSync(join(folder, "clean.txt"), "nothing\n");
	writeFileSync(join(folder, "formats.json"), JSON.stringify({ key_formats: FORMATS }));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]) => runKeywright(folder, args);

test("the exit code is 0 without keys, 1 with keys, 2 for wrong usage and 3 if the server of --url cannot be asked", async () => {
	equal((await run("scan", "clean.txt")).code, 0);
	equal((await run("scan", "clean.txt", "leak.txt")).code, 1);
	const wrong = [
		[],
		["nothing"],
		["scan"],
		["scan", "--nope", "."],
		["scan", KEY],
		["scan", "--url", "ftp://x", "."],
		["scan", "--formats", "clean.txt", "."],
	];
	for (const args of [...wrong, ["scan", "--json", "--sarif", "."], ["scan", "--staged", "."], ["scan", "--rules", "x"], ["scan", "--url"]]) {
		const { code, stdout, stderr } = await run(...args);
		deepEqual([code, stdout], [2, ""], args.join(" "));
		match(stderr, /^keywright: [^\n]+\. See keywright --help\.\n$/);
		ok(!stderr.includes(KEY));
	}
	const { code, stdout, stderr } = await run("scan", "--url", "http://127.0.0.1:1/secret-path", "leak.txt");
	deepEqual([code, stdout, stderr], [3, "", "keywright: the server at --url could not be reached.\n"]);
	for (const args of [["--help"], ["scan", "--help"]]) match((await run(...args)).stdout, /Exit codes/);
	const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
	equal((await run("--version")).stdout, `${version}\n`);
});

test("an error that nothing expects ends with 2 and one line, since 1 means that keys were found", async () => {
	writeFileSync(join(folder, "broken.mjs"), `JSON.stringify = () => { throw new RangeError("${KEY}"); };`);
	const broken = await runKeywright(folder, ["scan", "--json", "leak.txt"], ["--import", join(folder, "broken.mjs")]);
	rmSync(join(folder, "broken.mjs"));
	deepEqual([broken.code, broken.stdout], [2, ""]);
	match(broken.stderr, /^keywright: an unexpected error \(RangeError\) ended the command[^\n]*\n$/);
	writeFileSync(join(folder, "later.mjs"), 'setImmediate(() => { throw new TypeError("x"); });');
	equal((await runKeywright(folder, ["scan", "clean.txt"], ["--import", join(folder, "later.mjs")])).code, 2);
	rmSync(join(folder, "later.mjs"));
});

test("the readable report says where a key is, its id and what to do, and draws nothing where there is no terminal", async () => {
	const { stdout, stderr } = await run("scan", "--no-history", "leak.txt");
	const { kid, last4 } = publicPartsOf(KEY);
	match(stdout, new RegExp(`^leak\\.txt:2\\n    prod key ${kid}, …${last4} \\(kw\\)\\n`));
	match(stdout, /replace each key where it is used, then revoke it/);
	equal(stderr, "");
	ok(!stdout.includes(KEY.slice(-38)));
});

test("imported keys are found with the formats of a server or a file, and marked as matched by their pattern only", async () => {
	const answers: ((response: ServerResponse) => void)[] = [
		(response) => response.end(JSON.stringify({ product_name: "Orders", key_formats: FORMATS })),
		(response) => response.writeHead(503).end(),
		(response) => response.end(JSON.stringify({ product_name: "An older server" })),
		(response) => response.end("x".repeat(2_000_000)),
	];
	const paths: string[] = [];
	const server = createServer((request, response) => {
		paths.push(request.url ?? "");
		answers[paths.length - 1]?.(response);
	});
	const url = await listen(server);
	const asked = await run("scan", "--json", "--url", `${url}/base/`, ".");
	const read = await run("scan", "--json", "--formats", "formats.json", ".");
	equal(asked.stdout, read.stdout);
	deepEqual(
		readReport(read.stdout).findings.map(({ path, kid, last4, format, matched_by }) => [path, kid, last4, format, matched_by]),
		[
			["imported.txt", null, "a1a1", "older", "pattern"],
			["leak.txt", publicPartsOf(KEY).kid, publicPartsOf(KEY).last4, "kw", "checksum"],
		],
	);
	const errors = [/answered 503/, /cannot be used: there is no list "key_formats"/, /more than 1 MiB/];
	for (const error of errors) {
		const { code, stderr } = await run("scan", "--url", url, ".");
		equal(code, 3);
		match(stderr, error);
	}
	equal(paths[0], "/base/api/v1/api-profile");
	await closeServer(server);
});

test("SARIF has the properties that its schema requires, and the places as relative URIs", async () => {
	writeFileSync(join(folder, "a b#ü.txt"), KEY);
	const { stdout } = await run("scan", "--sarif", "--no-history", "a b#ü.txt", "leak.txt");
	const sarif = JSON.parse(stdout);
	equal(sarif.version, "2.1.0");
	const [{ tool, results, invocations }] = sarif.runs;
	equal(tool.driver.name, "keywright");
	equal(invocations[0].executionSuccessful, true);
	equal(results.length, 2);
	for (const { ruleId, ruleIndex, level, message, locations } of results) {
		equal(tool.driver.rules[ruleIndex].id, ruleId);
		equal(level, "error");
		match(message.text, /^Exposed prod key /);
		ok(locations[0].physicalLocation.region.startLine >= 1);
	}
	deepEqual(
		results.map(
			(result: { locations: [{ physicalLocation: { artifactLocation: { uri: string } } }] }) =>
				result.locations[0].physicalLocation.artifactLocation.uri,
		),
		["a%20b%23%C3%BC.txt", "leak.txt"],
	);
});

test("every command of the documentation works as it is written", async () => {
	const server = createServer((_request, response) => response.end(JSON.stringify({ key_formats: FORMATS })));
	const url = await listen(server);
	const documentation = readFileSync(new URL("../../../docs/leak-kit.md", import.meta.url), "utf8");
	const commands = [...documentation.matchAll(/^keywright (scan .*)$/gm)].map(([, args = ""]) => args.replace("http://127.0.0.1:8787", url));
	ok(commands.length >= 9);
	for (const name of ["dist", "release"]) mkdirSync(join(folder, name));
	for (const name of ["release/app.apk", "profile.json"]) writeFileSync(join(folder, name), JSON.stringify({ key_formats: FORMATS }));
	for (const command of commands.filter((text) => !text.includes("--install-hook"))) {
		const args = command
			.replace(/ > .*$/, "")
			.split(" ")
			.map((word) => word.replaceAll("'", ""));
		const { code, stderr } = await run(...args);
		deepEqual([code === 0 || code === 1, stderr], [true, ""], command);
	}
	await closeServer(server);
	ok(documentation.includes(HOOK));
});

test("rules for other scanners match keys, imported ones too", async () => {
	const gitleaks = (await run("scan", "--rules", "gitleaks", "--formats", "formats.json")).stdout;
	const regexes = [...gitleaks.matchAll(/^regex = (.*)$/gm)].map(([, text = ""]) => new RegExp(JSON.parse(text)));
	deepEqual(
		regexes.map((regex) => [KEY, IMPORTED, `kws_${"a".repeat(50)}`].findIndex((text) => regex.test(text))),
		[0, 1, 2],
	);
	equal([...gitleaks.matchAll(/^keywords = \["/gm)].length, 3);
	const secretlint = JSON.parse((await run("scan", "--rules", "secretlint")).stdout);
	const [{ patterns }] = secretlint.rules[0].options.patterns;
	ok(new RegExp(patterns[0].slice(1, -2)).test(makeKey(random, "any_brand", "staging")));
});
