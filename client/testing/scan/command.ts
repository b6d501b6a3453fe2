import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Finding, Skipped } from "../../src/scan/scan.ts";

export const BIN = join(import.meta.dirname, "../../bin.js");

export interface Ran {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** Runs the built command `keywright` in `folder`. */
export async function runKeywright(folder: string, args: readonly string[], node: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
	const child = spawn(process.execPath, [...node, BIN, ...args], { cwd: folder, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
	const { promise, resolve } = Promise.withResolvers<number | null>();
	child.once("close", resolve);
	let stdout = "";
	let stderr = "";
	child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
		stdout += chunk;
	});
	child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
		stderr += chunk;
	});
	return { code: await promise, stdout, stderr };
}

export interface Report {
	readonly findings: readonly Finding[];
	readonly not_scanned: readonly Skipped[];
	readonly scanned: { readonly files: number; readonly objects: number; readonly bytes: number };
}

/** Guarantee: `stdout` is what `scan --json` printed; a missing field fails the test that reads it. */
export function readReport(stdout: string): Report {
	return JSON.parse(stdout) as Report;
}

/** `path:line kid`, with the beginning of the commit if there is one. */
export function placesOf({ findings }: Report): string[] {
	return findings.map(({ path, line, kid, commit }) => `${path}:${line} ${kid}${commit === null ? "" : ` ${commit}`}`);
}
