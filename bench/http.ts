// Keyed against unkeyed throughput of the same handler in the same process, alternating, with wrk on the other core.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { median } from "./measure.ts";

const CONNECTIONS = 64;
/** So many keys are read from the database in a second, by and large: how long each is asked once before anything is measured. */
const COLD_KEYS_PER_SECOND = 8_000;
const WARM_UP_SECONDS_MIN = 3;

export interface HttpFigures {
	readonly keyed_per_second: number;
	readonly control_per_second: number;
	/** Median of the ratios of neighbouring rounds. */
	readonly ratio: number;
	readonly rounds: number;
}

/** Seconds in which each of `keys` comes once from the database. */
export function warmUpSeconds(keys: number): number {
	return Math.max(WARM_UP_SECONDS_MIN, Math.ceil(keys / COLD_KEYS_PER_SECOND));
}

export interface Load {
	readonly per_second: number;
	/** Half of the requests were answered within it. */
	readonly p50_microseconds: number;
}

const MICROSECONDS: Readonly<Record<string, number>> = { us: 1, ms: 1_000, s: 1_000_000 };

/** What wrk measured over `connections` kept open, each request with another key of `keysFile`; rejects when one was refused. */
export async function measureLoad(port: number, path: string, seconds: number, keysFile: string, connections: number): Promise<Load> {
	const { stdout } = await promisify(execFile)(
		"wrk",
		["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", "-s", join(import.meta.dirname, "rotate.lua"), `http://127.0.0.1:${port}`, "--", path],
		{ env: { ...process.env, KEYS_FILE: keysFile } },
	);
	if (/Non-2xx/.test(stdout)) throw new Error(`requests of the benchmark were refused:\n${stdout}`);
	const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1];
	const [, p50, unit = ""] = /^\s+50%\s+([\d.]+)(us|ms|s)$/m.exec(stdout) ?? [];
	if (!rate || !p50) throw new Error(`wrk said nothing that is understood:\n${stdout}`);
	return { per_second: Number(rate), p50_microseconds: Number(p50) * (MICROSECONDS[unit] ?? Number.NaN) };
}

/** Requests in a second that wrk got answered with a success, each with another key of `keysFile`. */
export async function load(port: number, path: string, seconds: number, keysFile: string): Promise<number> {
	return (await measureLoad(port, path, seconds, keysFile, CONNECTIONS)).per_second;
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
		// Every key once from the database, so that what is measured is warm; then both paths hot.
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
