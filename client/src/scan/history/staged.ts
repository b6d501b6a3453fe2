import type { Exclude } from "../files/exclude.ts";
import { joinRaw, type RawPath, rawFromBytes, rawFromText, toText } from "../files/path.ts";
import type { Scan } from "../scan.ts";
import { askGit, askGitLine, GitError } from "./git.ts";
import { searchObjects } from "./objects.ts";
import { splitNul } from "./origins.ts";
import { pathBelow, type Repository } from "./repository.ts";

/** Searches what the next commit adds or changes: the content in the index, not that of the work tree. */
export async function searchStaged(scan: Scan, repository: Repository, exclude: Exclude): Promise<void> {
	const { git, below, shown } = repository;
	const head = await askGitLine(git, ["rev-parse", "--quiet", "--verify", "HEAD^{tree}"]);
	const base = head ?? (await askGitLine(git, ["hash-object", "-t", "tree", "--stdin"]));
	const paths = below === "" ? [] : ["--", `:(top,literal)${below}`];
	const output =
		base === null
			? null
			: await askGit(git, ["diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--diff-filter=AMT", base, ...paths]);
	if (output === null) throw new GitError("git could not list what is staged");
	const staged = readStaged(output).filter(({ path }) => !exclude(toText(pathBelow(path, below) ?? path)));
	const { keys, complete } = await searchObjects(git, scan, [...new Set(staged.map(({ oid }) => oid))]);
	for (const { path } of staged) {
		scan.countFile();
		scan.name(toText(joinRaw(below === "" ? rawFromText(shown) : rawFromText(""), path)));
	}
	if (!complete) throw new GitError("git could not read all of what is staged");
	for (const { oid, located } of keys) {
		const folder = below === "" ? rawFromText(shown) : rawFromText("");
		const places = staged.filter((entry) => entry.oid === oid).map(({ path }) => toText(joinRaw(folder, path)));
		for (const path of places) for (const one of located) scan.add(path, one, null);
	}
}

/** A submodule: its object is a commit of another repository. */
const SUBMODULE = "160000";

function readStaged(output: Buffer): { oid: string; path: RawPath }[] {
	const records = splitNul(output);
	const staged: { oid: string; path: RawPath }[] = [];
	for (let at = 0; at + 1 < records.length; at += 2) {
		const change = records[at]?.toString("latin1") ?? "";
		const [, mode, , oid = ""] = change.split(" ");
		if (mode !== SUBMODULE) staged.push({ oid, path: rawFromBytes(records[at + 1] ?? Buffer.alloc(0)) });
	}
	return staged;
}
