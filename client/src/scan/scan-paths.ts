import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Exclude } from "./files/exclude.ts";
import { rawFromText, toText } from "./files/path.ts";
import { getReason, type Visit, walk } from "./files/walk.ts";
import { GitError, indexFileOfHook } from "./history/git.ts";
import { countObjects, findRepository, type Repository, searchHistory } from "./history/repository.ts";
import { searchStaged } from "./history/staged.ts";
import type { Progress } from "./report/progress.ts";
import { Scan } from "./scan.ts";
import { type KeyFormat, toImportedFormats } from "./search/formats.ts";

export interface ScanOptions {
	readonly formats: readonly KeyFormat[];
	/** `staged` searches only what the next commit changes. */
	readonly history: "all" | "none" | "staged";
	readonly exclude: Exclude;
	readonly progress: Progress;
}

/** Searches the paths, which exist, and their history. What cannot be searched is in `skipped`. Throws `GitError` if nothing staged can be read. */
export async function scanPaths(paths: readonly string[], options: ScanOptions): Promise<Scan> {
	const { progress, formats } = options;
	let total = 0;
	const scan = new Scan(toImportedFormats(formats), (step) =>
		progress.show({ done: step.files + step.objects, total, bytes: step.searcher.bytes, found: step.found }),
	);
	const read = new Set<string>();
	for (const path of paths) {
		if (options.history === "staged") {
			await searchStagedAt(scan, path, options.exclude);
			continue;
		}
		if (progress.is_shown) total += countFiles(path, options.exclude);
		const inner = await searchFiles(scan, path, options.exclude);
		if (options.history === "none") continue;
		for (const root of new Set([path, ...inner])) {
			await searchRepository(scan, root, async (repository) => {
				const id = JSON.stringify([repository.store, repository.below]);
				if (read.has(id)) return;
				read.add(id);
				if (progress.is_shown) total += await countObjects(repository);
				await searchHistory(scan, repository, options.exclude);
			});
		}
	}
	progress.end();
	return scan;
}

/** A hook that checks nothing must not let a commit pass: what git cannot read is an error here. */
async function searchStagedAt(scan: Scan, path: string, exclude: Exclude): Promise<void> {
	const repository = await findRepository(path, indexFileOfHook());
	if (repository === null) throw new GitError("a PATH is in no repository that git can read");
	await searchStaged(scan, repository, exclude);
}

/** Searches files; returns the folders of repositories among them. */
async function searchFiles(scan: Scan, path: string, exclude: Exclude): Promise<string[]> {
	const repositories: string[] = [];
	for (const visit of visits(scan, path, exclude)) {
		if (visit.kind === "file") await scan.file(visit.path, toText(visit.path) === path);
		else if (visit.kind === "skipped") scan.skip(toText(visit.path), visit.reason);
		else if (rawFromText(toText(visit.path)) === visit.path) repositories.push(toText(visit.path));
		else scan.skip(toText(visit.path), "its git history: the name of the folder is not UTF-8");
	}
	return repositories;
}

function* visits(scan: Scan, path: string, exclude: Exclude): Generator<Visit> {
	try {
		yield* walk(path, exclude);
	} catch (error) {
		scan.skip(path, getReason(error));
	}
}

function countFiles(path: string, exclude: Exclude): number {
	let files = 0;
	for (const { kind } of walk(path, exclude)) if (kind === "file") files += 1;
	return files;
}

/** Reads from the repository of `path`, if there is one; what git cannot read is named. */
async function searchRepository(scan: Scan, path: string, read: (repository: Repository) => Promise<void>): Promise<void> {
	try {
		const repository = await findRepository(path, indexFileOfHook());
		if (repository !== null) await read(repository);
		else if (existsSync(join(path, ".git"))) scan.skip(path, "its git history: git cannot read the repository");
	} catch (error) {
		if (!(error instanceof GitError)) throw error;
		scan.skip(path, `its git history: ${error.message}`);
	}
}
