import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

const ROOT = resolve(import.meta.dirname, "../..");
const START_MS = 60_000;
const STOP_MS = 20_000;
const POLL_MS = 50;

const running: Child[] = [];
let folder = "";
let url = "";
let token = "";
let started: Record<string, string> = {};

interface Child {
	readonly process: ChildProcess;
	output: string;
}

function start(args: string[], env: Record<string, string>): Child {
	const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
	const started: Child = { process: child, output: "" };
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (chunk: Buffer) => {
			started.output += chunk.toString();
		});
	}
	running.push(started);
	return started;
}

async function stop(child: Child): Promise<void> {
	if (child.process.exitCode !== null || child.process.signalCode !== null) return;
	const ended = new Promise<void>((done) => child.process.once("exit", () => done()));
	child.process.kill("SIGTERM");
	const late = setTimeout(() => child.process.kill("SIGKILL"), STOP_MS);
	await ended;
	clearTimeout(late);
}

/** Waits until `ready` returns true; fails with the child's output if it exits first or at the deadline. */
async function until(child: Child, ready: () => Promise<boolean>): Promise<void> {
	for (let waited = 0; waited < START_MS; waited += POLL_MS) {
		if (await ready()) return;
		if (child.process.exitCode !== null) break;
		await new Promise((done) => setTimeout(done, POLL_MS));
	}
	assert.fail(`not ready: ${child.output}`);
}

async function freePort(): Promise<string> {
	const server = createServer();
	await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
	const address = server.address();
	await new Promise((done) => server.close(done));
	assert.ok(address !== null && typeof address === "object");
	return String(address.port);
}

async function isReady(): Promise<boolean> {
	try {
		return (await fetch(`${url}/readyz`)).ok;
	} catch {
		return false;
	}
}

async function startOrders(state: string): Promise<Child> {
	const env = { ...started, ORDERS_PORT: await freePort(), ORDERS_STATE_DIR: state };
	const orders = start([join(ROOT, "examples/orders/start.ts")], env);
	await until(orders, async () => orders.output.includes("Ctrl-C stops"));
	return orders;
}

/** Runs a printed curl line unchanged; returns status and body. */
async function paste(line: string): Promise<{ status: number; body: string }> {
	const { stdout } = await promisify(execFile)("sh", ["-c", `${line} --silent`]);
	const [head = "", ...body] = stdout.split("\r\n\r\n");
	return { status: Number(head.split(" ")[1]), body: body.join("\r\n\r\n") };
}

