// What the records of requests and budgets cost: two servers asked by a proxy for the same load, a twentieth of it with expired keys. One keeps refusals,
// counts requests by source, operation and day, and spends two budgets of each key; the other does none of it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Side, start } from "./forward-auth.ts";
import { CONNECTIONS, measureLoad, warmUpUntilSteady } from "./http.ts";
import { median } from "./measure.ts";

const ASKED = "/api/v1/forward-auth/tenants/any/orders";

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
			await warmUpUntilSteady(side.port, ASKED, keysFile, options.keys);
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
