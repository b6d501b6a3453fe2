// Holds the repository to the house rules that types cannot hold. Usage: node scripts/check-architecture.ts [root folder]
import { join, resolve } from "node:path";
import { checkImports } from "./architecture/imports.ts";
import {
	environmentOnlyInConfig,
	filesAreShort,
	namesSaySomething,
	noAny,
	type Rule,
	sqlOnlyInStores,
	suppressionsHaveReasons,
	timeOnlyFromClock,
} from "./architecture/rules.ts";
import { readSources, type Violation } from "./architecture/source.ts";

/** The rooms of server/src in their one order: a file imports from its own room and from rooms to its left. A new room adds its word here. */
const ROOMS = (
	"core database http outbox nodes audit plans tenants access usage keys failures exposure verification " +
	"rotation documents leaks alerts checklist m2m app cli"
).split(" ");

const RULES: readonly Rule[] = [
	(source) => checkImports(source, ROOMS),
	sqlOnlyInStores,
	environmentOnlyInConfig,
	timeOnlyFromClock,
	namesSaySomething,
	filesAreShort,
	noAny,
	suppressionsHaveReasons,
];

/** Every violation in the repository at `root`, and how many files were read. */
export function checkArchitecture(root: string): { files: number; violations: Violation[] } {
	const sources = readSources(root);
	return { files: sources.length, violations: sources.flatMap((source) => RULES.flatMap((rule) => rule(source))) };
}

if (import.meta.main) {
	const { files, violations } = checkArchitecture(resolve(process.argv[2] ?? join(import.meta.dirname, "..")));
	for (const { path, line, message } of violations) console.log(`${path}:${line} ${message}`);
	console.log(`architecture: ${files} files, ${violations.length === 0 ? "all in order" : `${violations.length} in disorder`}`);
	if (violations.length > 0) process.exitCode = 1;
}
