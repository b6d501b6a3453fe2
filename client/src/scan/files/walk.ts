import { type Dirent, lstatSync, readdirSync, type Stats, statSync } from "node:fs";
import type { Exclude } from "./exclude.ts";
import { joinRaw, NAME_ENCODING, type RawPath, rawFromText, toSystemPath, toText } from "./path.ts";

const DEPTH_MAX = 256;
const GIT = ".git";

/** What a walk finds: files to search, repositories whose history is to be read, and what is not searched. */
export type Visit =
	| { readonly kind: "file"; readonly path: RawPath }
	| { readonly kind: "repository"; readonly path: RawPath }
	| { readonly kind: "skipped"; readonly path: RawPath; readonly reason: string };

interface Folder {
	readonly path: RawPath;
	/** Below the path that was given, for `--exclude`. */
	readonly below: string;
	/** The folder itself and those that contain it, by device and inode. */
	readonly trail: readonly string[];
}

/** Everything below `root`, names sorted; links are not followed, except `root` itself. A root that does not exist throws. */
export function* walk(root: string, exclude: Exclude): Generator<Visit> {
	const path = rawFromText(root);
	const stats = statSync(root);
	if (!stats.isDirectory()) {
		yield stats.isFile() ? { kind: "file", path } : { kind: "skipped", path, reason: getKind(stats) };
		return;
	}
	const waiting: Folder[] = [{ path, below: "", trail: [getIdentity(stats)] }];
	for (let folder = waiting.pop(); folder; folder = waiting.pop()) {
		const inner: Folder[] = [];
		for (const visit of listFolder(folder, exclude)) {
			if (visit.kind === "folder") inner.push(visit.folder);
			else yield visit;
		}
		waiting.push(...inner.reverse());
	}
}

function* listFolder(folder: Folder, exclude: Exclude): Generator<Visit | { kind: "folder"; folder: Folder }> {
	let entries: Dirent[];
	try {
		entries = readdirSync(toSystemPath(folder.path), { withFileTypes: true, encoding: NAME_ENCODING });
	} catch (error) {
		yield { kind: "skipped", path: folder.path, reason: getReason(error) };
		return;
	}
	entries.sort((a, b) => (a.name < b.name ? -1 : 1));
	for (const entry of entries) {
		const path = joinRaw(folder.path, entry.name);
		if (entry.name === GIT) {
			yield { kind: "repository", path: folder.path };
			continue;
		}
		const name = toText(joinRaw(rawFromText(""), entry.name));
		const below = folder.below === "" ? name : `${folder.below}/${name}`;
		if (exclude(below)) continue;
		if (entry.isFile()) yield { kind: "file", path };
		else if (entry.isDirectory()) yield enter(path, below, folder.trail);
		else yield { kind: "skipped", path, reason: getKind(entry) };
	}
}

function enter(path: RawPath, below: string, trail: readonly string[]): Visit | { kind: "folder"; folder: Folder } {
	try {
		const identity = getIdentity(lstatSync(toSystemPath(path)));
		if (trail.includes(identity)) return { kind: "skipped", path, reason: "a loop: it is the same folder as one that contains it" };
		if (trail.length >= DEPTH_MAX) return { kind: "skipped", path, reason: `more than ${DEPTH_MAX} folders deep` };
		return { kind: "folder", folder: { path, below, trail: [...trail, identity] } };
	} catch (error) {
		return { kind: "skipped", path, reason: getReason(error) };
	}
}

function getIdentity(stats: Stats): string {
	return `${stats.dev}:${stats.ino}`;
}

function getKind(entry: Dirent | Stats): string {
	if (entry.isSymbolicLink()) return "a link, which is not followed";
	if (entry.isSocket()) return "a socket";
	if (entry.isFIFO()) return "a pipe";
	if (entry.isCharacterDevice() || entry.isBlockDevice()) return "a device";
	return "neither a file nor a folder";
}

const REASONS: ReadonlyMap<string, string> = new Map([
	["EACCES", "permission denied"],
	["EPERM", "permission denied"],
	["ENOENT", "it does not exist any more"],
	["ELOOP", "a link, which is not followed"],
	["ENXIO", "a device or pipe"],
	["ENAMETOOLONG", "its path is too long"],
	["EMFILE", "too many files are open"],
	["EIO", "the disk reported an error"],
]);

/** Why the system refused, without the path that its message contains. */
export function getReason(error: unknown): string {
	const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
	return REASONS.get(code) ?? (/^E[A-Z0-9]+$/.test(code) ? `the system reported ${code}` : "it could not be read");
}
