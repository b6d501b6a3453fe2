import { execute } from "./execute.ts";
import type { SuiteName } from "./suites.ts";

/** What parts are needed by: a suite of tests, or the measurements. */
export type User = SuiteName | "bench";

export interface Part {
	name: string;
	/** Succeeds exactly when the part is there. */
	proof: readonly [command: string, ...args: string[]];
	debian_package: string;
	needed_by: readonly User[];
	/** Needed by the second round that only CI makes. */
	only_in_ci?: boolean;
}

/** The real parts that tests run against and that npm does not bring. */
export const PARTS: readonly Part[] = [
	{
		name: "PostgreSQL",
		proof: ["sh", "-c", "ls /usr/lib/postgresql/*/bin/postgres"],
		debian_package: "postgresql",
		needed_by: ["database"],
		only_in_ci: true,
	},
	{ name: "curl", proof: ["curl", "--version"], debian_package: "curl", needed_by: ["e2e"] },
	{ name: "python3", proof: ["/usr/bin/python3", "--version"], debian_package: "python3", needed_by: ["e2e", "python"] },
	{ name: "Chromium", proof: ["sh", "-c", "command -v chromium"], debian_package: "chromium", needed_by: ["e2e"] },
	{ name: "PHP", proof: ["sh", "-c", "command -v php"], debian_package: "php-cli", needed_by: ["e2e"] },
	{ name: "wrk", proof: ["sh", "-c", "command -v wrk"], debian_package: "wrk", needed_by: ["bench"] },
];

async function isThere(part: Part): Promise<boolean> {
	const [command, ...args] = part.proof;
	return (await execute(command, args)).code === 0;
}

/** The parts of `parts` that `suites` need and that are not there. */
export async function missingParts(parts: readonly Part[], suites: readonly User[], ci: boolean): Promise<Part[]> {
	const needed = parts.filter((part) => (ci || !part.only_in_ci) && part.needed_by.some((suite) => suites.includes(suite)));
	const there = await Promise.all(needed.map(isThere));
	return needed.filter((_part, index) => !there[index]);
}

/** One line: what is missing, for what, and how to get it. */
export function advice(part: Part): string {
	return `${part.name} is missing, which is needed here (${part.needed_by.join(", ")}). Get it: sudo apt-get install -y ${part.debian_package}`;
}

async function install(parts: readonly Part[], print: (text: string) => void): Promise<void> {
	const packages = parts.map((part) => part.debian_package);
	print(`installing ${packages.join(", ")} with apt-get`);
	const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
	const update = await execute("apt-get", ["update", "-qq"], { env });
	if (update.code !== 0) print(update.output);
	const installed = await execute("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], { env });
	if (installed.code !== 0) print(installed.output);
}

/** Installs what `suites` need of `parts` where we may (root, apt-get); returns what is missing still. */
export async function bringParts(parts: readonly Part[], suites: readonly User[], ci: boolean, print: (text: string) => void): Promise<Part[]> {
	const missing = await missingParts(parts, suites, ci);
	const may_install = process.getuid?.() === 0 && (await execute("apt-get", ["--version"])).code === 0;
	if (missing.length === 0 || !may_install) return missing;
	await install(missing, print);
	return missingParts(missing, suites, ci);
}
