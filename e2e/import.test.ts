import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { endLeftovers, environmentWith, Program, ROOT, runProgram, type Server, startServer } from "./server.ts";

/** `npm run bench` imports and uses 10,000. */
const KEYS = 2_000;
const TENANTS = 40;
const VERIFIED_AT_ONCE = 16;
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

let folder: string;
let server: Server;
before(async () => {
	folder = mkdtempSync(join(tmpdir(), "keywright-import-"));
	server = await startServer();
	const put = async (path: string, body: unknown) => assert.equal((await server.operator("PUT", path, body)).status, 200, path);
	await put("/plans/all", { name: "All", capabilities: ["m2m_api", "documents"] });
	for (let tenant = 0; tenant < TENANTS; tenant += 1)
		await put(`/tenants/t${tenant}`, { name: `T${tenant}`, plan_id: "all", external_id: `cus_${tenant}` });
	await put("/legacy-formats/acme", { prefix: "acme_", alphabet: "base62", length_min: 24, length_max: 24 });
});
after(async () => {
	await server?.stop();
	await endLeftovers();
	rmSync(folder, { recursive: true, force: true });
});

function newKey(): string {
	return `acme_${[...randomBytes(24)].map((byte) => BASE62.charAt(byte % BASE62.length)).join("")}`;
}

function sha256(raw_key: string): Buffer {
	return createHash("sha256").update(raw_key).digest();
}

/** A file with that many keys, spread over all tenants. */
function toCsv(name: string, keys: number): { path: string; raw_keys: string[] } {
	const raw_keys = Array.from({ length: keys }, newKey);
	const lines = raw_keys.map((raw_key, index) => {
		const hash = sha256(raw_key).toString(index % 2 === 0 ? "hex" : "base64");
		return `${hash},${raw_key.slice(0, 8)},bot ${index},cus_${index % TENANTS},prod`;
	});
	const path = join(folder, name);
	writeFileSync(path, `hash,start,name,external_id,environment\n${lines.join("\n")}\n`);
	return { path, raw_keys };
}

function settings(): Record<string, string> {
	return { KEYWRIGHT_DATA_DIR: server.data_dir };
}

function run(...argv: string[]) {
	return runProgram([...argv], settings());
}

async function report(...argv: string[]): Promise<Record<string, number | unknown>> {
	const { code, stdout, stderr } = await run("import", ...argv, "--json");
	assert.equal(code, 0, stderr);
	return JSON.parse(stdout);
}

async function getStatuses(raw_keys: readonly string[]): Promise<Map<number, number>> {
	const counted = new Map<number, number>();
	let next = 0;
	async function work(): Promise<void> {
		for (let raw_key = raw_keys[next++]; raw_key !== undefined; raw_key = raw_keys[next++]) {
			const { status } = await server.keyed(raw_key, "GET", "/whoami");
			counted.set(status, (counted.get(status) ?? 0) + 1);
		}
	}
	await Promise.all(Array.from({ length: VERIFIED_AT_ONCE }, work));
	return counted;
}

test(`${KEYS} keys are imported while the server runs, all of them work, and a second run changes nothing`, { timeout: 300_000 }, async () => {
	const { path, raw_keys } = toCsv("many.csv", KEYS);
	const options = [path, "--format", "acme", "--owner", "Dana"];
	const dry = await report(...options, "--dry-run");
	assert.deepEqual([dry.new, dry.imported, dry.refused], [KEYS, 0, 0]);
	assert.deepEqual(await getStatuses(raw_keys.slice(0, 20)), new Map([[401, 20]]), "a dry run imports nothing, and they were all looked up");
	const first = await report(...options);
	assert.deepEqual([first.new, first.imported, first.already_there], [KEYS, KEYS, 0]);
	assert.deepEqual(await getStatuses(raw_keys), new Map([[200, KEYS]]));
	const second = await report(...options);
	assert.deepEqual([second.new, second.imported, second.already_there], [0, 0, KEYS]);
	const list = await server.management("t0", "GET", "/api-keys?limit=1");
	assert.equal(Object(list.json).data[0].secrets[0].imported, true);
});

