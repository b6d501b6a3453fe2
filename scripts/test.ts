// npm test: every suite, on real programs.
// Usage: node scripts/test.ts [--clock INSTANT] [--zone ZONE] [unit|database|e2e|examples|python …] [part of a file's path …]
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseTestArguments, runUnderClock, type TestArguments } from "./clock.ts";
import { type Cluster, startEmbeddedCluster } from "./clusters.ts";
import { startDebianCluster } from "./debian-cluster.ts";
import { ROOT } from "./execute.ts";
import { bringParts, installHint, PARTS } from "./parts.ts";
import { runPython } from "./run-python.ts";
import { addTallies, NOTHING_RUN, runTests, type Tally, UNIT_PROCESSES } from "./run-tests.ts";
import { forgottenFiles, listFiles, SUITE_NAMES, type SuiteName } from "./suites.ts";
import { useMemoryFolder } from "./tests/memory-folder.ts";

const DATABASE_URL = "KEYWRIGHT_TEST_DATABASE_URL";
const EVERY_POSTGRES = "KEYWRIGHT_TEST_EVERY_POSTGRES";
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

const ci = process.env.CI === "true" || process.env.CI === "1";
const interruption = new AbortController();
const print = (text: string): void => console.log(text);

function isSuite(word: string): word is SuiteName {
	return SUITE_NAMES.some((name) => name === word);
}

function failure(label: string, reason: string): Tally {
	print(`✗ ${label}: ${reason}`);
	return { ...NOTHING_RUN, failed: 1 };
}

/** Runs one suite and prints its line; `work` prints the failing tests above it. */
async function measured(label: string, work: () => Promise<Tally>): Promise<Tally> {
	const began = performance.now();
	const tally = await work();
	const seconds = ((performance.now() - began) / 1000).toFixed(1);
	const rest = [
		tally.failed && `${tally.failed} failed`,
		tally.skipped.length && `${tally.skipped.length} skipped`,
		tally.todo.length && `${tally.todo.length} todo`,
	];
	print(`${tally.failed > 0 ? "✗" : "✓"} ${label}: ${[`${tally.passed} passed`, ...rest.filter(Boolean)].join(", ")} (${seconds} s)`);
	return tally;
}

async function runOn(label: string, start: () => Promise<Cluster>, files: string[]): Promise<Tally> {
	if (interruption.signal.aborted) return NOTHING_RUN;
	let cluster: Cluster;
	try {
		cluster = await start();
	} catch (error) {
		return failure(label, error instanceof Error ? error.message : String(error));
	}
	try {
		return await measured(label, () => runTests({ root: ROOT, files, env: { [DATABASE_URL]: cluster.url }, signal: interruption.signal, print }));
	} finally {
		await cluster.stop();
	}
}

/**
 * Database tests run on the embedded server; in CI on Debian's, an older version with fsync on, and only those of the embedded server on that one.
 * On both with `KEYWRIGHT_TEST_EVERY_POSTGRES=1`; elsewhere on the server that the environment names.
 */
async function runDatabase(files: string[]): Promise<Tally> {
	const given = process.env[DATABASE_URL];
	if (given) return measured(`database (${DATABASE_URL})`, () => runTests({ root: ROOT, files, signal: interruption.signal, print }));
	const every = process.env[EVERY_POSTGRES] === "1";
	const of_embedded = files.filter((file) => /\/embedded\//.test(file));
	const elsewhere = ci || every ? files.filter((file) => !of_embedded.includes(file)) : [];
	const here = ci && !every ? of_embedded : files;
	const tallies: Tally[] = [];
	if (here.length > 0) tallies.push(await runOn("database (embedded PostgreSQL)", startEmbeddedCluster, here));
	if (elsewhere.length > 0) tallies.push(await runOn("database (Debian's PostgreSQL)", startDebianCluster, elsewhere));
	return addTallies(tallies);
}

async function runSuite(name: SuiteName, files: string[]): Promise<Tally> {
	if (interruption.signal.aborted) return NOTHING_RUN;
	if (name === "database") return runDatabase(files);
	if (name === "python") return measured(name, () => runPython(ROOT, print, interruption.signal));
	const shared = name === "unit" ? { processes: UNIT_PROCESSES } : {};
	return measured(name, () => runTests({ root: ROOT, files, signal: interruption.signal, print, ...shared }));
}

function existing(names: readonly SuiteName[], filters: readonly string[]): { name: SuiteName; files: string[] }[] {
	const suites = names.map((name) => ({ name, files: listFiles(ROOT, name, filters) }));
	return suites.filter(({ name, files }) => (name === "python" ? existsSync(join(ROOT, "python")) && filters.length === 0 : files.length > 0));
}

async function runAll(names: readonly SuiteName[], filters: readonly string[]): Promise<Tally> {
	const suites = existing(names, filters);
	if (suites.length === 0) return failure("nothing to run", `no test file matches ${[...names, ...filters].join(" ")}`);
	const tallies = forgottenFiles(ROOT).map((file) => failure(file, "no suite takes this test file; see scripts/suites.ts"));
	const missing = await bringParts(
		PARTS,
		suites.map((suite) => suite.name),
		ci,
		print,
	);
	for (const { name, files } of suites) {
		const lacking = missing.filter((part) => part.needed_by.includes(name));
		if (lacking.length > 0) tallies.push(...lacking.map((part) => failure(name, installHint(part))));
		else tallies.push(await runSuite(name, files));
	}
	return addTallies(tallies);
}

function interrupt(): void {
	if (interruption.signal.aborted) process.exit(EXIT_INTERRUPTED);
	interruption.abort();
}

/** Parses the arguments. Exits with 2 if they are invalid, and with the tests' exit code if they ran under another clock. */
function readArguments(): TestArguments {
	try {
		const parsed = parseTestArguments(process.argv.slice(2));
		const code = runUnderClock(parsed, process.argv);
		if (code !== null) process.exit(code);
		return parsed;
	} catch (error) {
		print(error instanceof Error ? error.message : String(error));
		process.exit(EXIT_USAGE);
	}
}

const { words, zone } = readArguments();
if (zone !== null) process.env.TZ = zone;
useMemoryFolder();
const chosen = words.filter(isSuite);
process.on("SIGINT", interrupt);
process.on("SIGTERM", interrupt);
const total = await runAll(
	chosen.length > 0 ? chosen : SUITE_NAMES,
	words.filter((word) => !isSuite(word)),
);
const unrun = [...total.skipped.map((name) => `skipped  ${name}`), ...total.todo.map((name) => `todo     ${name}`)];
for (const line of unrun) print(line);
// In CI a skipped test counts as failed; elsewhere it is listed.
const failed = total.failed + (ci ? unrun.length : 0);
print(`${total.passed} passed, ${failed} failed`);
process.exitCode = interruption.signal.aborted ? EXIT_INTERRUPTED : failed > 0 ? 1 : 0;
