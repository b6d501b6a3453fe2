// The clock of every process that tests start, set by libfaketime: `npm test -- --clock 2028-02-29T23:50:00Z --zone Asia/Kathmandu`.
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { parseArgs } from "node:util";

/** Debian's package `libfaketime` puts it here. */
const LIBRARY = "/usr/lib/*/faketime/libfaketime.so.1";

export interface TestArguments {
	/** Names of suites and parts of paths. */
	words: string[];
	/** The instant at which the tests begin; null for the machine's. */
	clock: Date | null;
	/** An IANA time zone; null for the machine's. */
	zone: string | null;
}

/** Parses the arguments of `scripts/test.ts`. Throws an `Error` that names the argument and what it may be. */
export function parseTestArguments(args: readonly string[]): TestArguments {
	const { values, positionals } = parseArgs({
		args: [...args],
		options: { clock: { type: "string" }, zone: { type: "string" } },
		allowPositionals: true,
	});
	const clock = values.clock === undefined ? null : new Date(values.clock);
	if (clock !== null && Number.isNaN(clock.getTime())) throw new Error("--clock takes an instant such as 2028-02-29T23:50:00Z");
	const zone = values.zone ?? null;
	if (zone !== null && !isZone(zone)) throw new Error("--zone takes an IANA time zone such as Asia/Kathmandu");
	return { words: positionals, clock, zone };
}

function isZone(zone: string): boolean {
	try {
		return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
	} catch {
		return false;
	}
}

/** Marks the process that runs under the clock already. */
const INSIDE = "KEYWRIGHT_TEST_CLOCK";

/**
 * In a mount namespace of its own, so that the machine's `/etc` stays as it is: every program loads libfaketime, whatever environment it is given.
 * The arguments are the offset, the library, and the command.
 */
const UNDER_CLOCK = `set -e
folder=$(mktemp -d)
mount -t tmpfs tmpfs "$folder"
mkdir "$folder/upper" "$folder/work"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$folder/upper,workdir=$folder/work" /etc
echo "$1" > /etc/faketimerc
echo "$2" > /etc/ld.so.preload
shift 2
exec "$@"`;

/**
 * The offset between `clock` and `now` as libfaketime reads it, in seconds: the same for all processes, whenever they start.
 */
export function offsetOf(clock: Date, now: Date): string {
	const seconds = Math.round((clock.getTime() - now.getTime()) / 1000);
	return `${seconds < 0 ? "-" : "+"}${Math.abs(seconds)}`;
}

/**
 * Runs this program once more under the clock that is asked for and returns its exit code; null when it runs under it already, or none is asked for.
 * Programs without libc (Caddy) keep the machine's clock. Throws an `Error` that says what is missing.
 */
export function runUnderClock({ clock }: TestArguments, argv: readonly string[]): number | null {
	if (clock === null || process.env[INSIDE] !== undefined) return null;
	const [library] = globSync(LIBRARY);
	if (library === undefined) throw new Error("--clock needs libfaketime. Get it: sudo apt-get install -y libfaketime");
	if (process.getuid?.() !== 0) throw new Error("--clock needs root: it mounts a folder of its own over /etc, for these tests only");
	const command = ["--mount", "sh", "-c", UNDER_CLOCK, "sh", offsetOf(clock, new Date()), library, ...argv];
	// The monotonic clock stays the machine's where a program keeps its environment.
	const env = { ...process.env, [INSIDE]: clock.toISOString(), FAKETIME_DONT_FAKE_MONOTONIC: "1" };
	const { status, error } = spawnSync("unshare", command, { stdio: "inherit", env });
	if (error) throw error;
	return status ?? 1;
}
