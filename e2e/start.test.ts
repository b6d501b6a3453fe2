import { deepEqual, doesNotMatch, equal, match, notEqual, ok, rejects } from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { type Answer, inParallel } from "./client.ts";
import { isAlive, newDataFolder, postgresPid, removeDataFolder } from "./data-folder.ts";
import { flood } from "./flood.ts";
import { assertProblem } from "./problem.ts";
import { listListeners } from "./processes.ts";
import { requestText, Wire } from "./raw-socket.ts";
import {
	endLeftovers,
	environmentWith,
	MAIN,
	newInitializedFolder,
	onFullDisk,
	Program,
	ROOT,
	runProgram,
	type Server,
	startServer,
} from "./server.ts";
import { expectStatus, makeKey, makeText, makeWorld } from "./things.ts";

const STOP_MS = 10_000;
const execute = promisify(execFile);
const folders: string[] = [];

after(async () => {
	await endLeftovers();
	for (const folder of folders) await removeDataFolder(folder);
});

function newFolder(): string {
	const folder = newDataFolder();
	folders.push(folder);
	return folder;
}

/** A folder on which a server was started before: cheaper where the first start is not tested. */
async function newUsedFolder(): Promise<string> {
	const folder = await newInitializedFolder();
	folders.push(folder);
	return folder;
}

function bash(line: string): Promise<{ stdout: string; stderr: string }> {
	return execute("bash", ["-c", line], { maxBuffer: 64 * 1024 * 1024 });
}

/** The curl line of the banner, unchanged. */
function curlLine(stderr: string): string {
	return /^ {2}curl .*\\\n.*$/m.exec(stderr)?.[0] ?? "";
}

async function waitGone(pid: number): Promise<void> {
	for (const until = performance.now() + 5_000; isAlive(pid) && performance.now() < until; await sleep(20));
	ok(!isAlive(pid), "PostgreSQL is gone");
}

async function stopTimely(server: Server, signal: NodeJS.Signals = "SIGINT"): Promise<void> {
	const postgres = postgresPid(server.data_dir) ?? 0;
	const began = performance.now();
	deepEqual(await server.stop({ signal, keep_folder: true }), { code: 0, signal: null });
	ok(performance.now() - began < STOP_MS, `the stop took ${Math.round(performance.now() - began)} ms`);
	await waitGone(postgres);
}

