import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { Exclude } from "../files/exclude.ts";
import { joinRaw, type RawPath, rawFromText, toText } from "../files/path.ts";
import type { Scan } from "../scan.ts";
import { askGit, askGitLine, type Git } from "./git.ts";
import { getName, type ObjectKeys, searchAllObjects } from "./objects.ts";
import { findOrigins, type Origins } from "./origins.ts";

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
	const store = realpathSync(resolve(git.folder, found));
	const top = isWithin(real, store) ? null : await findTop(git);
	const below = top === null ? "" : relative(top, is_folder ? git.folder : join(git.folder, basename(real))).replaceAll(sep, "/");
	return { git, store, below, shown: path };
}

/**
 * The folder whose `.git` is that of the repository; null for a bare one. Git is not asked for the top of the work tree, since a repository can configure another
 * (`core.worktree`), and paths would be compared with the wrong ones.
 */
export async function findTop(git: Git): Promise<string | null> {
	const answer = await askGitLine(git, ["rev-parse", "--absolute-git-dir"]);
	if (answer === null) return null;
	const own = realpathSync(answer);
	for (let folder = git.folder; ; folder = dirname(folder)) {
		const candidate = join(folder, ".git");
		const resolved = existsSync(candidate) ? await askGitLine(git, ["rev-parse", "--resolve-git-dir", candidate]) : null;
		if (resolved !== null && realpathSync(resolve(git.folder, resolved)) === own) return folder;
		if (folder === dirname(folder)) return null;
	}
}

export function isWithin(path: string, folder: string): boolean {
	return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Searches the history of a repository. Only for what is found, the commits are looked up. */
export async function searchHistory(scan: Scan, repository: Repository, exclude: Exclude): Promise<void> {
	const { git, below } = repository;
	if (below !== "" && !(await wasEverTracked(git, below))) return;
	await nameMissing(scan, repository);
	const { keys, unread } = await searchAllObjects(git, scan);
	if (unread !== "none") scan.skip(repository.shown, "a part of its git history: git could not read all objects");
	if (unread === "rest") scan.skip(repository.shown, "the rest of its git history: too many objects are damaged");
	const blobs = keys.filter(({ type }) => type === "blob");
	const origins = await findOrigins(git, [...new Set(blobs.map(({ oid }) => oid))]);
	if (origins.missing !== null) scan.skip(repository.shown, `a part of its git history: ${origins.missing}`);
	if (origins.has_more) scan.skip(repository.shown, "a content with a key had more than 1,000 paths in its git history; the others");
	const places = keys.flatMap((found) =>
		placesOf(repository, found, origins, exclude).flatMap((place) => found.located.map((located) => ({ ...place, located }))),
	);
	// The first commit of a finding is kept, also where later versions of a file have the key at the same line.
	for (const { path, located, commit } of places.sort((a, b) => a.order - b.order)) scan.add(path, located, commit);
}

/** About how many objects are in a repository, trees included. */
export async function countObjects({ git }: Repository): Promise<number> {
	const output = (await askGitLine(git, ["count-objects", "-v"])) ?? "";
	return [...output.matchAll(/^(?:count|in-pack): ([0-9]+)$/gm)].reduce((sum, [, number]) => sum + Number(number), 0);
}

/** If git cannot say, it may have been. */
async function wasEverTracked(git: Git, below: string): Promise<boolean> {
	const output = await askGit(git, ["rev-list", "--all", "--reflog", "-1", "--", `:(top,literal)${below}`]);
	return output === null || output.length > 0;
}

/** What a clone lacks by intention is in no list of its objects. */
async function nameMissing(scan: Scan, { git, shown }: Repository): Promise<void> {
	if ((await askGitLine(git, ["rev-parse", "--is-shallow-repository"])) === "true")
		scan.skip(shown, "the older part of its git history: this is a shallow clone; get the rest with git fetch --unshallow");
	const partial = await askGitLine(git, ["config", "--get-regexp", String.raw`^(extensions\.partialclone|remote\..*\.promisor)$`]);
	if (partial) scan.skip(shown, "a part of its git history: this is a partial clone, which lacks some objects; search a complete clone");
}

interface Place {
	readonly path: string;
	readonly commit: string | null;
	readonly order: number;
}

function placesOf(repository: Repository, { oid, type }: ObjectKeys, all: Origins, exclude: Exclude): Place[] {
	const { below } = repository;
	const at = (name: string): Place => ({ path: showIn(repository, rawFromText(name)), commit: null, order: 0 });
	if (type !== "blob") return below === "" ? [{ ...at(`(${type} message)`), commit: type === "commit" ? oid : null }] : [];
	const origins = all.of.get(oid) ?? [];
	// Where git could not say everything, an object without a path may be anywhere, also below the path that is searched.
	if (origins.length === 0 && all.missing !== null) return [at(getName(oid))];
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
export function pathBelow(path: RawPath, below: string): RawPath | null {
	const folder = rawFromText(below);
	if (folder === "") return path;
	if (path === folder) return rawFromText("");
	return path.startsWith(`${folder}/`) ? cut(path, folder.length + 1) : null;
}

/** Guarantee: the end of a raw path is one too. */
function cut(path: RawPath, from: number): RawPath {
	return path.slice(from) as RawPath;
}
