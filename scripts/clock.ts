// The clock of every process that tests start, set by libfaketime: `npm test -- --clock 2028-02-29T23:50:00Z --zone Asia/Kathmandu`.
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

/**
 * The environment under which processes read `clock` now. It is an offset in seconds, the same for all of them whenever they start; the monotonic
 * clock stays the machine's, since waiting would otherwise go wrong. Programs without libc (Caddy) keep the machine's clock.
 */
export function clockEnvironment({ clock, zone }: TestArguments, now: Date, library: string): Record<string, string> {
	const seconds = clock === null ? 0 : Math.round((clock.getTime() - now.getTime()) / 1000);
	return {
		...(zone !== null && { TZ: zone }),
		...(clock !== null && {
			LD_PRELOAD: library,
			FAKETIME: `${seconds < 0 ? "-" : "+"}${Math.abs(seconds)}`,
			FAKETIME_DONT_FAKE_MONOTONIC: "1",
		}),
	};
}

/** The path of libfaketime; throws an `Error` that says how to get it. */
export function faketimeLibrary(): string {
	const [library] = globSync(LIBRARY);
	if (library === undefined) throw new Error("--clock needs libfaketime. Get it: sudo apt-get install -y libfaketime");
	return library;
}
