import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeCorpus } from "../client/testing/scan/corpus.ts";
import { median } from "./measure.ts";

const ROOT = join(import.meta.dirname, "..");
const BIN = join(ROOT, "client/bin.js");
const CONFIG = ".secretlintrc.json";

export interface ScanFigures {
	readonly files: number;
	readonly megabytes: number;
	readonly ours_seconds: number;
	/** Null if secretlint is not installed. */
	readonly secretlint_seconds: number | null;
}

/** `keywright scan` with history against secretlint with the rules that `--rules secretlint` prints, over the same files, alternating. */
export async function measureScan(options: { files: number; rounds: number }): Promise<ScanFigures> {
	const folder = mkdtempSync(join(tmpdir(), "keywright-bench-scan-"));
	try {
		const { bytes } = writeCorpus(folder, options.files);
		const rules = await run(process.execPath, [BIN, "scan", "--rules", "secretlint"], ROOT);
		const config = join(folder, CONFIG);
		writeFileSync(config, rules.output);
		const peer = ["npx", "--no", "--", "secretlint", "--secretlintrc", config, join(folder, "**/*")] as const;
		const ours: number[] = [];
		const theirs: number[] = [];
		// Secretlint exits with 1 if it finds something, and npx with another code if it is not installed.
		let installed = true;
		for (let round = 0; round < options.rounds; round += 1) {
			ours.push((await run(process.execPath, [BIN, "scan", "--json", folder], ROOT)).seconds);
			if (!installed) continue;
			const { seconds, output } = await run(peer[0], peer.slice(1), ROOT);
			installed = /[0-9]+ problems/.test(output);
			theirs.push(seconds);
		}
		return {
			files: options.files,
			megabytes: bytes / 1e6,
			ours_seconds: median(ours),
			secretlint_seconds: installed ? median(theirs) : null,
		};
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

async function run(command: string, args: readonly string[], cwd: string): Promise<{ seconds: number; output: string }> {
	const began = performance.now();
	const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "ignore"] });
	let output = "";
	child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
		output += chunk;
	});
	await new Promise((resolve) => child.once("close", resolve));
	return { seconds: (performance.now() - began) / 1000, output };
}