test("an import that is killed halfway is resumed by the next run: no key is duplicated or lost", { timeout: 300_000 }, async () => {
	const keys = 2_000;
	const { path, raw_keys } = toCsv("killed.csv", keys);
	const argv = ["import", path, "--format", "acme", "--owner", "Dana", "--batch", "20"];
	const counted = async () => Object(await formatAcme()).keys;
	const before_all = await counted();
	for (const signal of ["SIGKILL", "SIGINT"] as const) {
		const began = await counted();
		const program = new Program(argv, environmentWith(settings()));
		while ((await counted()) === began) await sleep(10);
		const { code } = await program.end(signal);
		if (signal === "SIGINT") assert.equal(code, 130, program.stderr);
	}
	const there = (await counted()) - before_all;
	assert(there > 0 && there < keys, `${there} of ${keys} were there after the interruptions`);
	const rest = await report(...argv.slice(1));
	assert.deepEqual([rest.already_there, rest.imported], [there, keys - there]);
	assert.equal((await counted()) - before_all, keys);
	assert.deepEqual(await getStatuses(raw_keys), new Map([[200, keys]]));
});

async function formatAcme(): Promise<unknown> {
	const { json } = await server.operator("GET", "/legacy-formats");
	return Object(json).data.find((format: { name: string }) => format.name === "acme");
}

test("exports of Unkey and Better Auth are imported unchanged, without the keys that were disabled there", async () => {
	const [live, off, better] = [newKey(), newKey(), newKey()];
	const unkey = join(folder, "unkey.jsonl");
	const lines = [
		{ id: "key_1", hash: sha256(live).toString("base64"), start: live.slice(0, 7), owner_id: "cus_1", name: null, enabled: 1, meta: "{}" },
		{ id: "key_2", hash: sha256(off).toString("base64"), start: off.slice(0, 7), owner_id: "cus_1", name: "off", enabled: 0 },
	];
	writeFileSync(unkey, lines.map((line) => JSON.stringify(line)).join("\r\n"));
	const common = ["--format", "acme", "--owner", "Dana", "--environment", "prod"];
	const done = await report(unkey, "--source", "unkey", ...common);
	assert.deepEqual([done.imported, done.skipped, done.columns_not_used], [1, { disabled: 1, revoked: 0, expired: 0 }, ["meta"]]);
	const auth = join(folder, "auth.csv");
	writeFileSync(
		auth,
		`\ufeffid,name,start,prefix,key,referenceId,permissions\r\n1,bot,${better.slice(0, 6)},acme_,${sha256(better).toString("base64url")},cus_2,"{""documents"":[""read""]}"\r\n`,
	);
	assert.equal((await report(auth, "--source", "better-auth", ...common)).imported, 1);
	assert.deepEqual(
		await getStatuses([live, off, better]),
		new Map([
			[200, 2],
			[401, 1],
		]),
	);
	const who = await server.keyed(better, "GET", "/whoami");
	assert.deepEqual(Object(who.json).key.permissions, ["documents:read"]);
});

test("refused lines are listed without their hashes, and nothing is imported", async () => {
	const raw_key = newKey();
	const hash = sha256(raw_key).toString("hex");
	const path = join(folder, "bad.csv");
	const rows = [
		`${hash},good,cus_1,prod`,
		`${hash},twice,cus_1,prod`,
		`${hash.slice(2)},short,cus_1,prod`,
		`${sha256("x").toString("hex")},lost,cus_none,prod`,
	];
	writeFileSync(path, `hash,name,external_id,environment\n${rows.join("\n")}\n`);
	const refused = await run("import", path, "--format", "acme", "--owner", "Dana");
	assert.equal(refused.code, 3);
	for (const words of [
		/nothing was imported/,
		/duplicates the key in line 2: line 3/,
		/not a SHA-256 hash.*line 4/,
		/its tenant does not exist: line 5/,
		/1 tenant missing: cus_none/,
	])
		assert.match(refused.stdout, words);
	assert(!(refused.stdout + refused.stderr).includes(hash.slice(2, 20)), "a hash was repeated");
	assert.equal((await server.keyed(raw_key, "GET", "/whoami")).status, 401);
	const others = await run("import", path, "--format", "acme", "--owner", "Dana", "--skip-refused");
	assert.equal(others.code, 0, others.stdout);
	assert.equal((await server.keyed(raw_key, "GET", "/whoami")).status, 200);
});