/** The printed lines with their expected status, in order. */
function promised(output: string): [number, string][] {
	return [...output.matchAll(/^# (\d{3}): .*\n(curl .*)$/gm)].map(([, status = "", line = ""]) => [Number(status), line]);
}

before(async () => {
	folder = await mkdtemp(join(tmpdir(), "keywright-orders-"));
	const port = await freePort();
	url = `http://127.0.0.1:${port}`;
	const data = join(folder, "data");
	started = { KEYWRIGHT_DATA_DIR: data, KEYWRIGHT_PORT: port };
	const env = { ...started, KEYWRIGHT_PUBLIC_URL: url };
	const server = start([join(ROOT, "server/src/main.ts"), "serve", "--demo"], env);
	await until(server, isReady);
	token = (await readFile(join(data, "operator_token"), "utf8")).trim();
});

after(async () => {
	for (const child of running.reverse()) await stop(child);
	await rm(folder, { recursive: true, force: true });
});

test("an example finds the Keywright of its KEYWRIGHT_PORT and KEYWRIGHT_DATA_DIR, and every printed curl line gets the printed status", async () => {
	const orders = await startOrders(join(folder, "one"));
	const lines = promised(orders.output);
	assert.deepEqual(
		lines.map(([status]) => status),
		[201, 200, 403, 404, 401],
	);
	for (const [status, line] of lines) {
		const reply = await paste(line);
		assert.equal(reply.status, status, `${line}\n${reply.body}`);
	}
	const [, read = ""] = lines[1] ?? [];
	assert.equal(JSON.parse((await paste(read)).body).data.length, 1);
	await stop(orders);
});

test("a second start uses the same credential and keys, which only their owner may read", async () => {
	const state = join(folder, "two");
	const first = await startOrders(state);
	await stop(first);
	const second = await startOrders(state);
	const keys = (child: Child): string[] => [...child.output.matchAll(/X-API-Key: (\S+)'/g)].map(([, key = ""]) => key);
	assert.equal(keys(second).length, 4);
	assert.deepEqual(keys(second), keys(first));
	for (const name of ["service_credential", "read_key", "write_key"]) assert.equal((await stat(join(state, name))).mode & 0o777, 0o600);
	await stop(second);
});

test("impossible tenants are not found in any spelling, and ambiguous paths are refused", async () => {
	const orders = await startOrders(join(folder, "odd"));
	const [, read = ""] = promised(orders.output)[1] ?? [];
	const codeOf = async (tenant: string): Promise<string> => {
		const reply = await paste(read.replace("/tenants/demo/", `/tenants/${tenant}/`));
		return `${reply.status} ${JSON.parse(reply.body).code}`;
	};
	for (const tenant of ["%F0%9F%98%80", "a".repeat(99), "DEMO", "demo%20", "demo-free", "__proto__"])
		assert.equal(await codeOf(tenant), "404 not_found", tenant);
	for (const tenant of ["a%00b", "..%2fdemo", "%64emo", "demo%5c", "demo%252f"]) assert.equal(await codeOf(tenant), "400 ambiguous_path", tenant);
	await stop(orders);
});

test("of 400 requests, 40 at once, exactly the remainder of the rate limit is accepted", async () => {
	const orders = await startOrders(join(folder, "limited"));
	const [, read = ""] = promised(orders.output)[1] ?? [];
	const raw_key = /X-API-Key: ([^']+)'/.exec(read)?.[1] ?? "";
	const address = /http:\S+/.exec(read)?.[0] ?? "";
	// With more concurrency a slow machine would exceed the guard's time-out and correctly refuse with 503.
	const replies: Response[] = [];
	const sendSome = async () => {
		for (let sent = 0; sent < 10; sent += 1) replies.push(await fetch(address, { headers: { "x-api-key": raw_key } }));
	};
	await Promise.all(Array.from({ length: 40 }, sendSome));
	const statuses = replies.map((reply) => reply.status);
	const limit = Number(/q=(\d+)/.exec(replies[0]?.headers.get("ratelimit-policy") ?? "")?.[1]);
	assert.ok(limit > 0 && limit < 400, `the demo plan has a limit of ${limit}`);
	assert.equal(statuses.filter((status) => status === 200).length, limit);
	assert.equal(statuses.filter((status) => status === 429).length, 400 - limit);
	assert.ok(replies.every((reply) => reply.status === 200 || Number(reply.headers.get("retry-after")) > 0));
	await stop(orders);
});

test("a revoked key is refused by the next request", async () => {
	const orders = await startOrders(join(folder, "three"));
	const [, read = ""] = promised(orders.output)[1] ?? [];
	assert.equal((await paste(read)).status, 200);
	const raw_key = /X-API-Key: ([^']+)'/.exec(read)?.[1] ?? "";
	const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
	const whoami = await fetch(`${url}/api/v1/m2m/whoami`, { headers: { "x-api-key": raw_key } });
	const { key } = JSON.parse(await whoami.text());
	const revoked = await fetch(`${url}/api/v1/tenants/demo/api-keys/${key.id}/revoke`, {
		method: "POST",
		headers,
		body: JSON.stringify({ reason: "integration_retired" }),
	});
	assert.equal(revoked.ok, true, await revoked.text());
	const reply = await paste(read);
	assert.deepEqual([reply.status, JSON.parse(reply.body).code], [401, "key_revoked"]);
	await stop(orders);
});

test("the Express example accepts and refuses the same keys", async () => {
	const state = join(folder, "four");
	const orders = await startOrders(state);
	const lines = promised(orders.output);
	await stop(orders);
	const port = await freePort();
	const credential = (await readFile(join(state, "service_credential"), "utf8")).trim();
	const env = { KEYWRIGHT_URL: url, KEYWRIGHT_SERVICE_CREDENTIAL: credential, ORDERS_PORT: port };
	const express = start([join(ROOT, "examples/orders-express/server.ts")], env);
	await until(express, async () => express.output.includes("Orders at"));
	for (const [status, line] of lines) assert.equal((await paste(line.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`))).status, status, line);
	await stop(express);
});

/** The command of the example's README, changed only in the folder of its state. */
async function underGunicorn(state: string, read: string): Promise<void> {
	const example = join(ROOT, "examples/orders-wsgi");
	const [line] = /^PYTHONPATH=.*gunicorn.*$/m.exec(await readFile(join(example, "README.md"), "utf8")) ?? [];
	assert.ok(line);
	const port = await freePort();
	const env = { ...process.env, KEYWRIGHT_URL: url, GUNICORN_CMD_ARGS: `--bind 127.0.0.1:${port}`, PYTHONDONTWRITEBYTECODE: "1" };
	const gunicorn = spawn("sh", ["-c", `exec env ${line.replaceAll(".state", state)}`], { cwd: example, env, stdio: "ignore" });
	const child: Child = { process: gunicorn, output: "gunicorn" };
	running.push(child);
	const address = `http://127.0.0.1:${port}`;
	await until(child, async () => (await fetch(address).catch(() => null))?.status === 404);
	assert.equal((await paste(read.replace(/http:\/\/[^/]+/, address))).status, 200);
	await stop(child);
}

test("the WSGI example sets itself up, and every printed line gets the printed status", async () => {
	const state = join(folder, "five");
	const env = { KEYWRIGHT_URL: url, KEYWRIGHT_OPERATOR_TOKEN: token, ORDERS_PORT: await freePort(), ORDERS_STATE_DIR: state };
	const wsgi = start([join(ROOT, "examples/orders-wsgi/start.ts")], env);
	await until(wsgi, async () => wsgi.output.includes("Ctrl-C stops"));
	const lines = promised(wsgi.output);
	assert.deepEqual(
		lines.map(([status]) => status),
		[201, 200, 403, 404, 401],
	);
	for (const [status, line] of lines) {
		const reply = await paste(line);
		assert.equal(reply.status, status, `${line}\n${reply.body}`);
		if (status > 400) assert.match(JSON.parse(reply.body).code, /^(permission_missing|not_found|key_missing)$/);
	}
	const [, write = ""] = lines[0] ?? [];
	for (const body of ["{", "[]", '{"item":"tea"}', '{"item":"tea","quantity":true}']) {
		assert.equal((await paste(write.replace(/-d '[^']+'/, `-d '${body}'`))).status, 400, body);
	}
	const [, read = ""] = lines[1] ?? [];
	assert.equal(JSON.parse((await paste(read)).body).data.length, 1);
	await underGunicorn(state, read);
	await stop(wsgi);
	assert.equal((await paste(read).catch(() => ({ status: 0 }))).status, 0, "the app outlived its starter");
});

test("the lines that protect the Express example are fewer than ten and match its README", async () => {
	const example = join(ROOT, "examples/orders-express");
	const readme = await readFile(join(example, "README.md"), "utf8");
	const server = (await readFile(join(example, "server.ts"), "utf8")).split("\n");
	const diff = /<!-- lines: server\.ts -->\n```diff\n([\s\S]*?)^```$/m.exec(readme)?.[1]?.split("\n") ?? [];
	const added = diff.filter((line) => line.startsWith("+")).map((line) => line.slice(1));
	assert.ok(added.length > 0 && added.length < 10, `${added.length} lines`);
	for (const line of added) assert.ok(server.includes(line), line);
	const guarding = server.filter((line) => /@keywright|= keywright\(|= guard\(|, may(?:Read|Write),/.test(line));
	assert.deepEqual(guarding, added);
});

test("without a running Keywright the example says how to start one", async () => {
	const port = await freePort();
	const orders = start([join(ROOT, "examples/orders/start.ts")], { KEYWRIGHT_URL: `http://127.0.0.1:${port}`, KEYWRIGHT_OPERATOR_TOKEN: "x" });
	const code = await new Promise((done) => orders.process.once("exit", done));
	assert.equal(code, 1);
	assert.match(orders.output, /No Keywright answers .* npm start/);
});
