import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { GROUP, NO_TEST, type TestFact } from "./tests/test-events.ts";

const TESTS_AT_ONCE = 2;
/** Of the unit tests, which have no state but their own. */
export const UNIT_PROCESSES = 8;
const TEST_TIMEOUT_MS = 300_000;
/** Longer than the maximum of one test: after this time without an event, a file hangs after its last test. */
const SILENCE_MAX_MS = 150_000;
const KILL_AFTER_MS = 5_000;
const OUTPUT_CHARACTERS_MAX = 64 * 1024;
/** Files that take longer are listed below their suite. */
const LONG_MS = 15_000;
const LONG_FILES_MAX = 8;
const RUNNER = join(import.meta.dirname, "tests", "run-files.ts");
/** The compile cache for every process that tests start: hundreds of them load the same sources. Below the root. */
const COMPILED = join("node_modules", ".cache", "keywright-compiled");

export interface Tally {
	passed: number;
	failed: number;
	/** Names of tests and suites that were not run. */
	skipped: string[];
	todo: string[];
}

export interface TestRun {
	root: string;
	/** Paths relative to `root`. */
	files: string[];
	env?: Record<string, string>;
	signal?: AbortSignal;
	print: (text: string) => void;
	silence_max_ms?: number;
	/** How many processes share the files, if they are at least twice as many: short tests cost less CPU time than the loading of what they test. Default: one for each file. */
	processes?: number;
}

export const NOTHING_RUN: Readonly<Tally> = { passed: 0, failed: 0, skipped: [], todo: [] };

export function addTallies(tallies: readonly Tally[]): Tally {
	return {
		passed: tallies.reduce((sum, tally) => sum + tally.passed, 0),
		failed: tallies.reduce((sum, tally) => sum + tally.failed, 0),
		skipped: tallies.flatMap((tally) => tally.skipped),
		todo: tallies.flatMap((tally) => tally.todo),
	};
}

function indent(text: string): string {
	return text.trimEnd().replace(/^(?=.)/gm, "    ");
}

/** Counts facts and prints each failing test in full, followed by what its file printed. */
class Counter {
	readonly tally: Tally = { passed: 0, failed: 0, skipped: [], todo: [] };
	readonly unfinished = new Set<string>();
	/** The files that have reported a test. */
	readonly heard = new Set<string>();
	readonly #output = new Map<string, string>();
	readonly #failing = new Set<string>();
	readonly #began = new Map<string, number>();
	readonly #lasted = new Map<string, number>();
	readonly #run: TestRun;

	constructor(run: TestRun) {
		this.#run = run;
	}

	take(fact: TestFact): void {
		const file = this.#name(fact.file);
		switch (fact.kind) {
			case "started":
				this.unfinished.add(file);
				this.#began.set(file, performance.now());
				break;
			case "finished":
				this.unfinished.delete(file);
				this.#lasted.set(file, performance.now() - (this.#began.get(file) ?? performance.now()));
				break;
			case "working":
				break;
			case "passed":
				this.heard.add(file);
				this.tally.passed += 1;
				break;
			case "skipped":
			case "todo":
				this.heard.add(file);
				this.tally[fact.kind].push(`${file}: ${fact.name}`);
				break;
			case "output":
				this.#output.set(file, ((this.#output.get(file) ?? "") + fact.text).slice(-OUTPUT_CHARACTERS_MAX));
				break;
			case "warning":
				this.#run.print(`  ! ${file}: ${fact.text}`);
				break;
			case "failed":
				this.#failed(file, fact);
				break;
			case "reported":
				this.#reported(file);
				break;
		}
	}

	/** One line with the slow files, the slowest first, if any. */
	tellLong(): void {
		const long = [...this.#lasted].filter(([, ms]) => ms > LONG_MS).sort(([, one], [, other]) => other - one);
		if (long.length === 0) return;
		const named = long.slice(0, LONG_FILES_MAX).map(([file, ms]) => `${file} ${(ms / 1000).toFixed(0)} s`);
		this.#run.print(`  longest: ${named.join(", ")}`);
	}

	fail(what: string, error: string): void {
		this.tally.failed += 1;
		this.#run.print(`  ✗ ${what}\n${indent(error)}\n`);
	}

	#name(file: string): string {
		const [, group] = GROUP.exec(file) ?? [];
		if (group !== undefined) return `group ${group} of the files`;
		return file.startsWith("/") ? relative(this.#run.root, file) : file;
	}

	#failed(file: string, fact: { entry: string; name: string; line: number; error: string }): void {
		this.heard.add(file);
		this.#failing.add(this.#name(fact.entry));
		if (fact.error === "") this.tally.failed += 1;
		else this.fail(`${fact.name}  (${file}${fact.line > 0 ? `:${fact.line}` : ""})`, fact.error);
		if (fact.line === 0) this.#reported(file);
	}