/** A small PDF of one page that says "Hello", with right offsets. */
function makePdf(): Buffer {
	const text = "BT /F1 24 Tf 72 720 Td (Hello) Tj ET";
	const objects = [
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		`<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	];
	let bytes = Buffer.from("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "latin1");
	const offsets = objects.map((object, index) => {
		const at = bytes.length;
		bytes = Buffer.concat([bytes, Buffer.from(`${index + 1} 0 obj\n${object}\nendobj\n`)]);
		return at;
	});
	const table = offsets.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
	const end = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${bytes.length}\n%%EOF\n`;
	return Buffer.concat([bytes, Buffer.from(end)]);
}

test("after the first start the printed curl line works, an uploaded PDF is returned byte for byte, and Ctrl-C stops everything", async () => {
	const server = await startServer({ demo: true, data_dir: newFolder() });
	const { stderr } = server.logs;
	match(stderr, /Keywright is up at http:\/\/127\.0\.0\.1:\d+/);
	match(stderr, /tenant +demo/);
	match(stderr, /back up/i);
	match(stderr, /pepper/);
	const pasted = await bash(curlLine(stderr));
	equal(JSON.parse(pasted.stdout).tenant_id, "demo");

	const raw_key = /X-API-Key: (\S+)'/.exec(stderr)?.[1] ?? "";
	equal((await server.keyed(raw_key, "GET", "/tenants/demo-free/limits")).status, 404);
	const sites = expectStatus(await server.keyed(raw_key, "GET", "/tenants/demo/sites"), 200).as<{ data: unknown[] }>();
	equal(sites.data.length, 2);

	const folder = mkdtempSync(join(tmpdir(), "keywright-pdf-"));
	try {
		const pdf = makePdf();
		writeFileSync(join(folder, "Rechnung Nº 7.pdf"), pdf);
		const curl = `curl -sS --fail-with-body -H 'X-API-Key: ${raw_key}'`;
		const documents = `${server.url}/api/v1/m2m/sites/demo-shop/documents`;
		const sent = await bash(`cd ${folder} && ${curl} -F 'file=@Rechnung Nº 7.pdf' -F title='Rechnung' ${documents}`);
		const document = JSON.parse(sent.stdout);
		deepEqual([document.content_type, document.size_bytes, document.filename], ["application/pdf", pdf.length, "Rechnung Nº 7.pdf"]);
		equal(document.sha256, createHash("sha256").update(pdf).digest("hex"));
		await bash(`cd ${folder} && ${curl} -D headers -o back.pdf ${documents}/${document.id}/content`);
		ok(readFileSync(join(folder, "back.pdf")).equals(pdf), "byte for byte");
		match(readFileSync(join(folder, "headers"), "utf8"), /content-type: application\/pdf/i);
		await bash(`cd ${folder} && head -c 30000000 /dev/urandom > large.bin && ${curl} -F file=@large.bin ${documents} > large.json`);
		const large = JSON.parse(readFileSync(join(folder, "large.json"), "utf8"));
		await bash(`cd ${folder} && ${curl} -o back.bin ${documents}/${large.id}/content && cmp large.bin back.bin`);
	} finally {
		await rm(folder, { recursive: true });
	}
	await stopTimely(server);
	match(server.logs.stdout, /"server_stopping"/);
});

test("a second start prints a working line too; a start without --demo creates no tenant", async () => {
	const data_dir = newFolder();
	const first = await startServer({ data_dir });
	deepEqual((await first.operator("GET", "/tenants")).json.data, []);
	equal(curlLine(first.logs.stderr), "");
	await stopTimely(first);
	const again = await startServer({ data_dir, env: { KEYWRIGHT_DEMO: "on" } });
	const { stdout } = await bash(curlLine(again.logs.stderr));
	equal(JSON.parse(stdout).tenant_id, "demo");
	await stopTimely(again, "SIGTERM");
	const third = await startServer({ data_dir, demo: true });
	equal(curlLine(third.logs.stderr).replaceAll(third.url, again.url), curlLine(again.logs.stderr));
	equal(JSON.parse((await bash(curlLine(third.logs.stderr))).stdout).tenant_id, "demo");
	await stopTimely(third);
});

test("Ctrl-C under load: answered requests are counted, PostgreSQL is stopped, and slow clients do not delay the stop", async () => {
	const data_dir = await newUsedFolder();
	const server = await startServer({ data_dir });
	const { tenant, site, raw_key } = await makeWorld(server);
	const { id } = await makeText(server, raw_key, site.id, "x".repeat(1_000_000));
	const key = `X-API-Key: ${raw_key}`;
	const slow = await Promise.all([1, 2, 3, 4].map(() => Wire.open(server.port)));
	slow[0]?.write(`GET /api/v1/m2m/whoami HTTP/1.1\r\nHost: a\r\n${key}\r\n`);
	slow[1]?.write(
		requestText("POST", `/api/v1/m2m/sites/${site.id}/documents/text`, [key, "Content-Type: application/json", "Content-Length: 90"], "{"),
	);
	slow[2]?.write(
		requestText(
			"POST",
			`/api/v1/m2m/sites/${site.id}/documents`,
			[key, "Content-Type: multipart/form-data; boundary=e", "Content-Length: 9000"],
			"--e\r\n",
		),
	);
	slow[3]?.write(requestText("GET", "/healthz"));
	let allowed = 1;
	let stopping = false;
	const load = inParallel(100_000, 16, async () => {
		if (stopping) return;
		const answer = await server.keyed(raw_key, "GET", "/whoami").catch(() => null);
		if (answer?.status === 200) allowed += 1;
		else stopping = true;
	});
	await sleep(700);
	await stopTimely(server);
	await load;
	for (const wire of slow) wire.destroy();
	ok(allowed > 50, `${allowed} requests`);
	const again = await startServer({ data_dir });
	const { data } = (await again.management(tenant.id, "GET", "/usage")).as<{ data: { code: string; requests: number }[] }>();
	const counted = data.filter(({ code }) => code === "allowed").reduce((sum, { requests }) => sum + requests, 0);
	// In addition to the answered requests, at most the slow uploads and those aborted by the stop.
	ok(counted >= allowed && counted <= allowed + 2 + 16, `${counted} counted, ${allowed} answered`);
	ok(existsSync(join(data_dir, "uploads")));
	expectStatus(await again.keyed(raw_key, "GET", `/sites/${site.id}/documents/${id}/content`), 200);
	await stopTimely(again);
});

test("a log reader that exits or stops reading delays neither responses nor the stop", async () => {
	const neglects = [(output: Readable) => output.destroy(), (output: Readable) => output.pause()];
	for (const neglect of neglects) {
		const server = await startServer({ data_dir: await newUsedFolder() });
		const { raw_key } = await makeWorld(server);
		const postgres = postgresPid(server.data_dir) ?? 0;
		const { child } = server.program;
		ok(child.stdout);
		neglect(child.stdout);
		// More lines than a pipe buffers.
		const statuses = await flood(server.port, raw_key, "/api/v1/m2m/whoami", 5_000);
		deepEqual([...statuses], [[200, 5_000]]);
		const began = performance.now();
		const exited = once(child, "exit");
		child.kill("SIGTERM");
		await exited;
		ok(performance.now() - began < STOP_MS);
		child.stdout.resume();
		await server.program.ended;
		await waitGone(postgres);
		const again = await startServer({ data_dir: server.data_dir });
		const [tenant] = (await again.operator("GET", "/tenants")).as<{ data: { id: string }[] }>().data;
		const usage = (await again.management(tenant?.id ?? "", "GET", "/usage")).as<{ data: { requests: number }[] }>();
		equal(
			usage.data.reduce((sum, { requests }) => sum + requests, 0),
			5_000,
		);
		await stopTimely(again);
	}
});

test("Ctrl-C during startup leaves no PostgreSQL running, and the next start on the folder works", async () => {
	const data_dir = newFolder();
	for (let waits_ms = 200; waits_ms <= 1_700; waits_ms += 150) {
		const program = new Program(["serve", "--demo"], environmentWith({ KEYWRIGHT_DATA_DIR: data_dir, KEYWRIGHT_PORT: "0" }));
		await sleep(waits_ms);
		const began = performance.now();
		const ended = await program.end("SIGINT");
		// Killed by the signal itself, before anything was started that has to be stopped.
		ok(ended.code === 0 || ended.signal === "SIGINT", `${JSON.stringify(ended)} ${program.stderr}`);
		ok(performance.now() - began < STOP_MS);
		const left = postgresPid(data_dir);
		ok(left === null || !isAlive(left), `PostgreSQL ${left} was left behind after ${waits_ms} ms`);
	}
	const server = await startServer({ data_dir });
	await makeWorld(server);
	await stopTimely(server);
});

test("a second server on the same folder exits with 2, says that one is running, and does not disturb it", async () => {
	const server = await startServer({ data_dir: await newUsedFolder() });
	const { raw_key } = await makeWorld(server);
	for (const command of [["serve"], ["serve", "--demo"], ["migrate"]]) {
		const second = await runProgram(command, { KEYWRIGHT_DATA_DIR: server.data_dir, KEYWRIGHT_PORT: "0" });
		equal(second.code, 2, second.stderr);
		match(second.stderr, /already running/);
		match(second.stderr, /KEYWRIGHT_DATA_DIR/);
	}
	expectStatus(await server.keyed(raw_key, "GET", "/whoami"), 200);
	await stopTimely(server);
});

test("a used port is reported, and PostgreSQL is stopped again", async () => {
	const data_dir = newFolder();
	const taken = createServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => taken.once("listening", resolve));
	const address = taken.address();
	const port = address !== null && typeof address === "object" ? address.port : 0;
	const ended = await runProgram(["serve"], { KEYWRIGHT_DATA_DIR: data_dir, KEYWRIGHT_PORT: String(port) });
	taken.close();
	equal(ended.code, 1);
	ok(ended.stderr.includes(String(port)) && ended.stderr.split("\n").length < 6, ended.stderr);
	equal(postgresPid(data_dir), null);
});

