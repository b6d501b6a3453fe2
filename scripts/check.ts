// npm run check: everything that needs seconds and no database. Usage: node scripts/check.ts [--fix] [--without-tests, where `npm test` follows]
import { existsSync } from "node:fs";
import { join } from "node:path";
import { execute, type Outcome, ROOT } from "./execute.ts";
import { runTests, UNIT_PROCESSES } from "./run-tests.ts";
import { listFiles } from "./suites.ts";

const STEPS_AT_ONCE = 2;
const bin = (name: string): string => join(ROOT, "node_modules", ".bin", name);
const node = (...args: string[]): Promise<Outcome> => execute(process.execPath, args);
const fix = process.argv.includes("--fix");

interface Step {
	name: string;
	run: () => Promise<Outcome>;
}

async function unitTests(): Promise<Outcome> {
	const began = performance.now();
	const printed: string[] = [];
	const tally = await runTests({ root: ROOT, files: listFiles(ROOT, "unit"), processes: UNIT_PROCESSES, print: (text) => printed.push(text) });
	return { code: tally.failed > 0 ? 1 : 0, output: `${printed.join("\n")}\n`, seconds: (performance.now() - began) / 1000 };
}

const BIOME: Step = {
	name: fix ? "biome (fixing)" : "biome",
	run: () => execute(bin("biome"), ["check", "--error-on-warnings", ...(fix ? ["--write"] : []), "."]),
};

/** The longest first, so that two at a time end together. */
const STEPS: readonly Step[] = [
	{
		name: "types",
		run: () => execute(bin("tsc"), ["-p", "tsconfig.json", "--noEmit", "--incremental", "--tsBuildInfoFile", "node_modules/.keywright-tsbuildinfo"]),
	},
	...(process.argv.includes("--without-tests") ? [] : [{ name: "unit tests", run: unitTests }]),
	{
		name: "types of the dashboard",
		run: () =>
			execute(bin("tsc"), [
				"-p",
				"dashboard/tsconfig.json",
				"--noEmit",
				"--incremental",
				"--tsBuildInfoFile",
				"node_modules/.keywright-tsbuildinfo-dashboard",
			]),
	},
	{ name: "knip", run: () => execute(bin("knip"), ["--no-progress", "--no-config-hints"]) },
	{ name: "architecture", run: () => node("scripts/check-architecture.ts") },
	...(existsSync(join(ROOT, "scripts/generate.ts")) ? [{ name: "generated files", run: () => node("scripts/generate.ts", "--check") }] : []),
];

const failures: string[] = [];

async function perform(step: Step): Promise<void> {
	const { code, output, seconds } = await step.run();
	console.log(`${code === 0 ? "✓" : "✗"} ${step.name} (${seconds.toFixed(1)} s)`);
	if (code === 0) return;
	failures.push(step.name);
	console.log(output.trimEnd().replace(/^(?=.)/gm, "  "));
}

async function performFrom(queue: Step[]): Promise<void> {
	for (let step = queue.shift(); step; step = queue.shift()) await perform(step);
}

await perform(BIOME);
const queue = [...STEPS];
await Promise.all(Array.from({ length: STEPS_AT_ONCE }, () => performFrom(queue)));
console.log(failures.length === 0 ? "check: all in order" : `check: failed in ${failures.join(", ")}`);
process.exitCode = failures.length === 0 ? 0 : 1;
