// The system time of every process that tests start: `npm test -- --clock 2028-02-29T23:50:00Z --zone Asia/Kathmandu`.
// Not libfaketime: PostgreSQL's time-outs fail under it, and programs of another user do not start.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const SOURCE = join(import.meta.dirname, "clock.c");

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

/** Set for a process that already runs under the clock, to its offset in seconds. Libraries that replace the clock once more need it. */
const OFFSET = "KEYWRIGHT_TEST_CLOCK_OFFSET";

/**
 * Makes every program load the library, in any environment. Runs in its own mount namespace, so that the machine's `/etc` is unchanged.
 * The arguments are the library and the command.
 */
const UNDER_CLOCK = `set -e
folder=$(mktemp -d)
mount -t tmpfs tmpfs "$folder"
mkdir "$folder/upper" "$folder/work"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$folder/upper,workdir=$folder/work" /etc
echo "$1" > /etc/ld.so.preload
shift
exec "$@"`;

/** The offset between `clock` and `now` in seconds: the same for all processes, whenever they start. */
export function getOffset(clock: Date, now: Date): number {
	return Math.round((clock.getTime() - now.getTime()) / 1000);
}

function mustRun(command: string, args: readonly string[]): void {
	const { status, error } = spawnSync(command, args, { stdio: "inherit" });
	if (error || status !== 0) throw new Error("--clock needs a C compiler. Get it: sudo apt-get install -y gcc libc6-dev");
}

/**
 * Runs this program again under the requested clock and returns its exit code; null if it already runs under it, or none is requested.
 * Programs without libc (Caddy) keep the machine's clock. Throws an `Error` that says what is missing.
 */
export function runUnderClock({ clock }: TestArguments, argv: readonly string[]): number | null {
	if (clock === null || process.env[OFFSET] !== undefined) return null;
	if (process.getuid?.() !== 0) throw new Error("--clock needs root: it mounts a folder of its own over /etc, for these tests only");
	const folder = mkdtempSync(join(tmpdir(), "kw-clock-"));
	try {
		// Programs of other users must be able to load it.
		chmodSync(folder, 0o755);
		const library = join(folder, "clock.so");
		const offset = getOffset(clock, new Date());
		mustRun("cc", ["-shared", "-fPIC", "-O2", `-DOFFSET=${offset}L`, "-o", library, SOURCE]);
		const env = { ...process.env, [OFFSET]: String(offset) };
		const { status, error } = spawnSync("unshare", ["--mount", "sh", "-c", UNDER_CLOCK, "sh", library, ...argv], { stdio: "inherit", env });
		if (error) throw error;
		return status ?? 1;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
