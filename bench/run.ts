// npm run bench [-- --short] [--json] [--only in-process|http|forward-auth|guard|notifications|records|usage|replay|import|scan|peer]: every measure against its control in the same run.
import { parseArgs } from "node:util";
import { bringParts, installHint, PARTS } from "../scripts/parts.ts";
import { measureBetterAuth } from "./better-auth.ts";
import { measureForwardAuth } from "./forward-auth.ts";
import { measureGuard } from "./guard.ts";
import { measureHttp } from "./http.ts";
import { measureImport } from "./import.ts";
import { measureInProcess } from "./in-process.ts";
import { startInstance } from "./instance.ts";
import { withThousands } from "./measure.ts";
import { measureNotifications } from "./notifications.ts";
import { measureRecords } from "./records.ts";
import { measureReplay } from "./replay.ts";
import { measureScan } from "./scan.ts";
import { measureUsageReports } from "./usage-reports.ts";

const HELP = `npm run bench -- [options]

  --short   a tenth of the work, to see that it runs: its figures mean little
  --json    one JSON object in place of the table
  --only N  one of: in-process, http, forward-auth, guard, notifications, records, usage, replay, import, scan, peer
  --help    this

Load is made by wrk and goes through nginx for forward-auth; both are installed where that may be done. Two cores are needed; close everything else.
`;

async function requireParts(): Promise<void> {
	const missing = await bringParts(PARTS, ["bench"], false, (text) => console.log(text));
	for (const part of missing) console.error(installHint(part));
	if (missing.length > 0) process.exit(1);
}

const { values } = parseArgs({
	options: { short: { type: "boolean" }, json: { type: "boolean" }, only: { type: "string" }, help: { type: "boolean" } },
});
if (values.help) {
	process.stdout.write(HELP);
	process.exit(0);
}
const short = values.short ?? false;
const keys = short ? 10_000 : 100_000;
const wants = (name: string) => values.only === undefined || values.only === name;

interface Line {
	readonly measure: string;
	readonly ours: string;
	readonly control: string;
	/** Null if the control checks correctness, not speed. */
	readonly ratio: number | null;
	readonly goal: string;
	readonly reached: boolean;
}
const lines: Line[] = [];
const figures: Record<string, unknown> = { keys, node: process.version };

