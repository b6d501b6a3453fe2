import { posix } from "node:path";
import { listImports, resolveTarget } from "./modules.ts";
import { type Source, type Violation, violation } from "./source.ts";

const FILES_PER_FOLDER_MAX = 20;

/** Cycles between files, type-only imports included: one violation per cycle, at its first file. */
export function checkCycles(sources: readonly Source[]): Violation[] {
	const by_path = new Map(sources.filter((source) => !source.is_test).map((source) => [source.path, source]));
	const imports = new Map([...by_path].map(([path, source]) => [path, targetsOf(source).filter((target) => by_path.has(target))]));
	return cyclesIn(imports).flatMap((cycle) => {
		const [first = ""] = cycle;
		const source = by_path.get(first);
		return source ? [violation(source, 0, `is in an import cycle: ${[...cycle, first].join(" → ")}`)] : [];
	});
}

function targetsOf(source: Source): string[] {
	return listImports(source).flatMap(({ specifier }) => (specifier?.startsWith(".") ? [resolveTarget(source.path, specifier)] : []));
}

/** Each file's first way back to itself, found depth first; files that are in a cycle already reported are not reported again. */
function cyclesIn(imports: ReadonlyMap<string, readonly string[]>): string[][] {
	const cycles: string[][] = [];
	const done = new Set<string>();
	const trail: string[] = [];
	const visit = (path: string): void => {
		const at = trail.indexOf(path);
		if (at !== -1) cycles.push(trail.slice(at));
		if (at !== -1 || done.has(path)) return;
		trail.push(path);
		for (const target of imports.get(path) ?? []) visit(target);
		trail.pop();
		done.add(path);
	};
	for (const path of [...imports.keys()].sort()) visit(path);
	return cycles;
}

/** Folders with too many files, in every tree that is read; files ending in `.test.ts` are not counted. */
export function checkFolders(sources: readonly Source[]): Violation[] {
	const folders = Map.groupBy(
		sources.filter((source) => !/\.test\.tsx?$/.test(source.path)),
		(source) => posix.dirname(source.path),
	);
	return [...folders].flatMap(([folder, [first, ...others]]) => {
		const count = others.length + 1;
		if (!first || count <= FILES_PER_FOLDER_MAX) return [];
		return [violation(first, 0, `${folder} has ${count} files, more than ${FILES_PER_FOLDER_MAX}: give a noun of it a subfolder`)];
	});
}
