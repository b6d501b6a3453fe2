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

export interface HttpFigures {
	readonly keyed_per_second: number;
	readonly control_per_second: number;
	/** Median of the ratios of neighbouring rounds. */
	readonly ratio: number;
	readonly rounds: number;
}

async function load(port: number, path: string, seconds: number, keysFile: string): Promise<number> {
	const { stdout } = await promisify(execFile)(
		"wrk",
		["-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, "-s", join(import.meta.dirname, "rotate.lua"), `http://127.0.0.1:${port}`, "--", path],
		{ env: { ...process.env, KEYS_FILE: keysFile } },
	);
	if (/Non-2xx/.test(stdout)) throw new Error(`requests of the benchmark were refused:\n${stdout}`);
	const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1];
	if (!rate) throw new Error(`wrk said nothing that is understood:\n${stdout}`);
	return Number(rate);
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
		await load(port, keyedPath, Math.max(3, Math.ceil(options.keys / 8_000)), keysFile);
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