if (wants("in-process") || wants("peer")) {
	const instance = await startInstance({ keys, access_log: null });
	const ours = await measureInProcess(instance, { rounds: short ? 3 : 9, passes: short ? 3 : 5 });
	figures.in_process = ours;
	lines.push({
		measure: "in-process verification, whole pipeline",
		ours: `${withThousands(ours.verifications_per_second)}/s`,
		control: `${withThousands(ours.control_per_second)}/s  one SHA-256 and one look-up`,
		ratio: ours.verifications_per_second / ours.control_per_second,
		goal: "≥ 500,000/s",
		reached: ours.verifications_per_second >= 500_000,
	});
	if (wants("peer")) {
		const peer = await measureBetterAuth(instance, { keys: short ? 320 : 3_200, rounds: short ? 2 : 5, seconds: short ? 1 : 4 });
		figures.better_auth = peer;
		lines.push({
			measure: "verification against the Better Auth API-key plugin",
			ours: `${withThousands(ours.verifications_per_second)}/s`,
			control: `${withThousands(peer.verifications_per_second)}/s  over ${withThousands(peer.keys)} keys`,
			ratio: ours.verifications_per_second / peer.verifications_per_second,
			goal: "≥ 20 ×",
			reached: ours.verifications_per_second >= 20 * peer.verifications_per_second,
		});
		lines.push({
			measure: "cold verification (each key read once) against the same",
			ours: `${withThousands(ours.cold_per_second)}/s`,
			control: `${withThousands(peer.verifications_per_second)}/s`,
			ratio: ours.cold_per_second / peer.verifications_per_second,
			goal: "none",
			reached: true,
		});
	}
	await instance.stop();
}
if (wants("http") || wants("forward-auth") || wants("guard") || wants("notifications")) await requireParts();
if (wants("http")) {
	const http = await measureHttp({ keys, rounds: short ? 2 : 7, seconds: short ? 2 : 6 });
	figures.http = http;
	lines.push({
		measure: "whoami over HTTP, keyed against the same without any check",
		ours: `${withThousands(http.keyed_per_second)}/s`,
		control: `${withThousands(http.control_per_second)}/s`,
		ratio: http.ratio,
		goal: "≥ 0.90",
		reached: http.ratio >= 0.9,
	});
}
if (wants("forward-auth")) {
	const guarded = await measureForwardAuth({ keys, rounds: short ? 2 : 7, seconds: short ? 2 : 6 });
	figures.forward_auth = guarded;
	lines.push({
		measure: "forward-auth behind nginx against auth_request to an empty handler",
		ours: `${withThousands(guarded.guarded_per_second)}/s`,
		control: `${withThousands(guarded.control_per_second)}/s`,
		ratio: guarded.ratio,
		goal: "≥ 0.90",
		reached: guarded.ratio >= 0.9,
	});
}
if (wants("guard")) {
	const guard = await measureGuard({ keys, rounds: short ? 2 : 7, seconds: short ? 1 : 4 });
	figures.guard = guard;
	lines.push({
		measure: "what a remote guard adds to a request (p50, one connection) against a bare exchange on loopback",
		ours: `${withThousands(guard.guard_adds_microseconds)} µs`,
		control: `${withThousands(guard.exchange_adds_microseconds)} µs`,
		ratio: guard.added_ratio,
		goal: "none",
		reached: true,
	});
	lines.push({
		measure: "requests through a remote guard against requests with a bare exchange (32 connections)",
		ours: `${withThousands(guard.guarded_per_second)}/s`,
		control: `${withThousands(guard.exchanged_per_second)}/s`,
		ratio: guard.throughput_ratio,
		goal: "none",
		reached: true,
	});
}
if (wants("notifications")) {
	const notified = await measureNotifications({ keys, rounds: short ? 2 : 9, seconds: short ? 2 : 12 });
	figures.notifications = notified;
	lines.push({
		measure: `whoami while exposures are recorded, ${notified.delivered} events delivered and alerts raised, against a server that does none of it`,
		ours: `${withThousands(notified.notifying_per_second)}/s`,
		control: `${withThousands(notified.control_per_second)}/s`,
		ratio: notified.ratio,
		goal: "≥ 0.95",
		reached: notified.ratio >= 0.95,
	});
}
if (wants("records")) {
	const recorded = await measureRecords({ keys, rounds: short ? 2 : 9, seconds: short ? 2 : 12 });
	figures.records = recorded;
	lines.push({
		measure: `forward-auth without a proxy while ${withThousands(recorded.refused)} refusals are kept, requests counted by source and budgets spent, against a server that does none of it`,
		ours: `${withThousands(recorded.recording_per_second)}/s`,
		control: `${withThousands(recorded.control_per_second)}/s`,
		ratio: recorded.ratio,
		goal: "≥ 0.95",
		reached: recorded.ratio >= 0.95,
	});
}
if (wants("usage")) {
	const instance = await startInstance({ keys: 10, access_log: null });
	const reports = await measureUsageReports(instance, short ? 100_000 : 1_000_000);
	await instance.stop();
	figures.usage_reports = reports;
	lines.push({
		measure: `a tenant's report of usage, over ${withThousands(reports.rows)} rows of each table: the slowest of all groups, as JSON and as CSV`,
		ours: `${reports.slowest_seconds.toFixed(2)} s, ${reports.slowest}`,
		control: "none",
		ratio: null,
		goal: "≤ 2 s",
		reached: reports.slowest_seconds <= 2,
	});
}
if (wants("replay")) {
	const instance = await startInstance({ keys: 10, access_log: null });
	const replayed = await measureReplay(instance, short ? 1_000 : 10_000);
	await instance.stop();
	figures.replay = replayed;
	lines.push({
		measure: `what a smaller plan would have refused in 30 days, of ${withThousands(replayed.keys)} keys with ${withThousands(replayed.rows)} rows of usage by source`,
		ours: `${replayed.seconds.toFixed(2)} s`,
		control: `the sum of the rows: ${withThousands(replayed.would_refuse)} refused, exactly`,
		ratio: null,
		goal: "≤ 5 s",
		reached: replayed.seconds <= 5,
	});
}
if (wants("import")) {
	const imported = await measureImport({ keys });
	figures.import = imported;
	const seconds = (value: number) => `${value.toFixed(1)} s`;
	lines.push({
		measure: "keys of another system, imported beside a running server from their SHA-256, then verified over HTTP",
		ours: `${withThousands(imported.keys)} imported in ${seconds(imported.import_seconds)}, ${withThousands(imported.verified)} let in within ${seconds(imported.verify_seconds)}`,
		control: `the same import again: ${withThousands(imported.again_imported)} changes in ${seconds(imported.again_seconds)}`,
		ratio: null,
		goal: "every key works, the second run changes nothing",
		reached: true,
	});
}
if (wants("scan")) {
	const scanned = await measureScan({ files: short ? 1_000 : 10_000, rounds: short ? 1 : 5 });
	figures.scan = scanned;
	const { ours_seconds, secretlint_seconds } = scanned;
	lines.push({
		measure: `keywright scan, history included, against secretlint with the pattern of a key, over ${withThousands(scanned.files)} files (${scanned.megabytes.toFixed(0)} MB)`,
		ours: `${ours_seconds.toFixed(2)} s`,
		control:
			secretlint_seconds === null
				? "secretlint is not installed: npm install --no-save secretlint @secretlint/secretlint-rule-pattern"
				: `${secretlint_seconds.toFixed(2)} s`,
		ratio: secretlint_seconds === null ? null : secretlint_seconds / ours_seconds,
		goal: "faster: > 1",
		reached: secretlint_seconds === null || secretlint_seconds > ours_seconds,
	});
}

if (values.json) process.stdout.write(`${JSON.stringify(figures)}\n`);
else {
	console.log(`\n${withThousands(keys)} keys, Node ${process.version}; medians of alternating rounds\n`);
	for (const line of lines) {
		console.log(`${line.reached ? "✓" : "✗"} ${line.measure}`);
		console.log(`    ours     ${line.ours}`);
		console.log(`    control  ${line.control}`);
		console.log(
			line.ratio === null ? `    goal     ${line.goal}` : `    ratio    ${line.ratio.toFixed(line.ratio < 10 ? 3 : 0)}   goal ${line.goal}`,
		);
	}
}
