import { posix } from "node:path";
import { listImports, resolveTarget } from "./modules.ts";
import { type Source, type Violation, violation } from "./source.ts";

const FILES_PER_FOLDER_MAX = 20;
const SMALL_LINES = 30;
const CHECKED = /^(?:server|dashboard)\/src\//;
/** Files that a name or a folder explains: the layers of a module, pages and what they share, the commands, the entry points. */
const SMALL_BY_NAME =
	/(?:^|\/|-)(?:store|schema|routes|ender|queries|props|search|lazy|page)\.tsx?$|\.d\.ts$|^server\/src\/cli\/|^(?:server|dashboard)\/src\/main\./;
const SMALL_FOR_A_REASON: ReadonlyMap<string, string> = new Map([
	["server/src/http/access-log.ts", "a hook of the framework; server.ts is at its maximum"],
	["server/src/documents/create-text.ts", "an action: no other action may import its file"],
	["server/src/webhooks/delivery/schedule.ts", "pure, beside what acts on it"],
	["server/src/documents/remove.ts", "an action: no other action may import its file"],
	["dashboard/src/app/brand.tsx", "the theme; main.tsx only starts the dashboard"],
	["dashboard/src/audit/use-names.ts", "queries of other modules, apart from the panel"],
	["dashboard/src/keys/list/create-sheet.tsx", "loaded after the list"],
	["dashboard/src/keys/snippets/literals.ts", "pure; snippets.ts is at its maximum"],
	["dashboard/src/webhooks/dialogs.tsx", "the dialogs of the list, apart from the list"],
]);

/** Cycles between files, type-only imports included: one violation per cycle, at its first file. */
export function checkCycles(sources: readonly Source[]): Violation[] {
	const by_path = new Map(sources.filter((source) => !source.is_test).map((source) => [source.path, source]));
	const imports = new Map([...by_path].map(([path, source]) => [path, getTargets(source).filter((target) => by_path.has(target))]));
	return cyclesIn(imports).flatMap((cycle) => {
		const [first = ""] = cycle;
		const source = by_path.get(first);
		return source ? [violation(source, 0, `is in an import cycle: ${[...cycle, first].join(" → ")}`)] : [];
	});
}

function getTargets(source: Source): string[] {
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

/** Small files of the server and the dashboard that one file imports: they belong into it, unless their name or a listed reason says why not. */
export function checkSmallFiles(sources: readonly Source[]): Violation[] {
	const importers = new Map<string, number>();
	for (const source of sources) for (const target of new Set(getTargets(source))) importers.set(target, (importers.get(target) ?? 0) + 1);
	const small = sources.filter(({ path, text, is_test, is_generated }) => {
		if (is_test || is_generated || !CHECKED.test(path) || SMALL_BY_NAME.test(path) || SMALL_FOR_A_REASON.has(path)) return false;
		return text.trimEnd().split("\n").length < SMALL_LINES && (importers.get(path) ?? 0) < 2;
	});
	return small.map((source) =>
		violation(source, 0, `has fewer than ${SMALL_LINES} lines and one importer: move it there, or give a reason in graph.ts`),
	);
}
