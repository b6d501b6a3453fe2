// What the records of requests and budgets cost: two servers asked by a proxy for the same load, a twentieth of it with expired keys. One keeps refusals,
// counts requests by source, operation and day, and spends two budgets of each key; the other does none of it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Side, start } from "./forward-auth.ts";
import { CONNECTIONS, measureLoad } from "./http.ts";
import { median } from "./measure.ts";

const ASKED = "/api/v1/forward-auth/tenants/any/orders";

const WARM_UP_STEP_SECONDS = 5;
const WARM_UP_STEPS_MAX = 30;
/** A step that is not faster than the fastest by this is no progress. */
const FASTER = 1.05;
/** Steps without progress after which the server is warm. */
const STEADY_STEPS = 3;

/** Sends each key, and goes on until the server is no longer getting faster: its keys are loaded, their budgets leased, and what new clients set off is done. */
async function warmUp(port: number, keysFile: string, keys: number): Promise<void> {
	let sent = 0;
	let fastest = 0;
	let steady = 0;
	for (let step = 0; step < WARM_UP_STEPS_MAX && (sent < keys || steady < STEADY_STEPS); step += 1) {
		const { per_second } = await measureLoad(port, ASKED, WARM_UP_STEP_SECONDS, keysFile, CONNECTIONS);
		sent += per_second * WARM_UP_STEP_SECONDS;
		steady = per_second > fastest * FASTER ? 0 : steady + 1;
		fastest = Math.max(fastest, per_second);
	}
}

export interface RecordFigures {
	readonly recording_per_second: number;
	readonly control_per_second: number;
	/** Median of the ratios of neighbouring rounds. */
	readonly ratio: number;
	/** Requests that the recording server refused. */
	readonly refused: number;
	readonly rounds: number;
}

export async function measureRecords(options: { keys: number; rounds: number; seconds: number }): Promise<RecordFigures> {
	const folder = mkdtempSync(join(tmpdir(), "keywright-bench-records-"));
	const started: Side[] = [];
	try {
		const sides: { port: number; keysFile: string; rates: number[]; refused: number }[] = [];
		// The recording server last: what it has leased goes back after an idle minute.
		for (const way of ["without-records", "with-records"] as const) {
			const keysFile = join(folder, way);
			const side = await start("http-server.ts", [String(options.keys), keysFile, way]);
			started.push(side);
			await warmUp(side.port, keysFile, options.keys);
			sides.push({ port: side.port, keysFile, rates: [], refused: 0 });
		}
		for (let round = 0; round < options.rounds; round += 1) {
			for (const side of round % 2 === 0 ? sides.toReversed() : sides) {
				const { per_second, refused } = await measureLoad(side.port, ASKED, options.seconds, side.keysFile, CONNECTIONS);
				side.rates.push(per_second);
				side.refused += refused;
			}
		}
		if (sides.some(({ refused }) => refused === 0)) throw new Error("no request of the benchmark was refused");
		const [control = [], recording = []] = sides.map(({ rates }) => rates);
		return {
			recording_per_second: median(recording),
			control_per_second: median(control),
			ratio: median(recording.map((rate, index) => rate / (control[index] ?? Number.NaN))),
			refused: sides[1]?.refused ?? 0,
			rounds: options.rounds,
		};
	} finally {
		for (const side of started) await side.stop();
		rmSync(folder, { recursive: true, force: true });
	}
}