/** Repeats a request until PostgreSQL is back: until then each is refused as unavailable. */
async function untilServed(ask: () => Promise<Answer>): Promise<void> {
	for (const until = performance.now() + 10_000; ; await sleep(50)) {
		const answer = await ask();
		if (answer.status === 200 || performance.now() > until) return void expectStatus(answer, 200);
		assertProblem(answer, "unavailable");
	}
}

test("after kill -9 of the server the next start takes over its PostgreSQL, and the same key works", async () => {
	const data_dir = await newUsedFolder();
	const server = await startServer({ data_dir });
	const { raw_key, tenant } = await makeWorld(server);
	const postgres = postgresPid(data_dir) ?? 0;
	await server.stop({ signal: "SIGKILL", keep_folder: true });
	ok(isAlive(postgres), "PostgreSQL still runs");
	const again = await startServer({ data_dir });
	equal(postgresPid(data_dir), postgres);
	expectStatus(await again.keyed(raw_key, "GET", `/tenants/${tenant.id}/limits`), 200);
	process.kill(postgres, "SIGKILL");
	await untilServed(() => again.management(tenant.id, "GET", "/api-keys"));
	notEqual(postgresPid(data_dir), postgres);
	// The lease may have run out meanwhile; it is renewed by itself.
	await untilServed(() => again.keyed(raw_key, "GET", "/whoami"));
	await stopTimely(again);
	match(again.logs.stdout, /"adopted":true/);
});

