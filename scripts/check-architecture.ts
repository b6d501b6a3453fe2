// Checks the repository against the rules that types cannot express. Usage: node scripts/check-architecture.ts [root folder]
import { join, resolve } from "node:path";
import { checkActions } from "./architecture/actions.ts";
import { checkDocument, readDocuments } from "./architecture/documents.ts";
import { checkCycles, checkFolders, checkSmallFiles } from "./architecture/graph.ts";
import { checkLongTests } from "./architecture/long-tests.ts";
import { checkImports } from "./architecture/modules.ts";
import { checkOwners } from "./architecture/owners.ts";
import {
	cacheKeysHaveRoots,
	dialogsHaveAddresses,
	environmentOnlyInConfig,
	filesAreShort,
	linksStayLinks,
	namesSaySomething,
	noAny,
	type Rule,
	sqlOnlyInStores,
	suppressionsHaveReasons,
	timeOnlyFromClock,
} from "./architecture/rules.ts";
import { readSources, type Source, type Violation } from "./architecture/source.ts";
import { checkNames, checkWords } from "./architecture/words.ts";

/** Rules about one file. */
const RULES: readonly Rule[] = [
	checkImports,
	checkOwners,
	sqlOnlyInStores,
	environmentOnlyInConfig,
	timeOnlyFromClock,
	dialogsHaveAddresses,
	cacheKeysHaveRoots,
	namesSaySomething,
	filesAreShort,
	checkLongTests,
	linksStayLinks,
	noAny,
	suppressionsHaveReasons,
	checkWords,
	checkNames,
];

/** Rules about all files together. */
const TREE_RULES: readonly ((sources: readonly Source[]) => Violation[])[] = [checkCycles, checkFolders, checkSmallFiles, checkActions];

/** Every violation in the repository at `root`, and how many files were read. */
export function checkArchitecture(root: string): { files: number; violations: Violation[] } {
	const sources = readSources(root);
	const documents = readDocuments(root);
	const of_files = [...sources.flatMap((source) => RULES.flatMap((rule) => rule(source))), ...documents.flatMap(checkDocument)];
	return { files: sources.length + documents.length, violations: [...of_files, ...TREE_RULES.flatMap((rule) => rule(sources))] };
}

if (import.meta.main) {
	const { files, violations } = checkArchitecture(resolve(process.argv[2] ?? join(import.meta.dirname, "..")));
	for (const { path, line, message } of violations) console.log(`${path}:${line} ${message}`);
	console.log(`architecture: ${files} files, ${violations.length === 0 ? "all in order" : `${violations.length} in disorder`}`);
	if (violations.length > 0) process.exitCode = 1;
}