	#reported(file: string): void {
		const output = this.#output.get(file);
		if (!output || !this.#failing.has(file)) return;
		this.#run.print(`  ${file} printed:\n${indent(output)}\n`);
		this.#output.delete(file);
	}
}

/** The caller's environment without variables that would change the outcome: Keywright's settings, and those of an outer `node --test`. */
export function cleanEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
	const kept = Object.entries(environment).filter(([name]) => !name.startsWith("KEYWRIGHT_") || name.startsWith("KEYWRIGHT_TEST_"));
	return { ...Object.fromEntries(kept), NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: undefined };
}

/** Kills the process group, so that no test file outlives its runner. */
function endGroup(child: ChildProcess): void {
	const send = (signal: NodeJS.Signals): void => {
		try {
			if (child.pid !== undefined) process.kill(-child.pid, signal);
		} catch {
			// The group has already ended.
		}
	};
	send("SIGTERM");
	setTimeout(() => send("SIGKILL"), KILL_AFTER_MS).unref();
}

/** Large files first: they take longest, and one that starts last would run alone. */
function largestFirst({ root, files }: TestRun): string[] {
	const sized = files.map((file) => join(root, file)).map((path) => ({ path, bytes: statSync(path).size }));
	return sized.sort((one, other) => other.bytes - one.bytes).map(({ path }) => path);
}

/** The files that are to be run as processes: those of the run, or files in `folder` that each import some of them. */
function toEntries(run: TestRun, folder: string): string[] {
	const { files, processes } = run;
	const paths = largestFirst(run);
	if (processes === undefined || files.length < 2 * processes) return paths;
	return Array.from({ length: processes }, (_, group) => {
		const entry = join(folder, `keywright-group-${group + 1}.test.mjs`);
		const imports = paths.filter((_, index) => index % processes === group).map((path) => `import ${JSON.stringify(pathToFileURL(path).href)};\n`);
		writeFileSync(entry, imports.join(""));
		return entry;
	});
}

/** Runs test files with Node's runner, two at a time, and counts; a hanging file, a crash of the runner and an interruption count as failed. */
export async function runTests(run: TestRun): Promise<Tally> {
	if (run.files.length === 0) return NOTHING_RUN;
	const counter = new Counter(run);
	const folder = mkdtempSync(join(tmpdir(), "keywright-groups-"));
	const child = spawn(process.execPath, [RUNNER, String(TESTS_AT_ONCE), String(TEST_TIMEOUT_MS), ...toEntries(run, folder)], {
		cwd: run.root,
		env: { ...cleanEnvironment(process.env), NODE_COMPILE_CACHE: join(run.root, COMPILED), ...run.env },
		stdio: ["ignore", "pipe", "pipe"],
		detached: true,
	});
	const end = (): void => endGroup(child);
	run.signal?.addEventListener("abort", end, { once: true });
	let silent = false;
	const silence = setTimeout(() => {
		silent = true;
		end();
	}, run.silence_max_ms ?? SILENCE_MAX_MS);

	let errors = "";
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		errors = (errors + text).slice(-OUTPUT_CHARACTERS_MAX);
	});
	const exit = new Promise<string>((resolve) => {
		child.on("error", (error) => resolve(error.message));
		child.on("close", (code, signal) => resolve(code === 0 ? "" : String(code ?? signal)));
	});
	for await (const line of createInterface({ input: child.stdout })) {
		silence.refresh();
		if (line.startsWith('{"kind":')) counter.take(parseFact(line));
		else run.print(`  ${line}`);
	}
	const exitFault = await exit;
	clearTimeout(silence);
	run.signal?.removeEventListener("abort", end);
	rmSync(folder, { recursive: true });
	counter.tellLong();

	if (silent)
		counter.fail(
			"a test file hangs",
			`nothing was heard for ${(run.silence_max_ms ?? SILENCE_MAX_MS) / 1000} s; not ended: ${[...counter.unfinished].join(", ")}`,
		);
	else if (run.signal?.aborted) counter.fail("interrupted", [...counter.unfinished].join(", "));
	else if (exitFault !== "" && counter.tally.failed === 0) counter.fail(`the test runner ended with ${exitFault}`, errors || "it said nothing");
	else for (const file of run.files.filter((name) => !counter.heard.has(name))) counter.fail(`the file itself  (${file})`, NO_TEST);
	return counter.tally;
}

/** Guarantee: `test-events.ts` wrote the line, and it writes only facts. */
function parseFact(line: string): TestFact {
	return JSON.parse(line) as TestFact;
}