test("with a wrong or missing pepper the server does not start and writes nothing; with the right one every key works again", async () => {
	const data_dir = await newUsedFolder();
	const server = await startServer({ data_dir });
	const { raw_key, tenant } = await makeWorld(server);
	await stopTimely(server);
	const right = readFileSync(join(data_dir, "pepper"), "utf8").trim();
	const wrong = "w".repeat(48);
	await rename(join(data_dir, "pepper"), join(data_dir, "pepper.elsewhere"));
	const taken = createServer().listen(0, "127.0.0.1");
	await once(taken, "listening");
	const address = taken.address();
	const port = address !== null && typeof address === "object" ? String(address.port) : "";
	const missing = await runProgram(["serve"], { KEYWRIGHT_DATA_DIR: data_dir, KEYWRIGHT_PORT: port });
	taken.close();
	equal(missing.code, 1);
	match(missing.stderr, /- KEYWRIGHT_PEPPER: the database has a pepper/);
	match(missing.stderr, /- KEYWRIGHT_PORT: port \d+ of 127\.0\.0\.1 is used/);
	ok(!existsSync(join(data_dir, "pepper")), "no new one was made");
	// A data folder of a version without the marker file: detected once the database is open.
	await rm(join(data_dir, "postgres.has_pepper"));
	const unmarked = await runProgram(["serve"], { KEYWRIGHT_DATA_DIR: data_dir, KEYWRIGHT_PORT: "0" });
	match(unmarked.stderr, /- KEYWRIGHT_PEPPER: the database has a pepper/);
	ok(!existsSync(join(data_dir, "pepper")), "nor then");
	await rename(join(data_dir, "pepper.elsewhere"), join(data_dir, "pepper"));
	const refused = await runProgram(["serve"], { KEYWRIGHT_DATA_DIR: data_dir, KEYWRIGHT_PORT: "0", KEYWRIGHT_PEPPER: wrong });
	equal(refused.code, 1);
	match(refused.stderr, /pepper does not belong to this database/);
	match(refused.stderr, /KEYWRIGHT_PEPPER/);
	equal(postgresPid(data_dir), null);
	const short = await runProgram(["serve"], { KEYWRIGHT_DATA_DIR: data_dir, KEYWRIGHT_PORT: "0", KEYWRIGHT_PEPPER: "short" });
	ok(short.code !== 0 && /at least 32/.test(short.stderr), short.stderr);

	const both = await startServer({ data_dir, env: { KEYWRIGHT_PEPPER: `${wrong},${right}` } });
	const made = await makeKey(both, tenant.id);
	expectStatus(await both.keyed(made.raw_key, "GET", "/whoami"), 200);
	await stopTimely(both);
	const early = await runProgram(["serve"], { KEYWRIGHT_DATA_DIR: data_dir, KEYWRIGHT_PORT: "0", KEYWRIGHT_PEPPER: wrong });
	equal(early.code, 1);
	match(early.stderr, /1 secrets of keys/);
	const again = await startServer({ data_dir, env: { KEYWRIGHT_PEPPER: `${wrong},${right}` } });
	expectStatus(await again.keyed(raw_key, "GET", "/whoami"), 200);
	await sleep(500);
	await stopTimely(again);
	const rotated = await startServer({ data_dir, env: { KEYWRIGHT_PEPPER: wrong } });
	for (const key of [raw_key, made.raw_key]) expectStatus(await rotated.keyed(key, "GET", "/whoami"), 200);
	await stopTimely(rotated);
});

