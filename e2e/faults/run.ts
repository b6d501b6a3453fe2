// npm run faults: checks Keywright's guarantees while real processes are killed, frozen, cut off from the database or out of disk space.
import { parseArgs } from "node:util";
import { endLeftovers } from "../server.ts";
import { stopClusters } from "./cluster.ts";
import { cuts } from "./cuts.ts";
import { freezes } from "./freezes.ts";
import { fullDisk } from "./full-disk.ts";
import { kills } from "./kills.ts";
import { revocationsOnOneNode, revocationsOnThreeNodes } from "./revocations.ts";
import type { Outcome, Scenario, Settings } from "./scenario.ts";
import { usageLoss } from "./usage-loss.ts";

const SCENARIOS: readonly Scenario[] = [kills, revocationsOnOneNode, revocationsOnThreeNodes, freezes, cuts, usageLoss, fullDisk];
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

const HELP = `npm run faults -- [options] [scenario …]

  --short     a tenth of the work, in under two minutes: what CI runs
  --rounds N  how often processes are killed (200, or 5 with --short)
  --seed N    repeats the choices of an earlier run; it is printed at the beginning
  --json      one JSON object at the end in place of the lines
  --help      this

Scenarios:
${SCENARIOS.map(({ name, promise }) => `  ${name.padEnd(22)}${promise}`).join("\n")}

Needs Linux; the full disk needs root (a file system in memory in a mount namespace of its own).
`;

function usage(message: string): never {
	console.error(`faults: ${message}\n\n${HELP}`);
	process.exit(EXIT_USAGE);
}

function parse() {
	try {
		return parseArgs({
			allowPositionals: true,
			options: {
				short: { type: "boolean" },
				rounds: { type: "string" },
				seed: { type: "string" },
				json: { type: "boolean" },
				help: { type: "boolean" },
			},
		});
	} catch (error) {
		return usage(error instanceof Error ? error.message : String(error));
	}
}

function wholeNumber(name: string, text: string | undefined): number | null {
	if (text === undefined) return null;
	if (!/^[1-9]\d{0,8}$/.test(text)) usage(`--${name} is a whole number above 0`);
	return Number(text);
}

/** Runs one scenario; an exception counts as broken. */
async function perform(scenario: Scenario, settings: Settings): Promise<Outcome & { seconds: number }> {
	const began = performance.now();
	const seconds = (): number => Number(((performance.now() - began) / 1_000).toFixed(1));
	try {
		return { ...(await scenario.run(settings)), seconds: seconds() };
	} catch (error) {
		const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
		return { name: scenario.name, summary: "could not be run to its end", figures: {}, broken: [reason], seconds: seconds() };
	} finally {
		await endLeftovers();
		await stopClusters();
	}
}

const { values, positionals } = parse();
if (values.help) {
	process.stdout.write(HELP);
	process.exit(0);
}
const unknown = positionals.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
if (unknown !== undefined) usage(`there is no scenario ${unknown}`);

const short = values.short ?? false;
const json = values.json ?? false;
const settings: Settings = {
	short,
	rounds: wholeNumber("rounds", values.rounds),
	seed: wholeNumber("seed", values.seed) ?? 1 + Math.floor(Math.random() * 999_999),
	lease_seconds: short ? 2 : 5,
	progress: json ? () => undefined : (text) => process.stderr.isTTY && process.stderr.write(`  … ${text}\n`),
};

for (const signal of ["SIGINT", "SIGTERM"] as const) {
	process.once(signal, () => {
		void Promise.allSettled([endLeftovers(), stopClusters()]).then(() => process.exit(EXIT_INTERRUPTED));
	});
}

if (!json) console.log(`faults${short ? ", short" : ""}: seed ${settings.seed}, lease ${settings.lease_seconds} s`);
const outcomes: (Outcome & { seconds: number })[] = [];
for (const scenario of SCENARIOS) {
	if (positionals.length > 0 && !positionals.includes(scenario.name)) continue;
	const outcome = await perform(scenario, settings);
	outcomes.push(outcome);
	if (json) continue;
	console.log(`${outcome.broken.length === 0 ? "✓" : "✗"} ${outcome.name} (${outcome.seconds} s): ${outcome.summary}`);
	for (const line of outcome.broken) console.log(`    ${line.replaceAll("\n", "\n    ")}`);
}
const failed = outcomes.filter(({ broken }) => broken.length > 0).length;
const passed = outcomes.length - failed;
if (json)
	console.log(JSON.stringify({ seed: settings.seed, short, lease_seconds: settings.lease_seconds, passed, failed, scenarios: outcomes }, null, "\t"));
else console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
