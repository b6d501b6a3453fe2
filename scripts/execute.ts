import { spawn } from "node:child_process";
import { join } from "node:path";

const OUTPUT_CHARACTERS_MAX = 4 * 1024 * 1024;

export const ROOT = join(import.meta.dirname, "..");

export interface Outcome {
	/** Zero is success; null if the command could not be started or was killed by a signal. */
	code: number | null;
	/** Standard output and standard error, in order. */
	output: string;
	seconds: number;
}

export interface ExecuteOptions {
	cwd?: string;
	env?: NodeJS.ProcessEnv;
	signal?: AbortSignal;
	/** Runs as another user; only root may. */
	uid?: number;
	gid?: number;
}

/** Runs a command without input and without a shell; never throws. */
export function execute(command: string, args: readonly string[], options: ExecuteOptions = {}): Promise<Outcome> {
	const began = performance.now();
	return new Promise((resolve) => {
		let output = "";
		const done = (code: number | null): void => resolve({ code, output, seconds: (performance.now() - began) / 1000 });
		const child = spawn(command, args, { cwd: ROOT, ...options, stdio: ["ignore", "pipe", "pipe"] });
		for (const stream of [child.stdout, child.stderr]) {
			stream.setEncoding("utf8").on("data", (text: string) => {
				output = (output + text).slice(-OUTPUT_CHARACTERS_MAX);
			});
		}
		child.on("error", (error) => {
			output += `${command}: ${error.message}\n`;
			done(null);
		});
		child.on("close", done);
	});
}