test("all environment errors are reported at once, with setting and cure, before anything is written", async () => {
	const folder = newFolder();
	writeFileSync(join(folder, "file"), "");
	const taken = createServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => taken.once("listening", resolve));
	const address = taken.address();
	const port = address !== null && typeof address === "object" ? String(address.port) : "";
	const everything = {
		KEYWRIGHT_PORT: port,
		KEYWRIGHT_DATA_DIR: join(folder, "file", "below"),
		KEYWRIGHT_DATABASE_URL: "postgresql://app:swordfish@127.0.0.1:1/keywright",
		KEYWRIGHT_DATABASE_DIRECT_URL: "postgresql://app:swordfish@no-such-host.invalid/keywright",
	};
	const elsewhere = { KEYWRIGHT_DATA_DIR: join(folder, "new"), KEYWRIGHT_PORT: "0" };
	const [all, foreign, bracketed] = await Promise.all([
		runProgram(["serve"], everything),
		runProgram(["serve"], { ...elsewhere, KEYWRIGHT_HOST: "192.0.2.1" }),
		runProgram(["serve"], { ...elsewhere, KEYWRIGHT_HOST: "[::1]" }),
	]);
	taken.close();
	deepEqual([all.code, foreign.code, bracketed.code], [1, 1, 2], all.stderr);
	for (const line of [
		/- KEYWRIGHT_PORT: port \d+ of 127\.0\.0\.1 is used by another program.*choose another port/,
		/- KEYWRIGHT_DATA_DIR: the folder .*below cannot be used, because .* is not a folder: choose another/,
		/- KEYWRIGHT_DATABASE_URL: nothing listens at its host and port: start PostgreSQL/,
		/- KEYWRIGHT_DATABASE_DIRECT_URL: the name of its host cannot be resolved/,
	])
		match(all.stderr, line);
	doesNotMatch(all.stderr, /swordfish|\n\s+at /);
	match(foreign.stderr, /- KEYWRIGHT_HOST: 192\.0\.2\.1 is not an address of this machine: use one of its addresses/);
	match(bracketed.stderr, /- KEYWRIGHT_HOST must be written without brackets, such as ::1/);
	deepEqual(readdirSync(folder), ["file"]);
});

test("an unwritable data folder or a full disk is reported with all other errors, and nothing is written", async () => {
	const folder = newFolder();
	const foreign = { KEYWRIGHT_HOST: "192.0.2.1", KEYWRIGHT_PORT: "0" };
	const [read_only, full] = await Promise.all([
		runProgram(["serve"], { ...foreign, KEYWRIGHT_DATA_DIR: "/proc/keywright" }),
		runProgram(["serve"], { ...foreign, KEYWRIGHT_DATA_DIR: join(folder, "new") }, onFullDisk(folder)),
	]);
	for (const { code, stderr } of [read_only, full]) {
		equal(code, 1, stderr);
		match(stderr, /- KEYWRIGHT_HOST: 192\.0\.2\.1 is not an address of this machine/);
	}
	match(
		read_only.stderr,
		/- KEYWRIGHT_DATA_DIR: the folder \/proc\/keywright is not writable \(E[A-Z]+\): make this user its owner, or choose another/,
	);
	match(full.stderr, /- KEYWRIGHT_DATA_DIR: the folder .*new has no space left for a first start: the disk is full/);
	deepEqual(readdirSync(folder), []);
});

