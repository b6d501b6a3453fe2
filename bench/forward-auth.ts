// The nginx recipe with Keywright, alternating with the same recipe and an empty handler, under wrk.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startNginx, startProxy } from "../e2e/proxies/proxy.ts";
import { load, warmUpSeconds } from "./http.ts";
import { median } from "./measure.ts";

const PATH = "/tenants/any/orders";
/** The guarded API: it costs nginx almost nothing, so that the measure is the forward-auth request. */
const GUARDED = "server { listen 127.0.0.1:PORT; keepalive_requests 1000000; location / { return 204; } }";

export interface ForwardAuthFigures {
	readonly guarded_per_second: number;
	readonly control_per_second: number;
	/** Median of the ratios of neighbouring rounds. */
	readonly ratio: number;
	readonly rounds: number;
}

export interface Side {
	readonly port: number;
	stop(): Promise<void>;
}

/** A program of this folder that prints `{port}` as one line and ends when its standard input closes. */
export async function start(file: string, args: readonly string[]): Promise<Side> {
	const child = spawn(process.execPath, [join(import.meta.dirname, file), ...args], { stdio: ["pipe", "pipe", "inherit"] });
	const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
	const { port } = JSON.parse(line) as { port: number };
	return {
		port,
		async stop() {
			const ended = once(child, "exit");
			child.stdin.end();
			await ended;
		},
	};
}

export async function measureForwardAuth(options: { keys: number; rounds: number; seconds: number }): Promise<ForwardAuthFigures> {
	const folder = mkdtempSync(join(tmpdir(), "keywright-bench-forward-auth-"));
	const keysFile = join(folder, "keys");
	const started: { stop(): Promise<void> }[] = [];
	async function add<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
		const side = await starting;
		started.push(side);
		return side;
	}
	try {
		const keywright = await add(start("http-server.ts", [String(options.keys), keysFile, "behind-a-proxy"]));
		const empty = await add(start("empty-server.ts", []));
		const app = await add(startNginx(GUARDED));
		const guarded = await add(startProxy("nginx", { keywright: keywright.port, app: app.port }));
		const control = await add(startProxy("nginx", { keywright: empty.port, app: app.port }));
		await load(guarded.port, PATH, warmUpSeconds(options.keys), keysFile);
		await load(control.port, PATH, 2, keysFile);
		const ours: number[] = [];
		const theirs: number[] = [];
		for (let round = 0; round < options.rounds; round += 1) {
			const first = round % 2 === 0;
			if (first) ours.push(await load(guarded.port, PATH, options.seconds, keysFile));
			theirs.push(await load(control.port, PATH, options.seconds, keysFile));
			if (!first) ours.push(await load(guarded.port, PATH, options.seconds, keysFile));
		}
		const ratios = ours.map((rate, index) => rate / (theirs[index] ?? Number.NaN));
		return { guarded_per_second: median(ours), control_per_second: median(theirs), ratio: median(ratios), rounds: options.rounds };
	} finally {
		for (const side of started.reverse()) await side.stop();
		rmSync(folder, { recursive: true, force: true });
	}
}
