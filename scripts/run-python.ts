import { existsSync } from "node:fs";
import { join } from "node:path";
import { execute } from "./execute.ts";
import { cleanEnvironment, NOTHING_RUN, type Tally } from "./run-tests.ts";

/** Debian's Python: a `python3` in PATH may be a shim without Debian's modules. */
const PYTHON = "/usr/bin/python3";
/** Quiet, without byte code files, and one line with the name of each skipped or expected-to-fail test. */
const ARGUMENTS = ["-B", "-m", "pytest", "-q", "-r", "sxX", "--color=no"];

/** Counts of pytest's last line (`1 failed, 3 passed, 2 skipped in 0.12s`) and the names of its short summary; null without such a line. */
export function readPytest(output: string): Tally | null {
	const last = output
		.trimEnd()
		.split("\n")
		.findLast((line) => /^(?:=+ )?(?:no tests ran|\d+ \w+(?:, \d+ \w+)*) in [\d.]+s/.test(line));
	if (last === undefined) return null;
	const count = (word: string): number => Number(new RegExp(`(\\d+) ${word}`).exec(last)?.[1] ?? 0);
	const names = (words: string): string[] => [...output.matchAll(new RegExp(`^(?:${words}) (.*)$`, "gm"))].map(([, name = ""]) => `python: ${name}`);
	return {
		passed: count("passed"),
		// A passing test that is marked as expected to fail has a wrong mark.
		failed: count("failed") + count("errors?") + count("xpassed"),
		skipped: padded(names("SKIPPED"), count("skipped"), "python: skipped test"),
		todo: padded(names("XFAIL"), count("xfailed"), "python: expected failure"),
	};
}

/** Pads the names to the number of tests: pytest prints one line for all tests with the same skip reason. */
function padded(names: readonly string[], length: number, what: string): string[] {
	return Array.from({ length }, (_none, index) => names[index] ?? what);
}

/** Runs the tests below `python/`, if the folder exists. */
export async function runPython(root: string, print: (text: string) => void, signal?: AbortSignal): Promise<Tally> {
	if (!existsSync(join(root, "python"))) return NOTHING_RUN;
	const options = { cwd: join(root, "python"), env: cleanEnvironment(process.env), ...(signal && { signal }) };
	const { code, output } = await execute(PYTHON, ARGUMENTS, options);
	const tally = readPytest(output) ?? { ...NOTHING_RUN, failed: 1 };
	const found_none = tally.passed + tally.failed + tally.skipped.length === 0;
	const failed = (code !== 0 && tally.failed === 0) || found_none ? Math.max(1, tally.failed) : tally.failed;
	if (failed > 0) print(output);
	return { ...tally, failed };
}
