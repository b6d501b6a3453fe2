import { type RawPath, rawFromBytes } from "../files/path.ts";
import { askGit, type Git, GitError } from "./git.ts";

/** How many objects one command asks for. */
const OBJECTS_AT_ONCE = 400;
const COMMIT = "commit ";

/** Where a blob first stood under one path. */
export interface Origin {
	readonly commit: string;
	readonly path: RawPath;
	/** Of two origins the one with the lower number is the earlier. */
	readonly order: number;
}

/** For each blob the paths that it ever had, each with the first commit, over all references and their logs. Unreachable blobs have none. */
export async function originsOf(git: Git, oids: readonly string[]): Promise<Map<string, Origin[]>> {
	const origins = new Map<string, Origin[]>();
	for (let at = 0; at < oids.length; at += OBJECTS_AT_ONCE) {
		const some = new Set(oids.slice(at, at + OBJECTS_AT_ONCE));
		const output = await askGit(git, [
			...[
				"log",
				"--all",
				"--reflog",
				"--reverse",
				"--topo-order",
				"--diff-merges=separate",
				"--no-renames",
				"--no-abbrev",
				"--no-color",
				"--no-ext-diff",
			],
			...["--raw", "-z", `--format=${COMMIT}%H %ct`, ...[...some].map((oid) => `--find-object=${oid}`)],
		]);
		if (output === null) throw new GitError("git could not say in which commits its keys are");
		readLog(output, some, oids.length <= OBJECTS_AT_ONCE, origins);
	}
	return origins;
}

/** Records are separated by NUL: `commit <id> <seconds>`, `:<modes> <old> <new> <status>`, path. */
function readLog(output: Buffer, oids: ReadonlySet<string>, is_only_one: boolean, origins: Map<string, Origin[]>): void {
	let commit = "";
	let order = 0;
	let added = "";
	for (const record of splitNul(output)) {
		const text = record.toString("latin1").replace(/^\n+/, "");
		if (added !== "") {
			addOrigin(origins, added, { commit, order, path: rawFromBytes(record) });
			added = "";
		} else if (text.startsWith(COMMIT)) {
			const [id = "", seconds = ""] = text.slice(COMMIT.length).trim().split(" ");
			commit = id;
			// The log is in the order of descent; several logs can only be compared by time.
			order = is_only_one ? order + 1 : Number(seconds);
		} else if (text.startsWith(":")) {
			const [, , , oid = ""] = text.split(" ");
			added = oids.has(oid) ? oid : "-";
		}
	}
}

function addOrigin(origins: Map<string, Origin[]>, oid: string, origin: Origin): void {
	if (oid === "-") return;
	const before = origins.get(oid) ?? [];
	if (!before.some(({ path }) => path === origin.path)) origins.set(oid, [...before, origin]);
}

export function splitNul(bytes: Buffer): Buffer[] {
	const parts: Buffer[] = [];
	let from = 0;
	for (let at = bytes.indexOf(0); at !== -1; at = bytes.indexOf(0, from)) {
		parts.push(bytes.subarray(from, at));
		from = at + 1;
	}
	if (from < bytes.length) parts.push(bytes.subarray(from));
	return parts;
}
