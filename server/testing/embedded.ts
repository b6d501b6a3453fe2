import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { pino } from "pino";
import { type Embedded, startEmbedded } from "../src/database/embedded/embedded.ts";

export const NOBODY = 65_534;
export const IS_ROOT = process.getuid?.() === 0;
export const log = pino({ level: "silent" });
const folders: string[] = [];
const running: Embedded[] = [];
const children: ChildProcess[] = [];

/** Call in each test file: stops and removes everything that its tests started, even failed ones. */
export async function cleanUp(): Promise<void> {
	await Promise.all(children.map(killGroup));
	await Promise.all(running.map((embedded) => embedded.stop()));
	for (const folder of folders) await rm(folder, { recursive: true, force: true });
}

/** `stop` also runs when the test fails. */
export function stopAfter(embedded: Embedded): Embedded {
	running.push(embedded);
	return embedded;
}

export function removeAfter(folder: string): void {
	folders.push(folder);
}

/** A folder that is removed after the tests. */
export async function newFolder(): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), "keywright-embedded-"));
	folders.push(folder);
	return folder;
}

export async function start(data_dir: string, onLost?: () => void): Promise<Embedded> {
	return stopAfter(await startEmbedded({ data_dir, log, ...(onLost ? { onLost } : {}) }));
}

export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
	const client = new Client({ connectionString: url });
	client.on("error", () => undefined);
	await client.connect();
	try {
		return (await client.query<Record<string, unknown>>(text)).rows;
	} finally {
		await client.end();
	}
}

/** A Keywright-like process: prints what it started, or why it did not, as one JSON line, and waits to be killed. */
const CHILD = `
import { pino } from ${JSON.stringify(import.meta.resolve("pino"))};
import { startEmbedded } from ${JSON.stringify(import.meta.resolve("../src/database/embedded/embedded.ts"))};
const say = (value) => process.stdout.write(JSON.stringify(value) + "\\n");
try {
	const embedded = await startEmbedded({ data_dir: process.argv[1], log: pino({ level: "silent" }) });
	process.once("SIGTERM", () => embedded.stop().then(() => process.exit(0)));
	say({ url: embedded.url, pid: embedded.pid, adopted: embedded.adopted });
} catch (error) {
	say({ code: error.code, message: error.message });
	process.exitCode = 3;
}`;

export interface Said {
	url: string;
	pid: number;
	adopted: boolean;
	code?: string;
	message?: string;
}

export const REPOSITORY = resolve(import.meta.dirname, "../..");

/** The path of the running Node.js, relative to the repository. */
export const NODE = process.execPath.slice(REPOSITORY.length + 1);

/** `uid`: runs as another user, who needs access to the folders above the repository. */
function childCommand(data_dir: string, uid: number | undefined): [string, string[]] {
	const command: [string, ...string[]] = [process.execPath, "--input-type=module", "-e", CHILD, data_dir];
	if (uid === undefined) return [command[0], command.slice(1)];
	return ["setpriv", ["--reuid", String(uid), "--regid", String(uid), "--clear-groups", ...command]];
}

export function startChild(data_dir: string, options: { uid?: number; env?: NodeJS.ProcessEnv } = {}): ChildProcess {
	const [command, commandArguments] = childCommand(data_dir, options.uid);
	const child = spawn(command, commandArguments, {
		cwd: "/",
		env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...options.env, TMPDIR: tmpdir() },
		stdio: ["ignore", "pipe", "inherit"],
		detached: true,
	});
	children.push(child);
	return child;
}

/** The one line that the child prints; its shape is defined by CHILD. */
export async function said(child: ChildProcess): Promise<Said> {
	assert.ok(child.stdout);
	for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as Said;
	throw new Error(`the child said nothing and ended with ${child.exitCode ?? child.signalCode}`);
}

export async function killGroup(child: ChildProcess): Promise<void> {
	if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
	process.kill(-child.pid, "SIGKILL");
	await once(child, "exit");
}

export async function stopChild(child: ChildProcess): Promise<void> {
	child.kill("SIGTERM");
	if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
	assert.equal(child.exitCode, 0);
}

/** An orphan may stay a zombie until init reaps it, which does not count as alive. */
export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return process.platform !== "linux" || !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
	} catch {
		return false;
	}
}

export async function eventually<T>(what: string, attempt: () => Promise<T>, deadline_ms = 5_000): Promise<T> {
	let last: unknown;
	for (let waited = 0; waited < deadline_ms; waited += 50) {
		try {
			return await attempt();
		} catch (error) {
			last = error;
			await sleep(50);
		}
	}
	throw new Error(`${what}: not within ${deadline_ms} ms`, { cause: last });
}
