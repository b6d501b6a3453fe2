import { realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import type { Exclude } from "../files/exclude.ts";
import { joinRaw, type RawPath, rawFromText, toText } from "../files/path.ts";
import type { Scan } from "../scan.ts";
import { askGit, askGitLine, type Git } from "./git.ts";
import { type ObjectKeys, searchAllObjects } from "./objects.ts";
import { type Origin, originsOf } from "./origins.ts";

/** A repository, and which part of it is searched. */
export interface Repository {
	readonly git: Git;
	/** The folder of its objects; work trees of one repository have the same. */
	readonly store: string;
	/** The path that is searched, from the top of the work tree; "" for all of it. */
	readonly below: string;
	/** What the caller wrote for `below`: findings are shown as paths from there. */
	readonly shown: string;
}

/** The repository that `path`, a file or a folder, belongs to; null if there is none. Throws `GitError`. */
export async function findRepository(path: string, index_file: string | null = null): Promise<Repository | null> {
	const real = realpathSync(path);
	const is_folder = statSync(real).isDirectory();
	const git: Git = { folder: is_folder ? real : dirname(real), index_file };
	const found = await askGitLine(git, ["rev-parse", "--git-common-dir"]);
	if (found === null) return null;
	const store = isAbsolute(found) ? found : resolve(git.folder, found);
	const top = await askGitLine(git, ["rev-parse", "--show-toplevel"]);
	const prefix = top === null ? "" : ((await askGitLine(git, ["rev-parse", "--show-prefix"])) ?? "");
	const below = is_folder ? prefix.replace(/\/$/, "") : prefix + real.slice(dirname(real).length + 1);
	return { git, store: realpathSync(store), below, shown: path };
}

/** Searches the history of a repository. Only for what is found, the commits are looked up. */
export async function searchHistory(scan: Scan, repository: Repository, exclude: Exclude): Promise<void> {
	const { git, below } = repository;
	if (below !== "" && !(await wasEverTracked(git, below))) return;
	const { keys, complete } = await searchAllObjects(git, scan);
	if (!complete) scan.skip(repository.shown, "a part of its git history: git could not read all objects");
	const blobs = keys.filter(({ type }) => type === "blob");
	const origins = await originsOf(
		git,
		blobs.map(({ oid }) => oid),
	);
	const places = keys.flatMap((found) =>
		placesOf(repository, found, origins.get(found.oid) ?? [], exclude).flatMap((place) => found.located.map((located) => ({ ...place, located }))),
	);
	// The first commit of a finding is kept, also where later versions of a file have the key at the same line.
	for (const { path, located, commit } of places.sort((a, b) => a.order - b.order)) scan.add(path, located, commit);
}

/** About how many objects are in a repository, trees included. */
export async function countObjects({ git }: Repository): Promise<number> {
	const output = (await askGitLine(git, ["count-objects", "-v"])) ?? "";
	return [...output.matchAll(/^(?:count|in-pack): ([0-9]+)$/gm)].reduce((sum, [, number]) => sum + Number(number), 0);
}

async function wasEverTracked(git: Git, below: string): Promise<boolean> {
	const output = await askGit(git, ["log", "--all", "--reflog", "-1", "--format=%H", "--", `:(top,literal)${below}`]);
	return output !== null && output.length > 0;
}

interface Place {
	readonly path: string;
	readonly commit: string | null;
	readonly order: number;
}

function placesOf(repository: Repository, { oid, type }: ObjectKeys, origins: readonly Origin[], exclude: Exclude): Place[] {
	const { below } = repository;
	const at = (name: string): Place => ({ path: showIn(repository, rawFromText(name)), commit: null, order: 0 });
	if (type !== "blob") return below === "" ? [{ ...at(`(${type} message)`), commit: type === "commit" ? oid : null }] : [];
	if (origins.length === 0) return below === "" ? [at(`(unreachable object ${oid.slice(0, 12)})`)] : [];
	return origins.flatMap(({ path, commit, order }) => {
		const inner = pathBelow(path, below);
		if (inner === null || exclude(toText(inner))) return [];
		return [{ path: inner === "" ? repository.shown : showIn(repository, inner), commit, order }];
	});
}

function showIn({ shown }: Repository, inner: RawPath): string {
	return toText(joinRaw(rawFromText(shown), inner));
}

/** The part of a path below a folder, "" for the path itself, null for others. */
function pathBelow(path: RawPath, below: string): RawPath | null {
	const folder = rawFromText(below);
	if (folder === "") return path;
	if (path === folder) return rawFromText("");
	return path.startsWith(`${folder}/`) ? cut(path, folder.length + 1) : null;
}

/** Guarantee: the end of a raw path is one too. */
function cut(path: RawPath, from: number): RawPath {
	return path.slice(from) as RawPath;
}
