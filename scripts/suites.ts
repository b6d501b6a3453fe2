import { globSync } from "node:fs";

interface Suite {
	name: string;
	includes: readonly string[];
	excludes: readonly string[];
}

const NOT_OURS = ["**/node_modules/**", "**/dist/**"];

/** The suites of `npm test`, in this order. A test file without a suite is an error, so that none is forgotten. */
export const SUITES = [
	{
		name: "unit",
		includes: ["{server,client,dashboard}/src/**/*.test.{ts,tsx}", "{scripts,bench,e2e/faults}/**/*.test.ts"],
		excludes: ["**/*.db.test.ts"],
	},
	{ name: "database", includes: ["server/src/**/*.db.test.ts"], excludes: [] },
	{ name: "e2e", includes: ["e2e/**/*.test.ts"], excludes: ["e2e/faults/**"] },
	{ name: "examples", includes: ["examples/**/*.test.ts"], excludes: [] },
] as const satisfies readonly Suite[];

/** `python` is not a `node --test` suite; `run-python.ts` runs it. */
export const SUITE_NAMES = [...SUITES.map((suite) => suite.name), "python"] as const;
export type SuiteName = (typeof SUITE_NAMES)[number];

/** The files of a suite whose path contains one of `filters` (all files without a filter), sorted. */
export function listFiles(root: string, name: SuiteName, filters: readonly string[] = []): string[] {
	const suite: Suite | undefined = SUITES.find((candidate) => candidate.name === name);
	if (!suite) return [];
	const files = globSync([...suite.includes], { cwd: root, exclude: [...NOT_OURS, ...suite.excludes] }).sort();
	return files.filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
}

/** Test files below `root` that belong to no suite. */
export function forgottenFiles(root: string): string[] {
	const all = globSync("**/*.test.{ts,tsx,js,mjs}", { cwd: root, exclude: [...NOT_OURS, ".*/**"] });
	const taken = new Set(SUITES.flatMap((suite) => listFiles(root, suite.name)));
	return all.filter((file) => !taken.has(file)).sort();
}