test("--skip-refused skips only the malformed line, and an unreadable file is refused with the cause", async () => {
	const [first, last] = [newKey(), newKey()];
	const path = join(folder, "malformed.csv");
	const getLine = (raw_key: string) => `${sha256(raw_key).toString("hex")},bot,t1,prod`;
	const malformed = [`${getLine(newKey())},one more`, `"never closed`, "\u0000"];
	writeFileSync(path, ["hash,name,tenant_id,environment", getLine(first), ...malformed, getLine(last)].join("\n"));
	const options = [path, "--format", "acme", "--owner", "Dana"];
	const refused = await run("import", ...options);
	assert.equal(refused.code, 3);
	for (const words of [/another number of fields.*: line 3/, /never closed: line 4/, /NUL character: line 5/, /3 lines refused/])
		assert.match(refused.stdout, words);
	assert.deepEqual(await getStatuses([first, last]), new Map([[401, 2]]));
	const skipped = await report(...options, "--skip-refused");
	assert.deepEqual([skipped.imported, skipped.refused], [2, 3]);
	assert.deepEqual(await getStatuses([first, last]), new Map([[200, 2]]));
	const whole: [string, RegExp][] = [
		["", /line 1: the file is empty/],
		[`${getLine(newKey())}\n`, /line 1: is not a header row/],
		[`hash;tenant_id\n${getLine(newKey()).replaceAll(",", ";")}\n`, /line 1: fields are separated by semicolons/],
		[`hash,tenant_id\r${getLine(newKey())}\r`, /line 1: the file uses CR line ends/],
	];
	for (const [text, words] of whole) {
		writeFileSync(path, text);
		for (const more of [[], ["--skip-refused"]]) {
			const none = await run("import", ...options, ...more);
			assert.equal(none.code, 3, none.stdout);
			assert.match(none.stderr, words);
		}
	}
});

test("invalid commands print what to do and exit with 2", async () => {
	const { path } = toCsv("one.csv", 1);
	const wrong: [string[], RegExp][] = [
		[[], /takes one file/],
		[[path], /--format/],
		[[path, "--format", "none"], /declared are acme/],
		[[join(folder, "absent.csv"), "--format", "acme"], /does not exist/],
		[["-", "--format", "acme"], /--csv or --jsonl/],
		[[path, "--format", "acme", "--sorce", "unkey"], /--sorce/],
		[[path, "--format", "acme", "--batch", "0"], /--batch/],
	];
	for (const [argv, words] of wrong) {
		const { code, stderr } = await run("import", ...argv);
		assert.deepEqual([code, words.test(stderr)], [2, true], stderr);
	}
	const without = await runProgram(["import", path, "--format", "acme"], { KEYWRIGHT_DATA_DIR: join(folder, "elsewhere") });
	assert.match(without.stderr, /there is no pepper/);
	const help = await run("import", "--help");
	assert.deepEqual([help.code, /Exit codes: 0 done/.test(help.stdout)], [0, true]);
});

