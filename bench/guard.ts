// The time that a remote guard adds to a request, against that of a bare loopback exchange, alternating.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Side, start } from "./forward-auth.ts";
import { type Load, load, measureAllowed, warmUpSeconds } from "./http.ts";
import { median } from "./measure.ts";

/** One request at a time, so that no request queues. */
const QUIET_CONNECTIONS = 1;
const BUSY_CONNECTIONS = 32;
const HEATING_SECONDS = 2;
const PATHS = ["/free", "/exchanged", "/guarded"] as const;

export interface GuardFigures {
	/** Medians over the rounds of the median latency minus that of unguarded requests. */
	readonly guard_adds_microseconds: number;
	readonly exchange_adds_microseconds: number;
	readonly added_ratio: number;
	readonly guarded_per_second: number;
	readonly exchanged_per_second: number;
	/** Median of the ratios of the rounds, with 32 connections. */
	readonly throughput_ratio: number;
	readonly rounds: number;
}

type Round = Record<(typeof PATHS)[number], Load>;

async function makeCredential(port: number): Promise<string> {
	const response = await fetch(`http://127.0.0.1:${port}/api/v1/operator/services`, {
		method: "POST",
		headers: { authorization: "Bearer operator-token-of-the-benchmark", "content-type": "application/json" },
		body: JSON.stringify({ name: "bench" }),
	});
	const { credential } = (await response.json()) as { credential?: string };
	if (!credential) throw new Error(`no service credential for the benchmark: ${response.status}`);
	return credential;
}

/** Runs all paths once; each round begins with another one, so that none is always first. */
async function measureRound(port: number, round: number, seconds: number, keysFile: string, connections: number): Promise<Round> {
	const measured: Partial<Round> = {};
	for (let index = 0; index < PATHS.length; index += 1) {
		const path = PATHS[(index + round) % PATHS.length] ?? "/free";
		measured[path] = await measureAllowed(port, path, seconds, keysFile, connections);
	}
	return measured as Round;
}

export async function measureGuard(options: { keys: number; rounds: number; seconds: number }): Promise<GuardFigures> {
	const folder = mkdtempSync(join(tmpdir(), "keywright-bench-guard-"));
	const keysFile = join(folder, "keys");
	const started: Side[] = [];
	try {
		const keywright = await start("http-server.ts", [String(options.keys), keysFile]);
		started.push(keywright);
		const empty = await start("empty-server.ts", []);
		started.push(empty);
		const host = await start("guard-server.ts", [`http://127.0.0.1:${keywright.port}`, await makeCredential(keywright.port), String(empty.port)]);
		started.push(host);
		// Warm-up: every key is loaded once from the database, then every path runs.
		await load(keywright.port, "/api/v1/m2m/whoami", warmUpSeconds(options.keys), keysFile);
		for (const path of PATHS) await load(host.port, path, HEATING_SECONDS, keysFile);
		const quiet: Round[] = [];
		const busy: Round[] = [];
		for (let round = 0; round < options.rounds; round += 1) {
			quiet.push(await measureRound(host.port, round, options.seconds, keysFile, QUIET_CONNECTIONS));
			busy.push(await measureRound(host.port, round, options.seconds, keysFile, BUSY_CONNECTIONS));
		}
		const added = (path: keyof Round): number[] => quiet.map((round) => round[path].p50_microseconds - round["/free"].p50_microseconds);
		const exchanges = added("/exchanged");
		return {
			guard_adds_microseconds: median(added("/guarded")),
			exchange_adds_microseconds: median(exchanges),
			added_ratio: median(added("/guarded").map((guard, index) => guard / (exchanges[index] ?? Number.NaN))),
			guarded_per_second: median(busy.map((round) => round["/guarded"].per_second)),
			exchanged_per_second: median(busy.map((round) => round["/exchanged"].per_second)),
			throughput_ratio: median(busy.map((round) => round["/guarded"].per_second / round["/exchanged"].per_second)),
			rounds: options.rounds,
		};
	} finally {
		for (const side of started.reverse()) await side.stop();
		rmSync(folder, { recursive: true, force: true });
	}
}
