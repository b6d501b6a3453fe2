// Throughput of a handler with and without a key check in one process, alternating, with wrk on the other core.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { median } from "./measure.ts";

export const CONNECTIONS = 64;
/** Approximate rate of loading keys from the database, which determines the length of the warm-up. */
const COLD_KEYS_PER_SECOND = 8_000;
const WARM_UP_SECONDS_MIN = 3;

export interface HttpFigures {
	readonly keyed_per_second: number;
	readonly control_per_second: number;
	/** Median of the ratios of neighbouring rounds. */
	readonly ratio: number;
	readonly rounds: number;
}

/** The seconds that loading each of `keys` once from the database takes. */
export function warmUpSeconds(keys: number): number {
	return Math.max(WARM_UP_SECONDS_MIN, Math.ceil(keys / COLD_KEYS_PER_SECOND));
}

export interface Load {
	readonly per_second: number;
	/** The median latency. */
	readonly p50_microseconds: number;
	/** Requests that were refused. */
	readonly refused: number;
}

/** The requests sent with each file of keys: the next run goes on with the next key, or the first keys would be sent most. */
const sent_with = new Map<string, number>();

const MICROSECONDS: Readonly<Record<string, number>> = { us: 1, ms: 1_000, s: 1_000_000 };

/** Runs wrk over `connections` keep-alive connections, each request with another key of `keysFile`. */
export async function measureLoad(port: number, path: string, seconds: number, keysFile: string, connections: number): Promise<Load> {
	const { stdout } = await promisify(execFile)(
		"wrk",
		["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", "-s", join(import.meta.dirname, "rotate.lua"), `http://127.0.0.1:${port}`, "--", path],
		{ env: { ...process.env, KEYS_FILE: keysFile, START: String(sent_with.get(keysFile) ?? 0) } },
	);
	const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1];
	const [, p50, unit = ""] = /^\s+50%\s+([\d.]+)(us|ms|s)$/m.exec(stdout) ?? [];
	const requests = /^\s+(\d+) requests in/m.exec(stdout)?.[1];
	if (!rate || !p50 || !requests) throw new Error(`wrk said nothing that is understood:\n${stdout}`);
	sent_with.set(keysFile, (sent_with.get(keysFile) ?? 0) + Number(requests));
	const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
	return { per_second: Number(rate), p50_microseconds: Number(p50) * (MICROSECONDS[unit] ?? Number.NaN), refused };
}

const WARM_UP_STEP_SECONDS = 5;
const WARM_UP_STEPS_MAX = 30;
/** A step that is not faster than the fastest by this is no progress. */
const FASTER = 1.05;
/** Steps without progress after which the server is warm. */
const STEADY_STEPS = 3;

/** Sends each key, and goes on until the server is no longer getting faster: its keys are loaded, their budgets leased, and what new clients set off is done. */
export async function warmUpUntilSteady(port: number, path: string, keysFile: string, keys: number): Promise<void> {
	let sent = 0;
	let fastest = 0;
	let steady = 0;
	for (let step = 0; step < WARM_UP_STEPS_MAX && (sent < keys || steady < STEADY_STEPS); step += 1) {
		const { per_second } = await measureLoad(port, path, WARM_UP_STEP_SECONDS, keysFile, CONNECTIONS);
		sent += per_second * WARM_UP_STEP_SECONDS;
		steady = per_second > fastest * FASTER ? 0 : steady + 1;
		fastest = Math.max(fastest, per_second);
	}
}

/** The same with 64 connections; rejects if a request was refused. */
export async function measureAllowed(port: number, path: string, seconds: number, keysFile: string, connections = CONNECTIONS): Promise<Load> {
	const measured = await measureLoad(port, path, seconds, keysFile, connections);
	if (measured.refused > 0) throw new Error(`${measured.refused} requests of the benchmark were refused`);
	return measured;
}

/** Successful requests per second under wrk, each with another key of `keysFile`; rejects if one was refused. */
export async function load(port: number, path: string, seconds: number, keysFile: string): Promise<number> {
	return (await measureAllowed(port, path, seconds, keysFile)).per_second;
}

export async function measureHttp(options: { keys: number; rounds: number; seconds: number }): Promise<HttpFigures> {
	const folder = mkdtempSync(join(tmpdir(), "keywright-bench-http-"));
	const keysFile = join(folder, "keys");
	const server = spawn(process.execPath, [join(import.meta.dirname, "http-server.ts"), String(options.keys), keysFile], {
		stdio: ["pipe", "pipe", "inherit"],
	});
	try {
		const [line] = (await once(createInterface({ input: server.stdout }), "line")) as [string];
		const { port } = JSON.parse(line) as { port: number };
		const keyedPath = "/api/v1/m2m/whoami";
		const controlPath = "/control/whoami";
		// Warm-up: every key is loaded once from the database, then both paths run.
		await load(port, keyedPath, warmUpSeconds(options.keys), keysFile);
		await load(port, controlPath, 2, keysFile);
		const keyed: number[] = [];
		const control: number[] = [];
		for (let round = 0; round < options.rounds; round += 1) {
			const first = round % 2 === 0;
			if (first) keyed.push(await load(port, keyedPath, options.seconds, keysFile));
			control.push(await load(port, controlPath, options.seconds, keysFile));
			if (!first) keyed.push(await load(port, keyedPath, options.seconds, keysFile));
		}
		const ratios = keyed.map((rate, index) => rate / (control[index] ?? Number.NaN));
		return { keyed_per_second: median(keyed), control_per_second: median(control), ratio: median(ratios), rounds: options.rounds };
	} finally {
		const ended = once(server, "exit");
		server.stdin.end();
		await ended;
		rmSync(folder, { recursive: true, force: true });
	}
}