/** Registry metadata of a package that a third party has published under our command's name. */
function strangersPackage(registry: string): unknown {
	const version = { name: "keywright-server", version: "6.6.6", bin: "run.js", dist: { tarball: `${registry}keywright-server-6.6.6.tgz` } };
	return { name: "keywright-server", "dist-tags": { latest: "6.6.6" }, versions: { "6.6.6": version } };
}

test("npx --no keywright-server works in a clone with the clone's Node.js, and downloads nothing elsewhere", async () => {
	const { version } = JSON.parse(readFileSync(join(ROOT, "server/package.json"), "utf8"));
	const path = (process.env.PATH ?? "").split(":").filter((folder) => !folder.startsWith(ROOT));
	const asked: string[] = [];
	const registry = createHttpServer((request, response) => {
		asked.push(request.url ?? "");
		response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(strangersPackage(npm_config_registry)));
	}).listen(0, "127.0.0.1");
	await once(registry, "listening");
	const address = registry.address();
	const npm_config_registry = `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}/`;
	const env = { ...environmentWith({}), PATH: path.join(":"), npm_config_registry, npm_config_fetch_retries: "0" };
	const run = (option: string, cwd: string) =>
		execute("npx", [option, "keywright-server", "version"], { cwd, env: { ...env, npm_config_cache: newFolder() } });
	const loaded = () => asked.some((url) => url.endsWith(".tgz"));
	const { stdout } = await run("--no", ROOT);
	equal(stdout.trim(), version);
	deepEqual(asked, []);
	await rejects(run("--no", newFolder()));
	ok(!loaded(), asked.join(" "));
	await rejects(run("--yes", newFolder()));
	ok(loaded(), "without --no it is loaded");
	registry.close();
});

test("with an old Node.js, which cannot run TypeScript, the command prints the required version in one line", async () => {
	const old = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })";
	const preload = join(newFolder(), "old.cjs");
	writeFileSync(preload, old);
	const child = spawn(process.execPath, ["--no-strip-types", "--require", preload, MAIN, "serve"], { stdio: ["ignore", "pipe", "pipe"] });
	const [stderr] = await Promise.all([text(child.stderr), once(child, "close")]);
	equal(child.exitCode, 1);
	match(stderr, /^Keywright needs Node\.js [^\n]*this is 20\.20\.2\.[^\n]*\n$/);
});

test("an invalid configuration exits with 2 and reports every error at once, before anything is written", async () => {
	const data_dir = join(newFolder(), "not-made");
	const wrong = {
		KEYWRIGHT_DATA_DIR: data_dir,
		KEYWRIGHT_PORT: "eighty",
		KEYWRIGHT_PUBLIC_URL: "ftp://example.org",
		KEYWRIGHT_DATABASE_URL: "mysql://x",
		KEYWRIGHT_KEY_BRAND: "Kw!",
		KEYWRIGHT_TRUSTED_PROXIES: "10.0.0.0/40",
		KEYWRIGHT_LEASE_SECONDS: "0",
		KEYWRIGHT_AUTH_FAILURES_PER_MINUTE: "-1",
		KEYWRIGHT_DOCUMENTS: "perhaps",
		KEYWRIGHT_LOG_LEVEL: "loud",
		KEYWRIGHT_OPERATOR_TOKEN: "short",
		KEYWRIGHT_PEPPER: "short",
		KEYWRIGHT_OPERATR_TOKEN: "secret-by-mistake",
	};
	const ended = await runProgram(["serve"], wrong);
	equal(ended.code, 2, ended.stderr);
	for (const name of Object.keys(wrong)) if (name !== "KEYWRIGHT_DATA_DIR") ok(ended.stderr.includes(name), `${name} in\n${ended.stderr}`);
	ok(!ended.stderr.includes("secret-by-mistake") && !ended.stderr.includes("mysql://x"), "values are not repeated");
	ok(!existsSync(data_dir));
});

