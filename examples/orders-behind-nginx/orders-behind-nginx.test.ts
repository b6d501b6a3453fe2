import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

const ROOT = resolve(import.meta.dirname, "../..");
const START_MS = 60_000;
const STOP_MS = 20_000;
const POLL_MS = 50;

interface Child {
	readonly process: ChildProcess;
	output: string;
}

const running: Child[] = [];
let folder = "";

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

/** Returns when the child has exited. */
async function ended(child: Child): Promise<void> {
	if (child.process.exitCode !== null || child.process.signalCode !== null) return;
	await new Promise<void>((done) => child.process.once("close", () => done()));
}

async function stop(child: Child): Promise<void> {
	child.process.kill("SIGTERM");
	const late = setTimeout(() => child.process.kill("SIGKILL"), STOP_MS);
	await ended(child);
	clearTimeout(late);
}

/** Waits until the child has printed `words`; fails with its output if it exits first or at the deadline. */
async function until(child: Child, words: string): Promise<void> {
	for (let waited = 0; waited < START_MS; waited += POLL_MS) {
		if (child.output.includes(words)) return;
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

/** Starts a Keywright with these trusted proxies; returns the environment of the example. */
async function startKeywright(name: string, trusted: string): Promise<Record<string, string>> {
	const port = await freePort();
	const url = `http://127.0.0.1:${port}`;
	const data = join(folder, name);
	const env = { KEYWRIGHT_DATA_DIR: data, KEYWRIGHT_PORT: port, KEYWRIGHT_PUBLIC_URL: url, KEYWRIGHT_TRUSTED_PROXIES: trusted };
	await until(start([join(ROOT, "server/src/main.ts"), "serve", "--demo"], env), "Ctrl-C stops it");
	return {
		KEYWRIGHT_DATA_DIR: data,
		KEYWRIGHT_PORT: port,
		ORDERS_PORT: await freePort(),
		ORDERS_APP_PORT: await freePort(),
		ORDERS_STATE_DIR: join(folder, `${name}-state`),
	};
}

function startExample(env: Record<string, string>): Child {
	return start([join(ROOT, "examples/orders-behind-nginx/start.ts")], env);
}

/** Runs a printed curl line unchanged; returns status and body. */
async function paste(line: string): Promise<{ status: number; body: string }> {
	const { stdout } = await promisify(execFile)("sh", ["-c", `${line} --silent`]);
	const [head = "", ...body] = stdout.split("\r\n\r\n");
	return { status: Number(head.split(" ")[1]), body: body.join("\r\n\r\n") };
}

before(async () => {
	folder = await mkdtemp(join(tmpdir(), "keywright-orders-nginx-test-"));
});

after(async () => {
	for (const child of running.reverse()) await stop(child);
	await rm(folder, { recursive: true, force: true });
});

test("every printed curl line gets the printed status, also on a second start", async () => {
	const env = await startKeywright("trusting", "127.0.0.1");
	for (const round of [1, 2]) {
		const example = startExample(env);
		await until(example, "Ctrl-C stops");
		const lines = [...example.output.matchAll(/^# (\d{3}): .*\n(curl .*)$/gm)].map(([, status = "", line = ""]) => ({
			status: Number(status),
			line,
		}));
		assert.deepEqual(
			lines.map(({ status }) => status),
			[201, 200, 200, 403, 404, 404, 400, 401],
		);
		for (const { status, line } of lines) {
			const reply = await paste(line);
			assert.equal(reply.status, status, `round ${round}: ${line}\n${reply.body}`);
			if (status === 201) assert.equal(JSON.parse(reply.body).created_by, "dev-order-bot");
			if (status === 200) assert.equal(JSON.parse(reply.body).data.length, 1);
			if (status >= 400) assert.match(reply.body, /"request_id":"req_/, line);
		}
		await stop(example);
	}
});

test("if nginx is not a trusted proxy of Keywright, the example says what to do", async () => {
	const example = startExample(await startKeywright("doubting", ""));
	await ended(example);
	assert.match(example.output, /KEYWRIGHT_TRUSTED_PROXIES=127\.0\.0\.1/);
	assert.equal(example.process.exitCode, 1);
});
