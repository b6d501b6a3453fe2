import { existsSync } from "node:fs";
import { join } from "node:path";
import { execute } from "./execute.ts";
import { cleanEnvironment, NOTHING_RUN, type Tally } from "./run-tests.ts";

/** Debian's own: a `python3` found by PATH may be a shim without Debian's modules. */
const PYTHON = "/usr/bin/python3";

/** Counts of unittest's last lines: `Ran 3 tests in 0.1s`, then `OK (skipped=1)` or `FAILED (failures=1, errors=1)`. */
export function readUnittest(output: string): Tally | null {
	const ran = /^Ran (\d+) tests? in/m.exec(output);
	if (!ran) return null;
	const count = (word: string): number => Number(new RegExp(`^(?:OK|FAILED|NO TESTS RAN)\\b.*\\b${word}=(\\d+)`, "m").exec(output)?.[1] ?? 0);
	const failed = count("failures") + count("errors") + count("unexpected successes");
	const skipped = count("skipped");
	const todo = count("expected failures");
	const names = (length: number, what: string): string[] => Array.from({ length }, (_none, index) => `python: ${what} ${index + 1}`);
	return {
		passed: Math.max(0, Number(ran[1]) - failed - skipped - todo),
		failed,
		skipped: names(skipped, "skipped test"),
		todo: names(todo, "expected failure"),
	};
}

/** Runs the unittest modules below `python/`, when there is such a folder. */
export async function runPython(root: string, print: (text: string) => void, signal?: AbortSignal): Promise<Tally> {
	if (!existsSync(join(root, "python"))) return NOTHING_RUN;
	const options = { cwd: join(root, "python"), env: cleanEnvironment(process.env), ...(signal && { signal }) };
	const { code, output } = await execute(PYTHON, ["-m", "unittest", "discover", "-s", "."], options);
	const tally = readUnittest(output) ?? { ...NOTHING_RUN, failed: 1 };
	const found_none = tally.passed + tally.failed + tally.skipped.length === 0;
	const failed = code !== 0 && tally.failed === 0 ? 1 : tally.failed;
	if (failed > 0 || found_none) print(output);
	return { ...tally, failed: found_none ? 1 : failed };
}