test("secrets can be read from files, and two operator tokens are valid while one is being replaced", async () => {
	const data_dir = newFolder();
	const [old_token, new_token] = ["o".repeat(24), "n".repeat(24)];
	const file = join(data_dir, "token");
	writeFileSync(file, `${new_token},${old_token}\n`);
	const server = await startServer({
		data_dir,
		env: { KEYWRIGHT_OPERATOR_TOKEN_FILE: file, KEYWRIGHT_KEY_BRAND: "acme_pay" },
		operator_token: new_token,
	});
	ok(!existsSync(join(data_dir, "operator_token")));
	const list = (token: string) => server.send({ method: "GET", path: "/api/v1/operator/plans", headers: { authorization: `Bearer ${token}` } });
	for (const token of [old_token, new_token]) expectStatus(await list(token), 200);
	assertProblem(await list(`${new_token},${old_token}`), "credential_invalid");
	const { raw_key } = await makeWorld(server);
	match(raw_key, /^acme_pay_prod_[0-9A-Za-z]{50}$/);
	expectStatus(await server.keyed(raw_key, "GET", "/whoami"), 200);
	await stopTimely(server);
});

test("migrate brings an empty folder to this version and exits; a second run changes nothing", async () => {
	const env = { KEYWRIGHT_DATA_DIR: newFolder() };
	const first = await runProgram(["migrate"], env);
	equal(first.code, 0, first.stderr);
	match(first.stdout, /✓ 0001/);
	equal(postgresPid(env.KEYWRIGHT_DATA_DIR), null);
	const second = await runProgram(["migrate"], env);
	equal(second.code, 0);
	match(second.stdout, /up to date/);
});

test("version, help and invalid commands", async () => {
	const { version } = JSON.parse(readFileSync(join(ROOT, "server/package.json"), "utf8"));
	for (const words of [["version"], ["--version"]]) deepEqual(await runProgram(words), { code: 0, signal: null, stdout: `${version}\n`, stderr: "" });
	for (const words of [["help"], ["--help"], ["-h"], [], ["serve", "--help"]]) {
		const { code, stdout } = await runProgram(words);
		equal(code, 0);
		for (const word of ["serve", "migrate", "version"]) match(stdout, new RegExp(`keywright-server ${word}`));
	}
	for (const words of [["start"], ["serve", "--port", "1"], ["migrate", "--demo"], ["version", "now"]]) {
		const { code, stderr, stdout } = await runProgram(words);
		equal(code, 2);
		equal(stdout, "");
		match(stderr, /keywright-server: /);
	}
});

test("KEYWRIGHT_DOCUMENTS=off disables only the documents", async () => {
	const server = await startServer({ data_dir: await newUsedFolder(), env: { KEYWRIGHT_DOCUMENTS: "off" } });
	const { tenant, site, raw_key } = await makeWorld(server);
	for (const [method, path] of [
		["GET", `/sites/${site.id}/documents`],
		["POST", `/sites/${site.id}/documents`],
		["POST", `/sites/${site.id}/documents/text`],
		["GET", `/sites/${site.id}/documents/doc_x/content`],
	] as const)
		assertProblem(await server.keyed(raw_key, method, path), "not_found");
	for (const path of ["/whoami", `/tenants/${tenant.id}/limits`, `/tenants/${tenant.id}/sites`, `/sites/${site.id}`, `/tenants/${tenant.id}/usage`])
		expectStatus(await server.keyed(raw_key, "GET", path), 200);
	await stopTimely(server);
});

test("everything listens only on the loopback address, and PostgreSQL on no port", async () => {
	const server = await startServer({ data_dir: await newUsedFolder() });
	const pids = [server.program.pid, postgresPid(server.data_dir) ?? 0];
	const sockets = existsSync("/proc/net/tcp") ? pids.flatMap((pid) => listListeners(pid)) : [`127.0.0.1:${server.port}`];
	deepEqual(sockets, [`127.0.0.1:${server.port}`]);
	await stopTimely(server);
});