test("the export has everything except secrets", { timeout: 120_000 }, async () => {
	const made = await server.management("t0", "POST", "/api-keys", { name: "made here", environment: "prod", owner: "Dana" });
	const { raw_key } = Object(made.json);
	const service = Object((await server.operator("POST", "/services", { name: "Shop" })).json);
	const invited = Object((await server.management("t0", "POST", "/invitations", { role: "admin" })).json);
	const elsewhere = newKey();
	const path = join(folder, "exported.csv");
	writeFileSync(path, `hash,tenant_id\n${sha256(elsewhere).toString("hex")},t0\n`);
	await report(path, "--format", "acme", "--owner", "Dana", "--environment", "prod");
	assert.equal((await server.keyed(elsewhere, "GET", "/whoami")).status, 200);
	const out = join(folder, "all.jsonl");
	const done = await run("export", "--out", out);
	assert.equal(done.code, 0, done.stderr);
	assert.equal(statSync(out).mode & 0o777, 0o600);
	const text = readFileSync(out, "utf8");
	const lines: { type: string; [name: string]: unknown }[] = text
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line));
	const types = new Set(lines.map((line) => line.type));
	for (const type of ["plan", "capability", "permission", "legacy_format", "service", "tenant", "invitation", "key", "usage_of_key", "audit_entry"])
		assert(types.has(type), `no ${type}`);
	const { keys } = Object(await formatAcme());
	assert.equal(lines.filter((line) => line.type === "key").length, keys + 1);
	const pepper = readFileSync(join(server.data_dir, "pepper"), "utf8").trim();
	const token =
		String(invited.invitation_url ?? invited.url ?? "")
			.split("#")
			.at(-1) ?? "";
	const secrets = [raw_key, raw_key.slice(20, 52), elsewhere, service.credential, pepper, server.operator_token, token];
	for (const secret of secrets) {
		assert(typeof secret === "string" && secret.length >= 20, `a secret is missing: ${typeof secret}`);
		for (const writing of [secret, sha256(secret).toString("hex"), sha256(secret).toString("base64"), sha256(secret).toString("base64url")])
			assert(!text.includes(writing), "the export holds a secret");
	}
	assert(!/"(mac|lookup|token_digest|session_digest|password|pepper|fingerprint|salt|mac_version)":/.test(text), "a column that is a secret's");
	assert(!/\\\\x[0-9a-f]{32}|"data":\[\d/.test(text), "bytes of a column");
	assert.equal((await run("export", "--out", out)).code, 2, "what is there is not overwritten");
});

test("the snippets of docs/migrating.md run unchanged", async () => {
	const guide = readFileSync(join(ROOT, "docs/migrating.md"), "utf8");
	const snippets = [...guide.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text]) => text ?? "");
	assert.equal(snippets.length, 2);
	const hash = sha256(newKey()).toString("hex");
	writeFileSync(join(folder, "keys.csv"), `hash,tenant_id,environment\n${hash},t0,prod\n`);
	// npx must find the command as it does in the clone.
	symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
	const env = environmentWith({ ...settings(), KEYWRIGHT_URL: server.url, KEYWRIGHT_OPERATOR_TOKEN: server.operator_token });
	const outputs: string[] = [];
	for (const snippet of snippets) {
		const { stdout } = await promisify(execFile)("bash", ["-c", `set -e\n${snippet}`], { cwd: folder, env });
		outputs.push(stdout);
	}
	assert.match(outputs[0] ?? "", /"prefix":"acme_"/);
	assert.match(outputs[1] ?? "", /✓ 1 key would be imported/);
});

test("without a running server, import and export start the database themselves and stop it again", { timeout: 120_000 }, async () => {
	await server.stop({ keep_folder: true });
	const { path, raw_keys } = toCsv("stopped.csv", 50);
	assert.equal((await report(path, "--format", "acme", "--owner", "Dana")).imported, 50);
	const piped = await run("export");
	assert.equal(piped.code, 0, piped.stderr);
	assert(piped.stdout.split("\n").filter((line) => line.startsWith('{"type":"key"')).length >= 50);
	server = await startServer({ data_dir: server.data_dir });
	assert.deepEqual(await getStatuses(raw_keys), new Map([[200, 50]]));
});
