// Runs test files in the given order, which the command line of `node --test` does not keep, and prints one line for each event.
// Usage: node scripts/tests/run-files.ts FILES_AT_ONCE TEST_TIMEOUT_MS FILE…
import { run } from "node:test";
import report from "./test-events.ts";

const [at_once, timeout_ms, ...files] = process.argv.slice(2);
const events = run({ files, concurrency: Number(at_once), timeout: Number(timeout_ms) });
events.on("test:summary", ({ file, success }) => {
	if (file === undefined && !success) process.exitCode = 1;
});
events.compose(report).pipe(process.stdout);
