import { pipeline } from "node:stream";
import { type RawPath, rawFromBytes } from "../files/path.ts";
import { type Git, hasSucceeded, startGit } from "./git.ts";

/** Up to so many objects git filters itself; a command line has an end. */
const FILTERED_MAX = 400;
const PATHS_MAX = 1_000;
const TIME_MAX_MS = 10 * 60_000;

/** Where a blob first stood under one path. */
export interface Origin {
	readonly commit: string;
	readonly path: RawPath;
	/** Of two origins the one with the lower number is the earlier. */
	readonly order: number;
}

export interface Origins {
	/** For each blob the paths that it had, each with the first commit, over all references and their logs. Unreachable blobs have none. */
	readonly of: ReadonlyMap<string, readonly Origin[]>;
	/** Why some are missing, to be shown; null if none is. */
	readonly missing: string | null;
	/** Whether some blob has had more paths than are given. */
	readonly has_more: boolean;
}

/** Never fails: what git cannot say is missing, and said. Only commands that read no settings of how changes are shown are used. */
export async function findOrigins(git: Git, oids: readonly string[]): Promise<Origins> {
	const log = new Log(new Set(oids));
	if (oids.length === 0) return log.toOrigins(null);
	const commits = startGit(git, ["rev-list", "--all", "--reflog", "--reverse", "--topo-order"]);
	const filter = oids.length <= FILTERED_MAX ? oids.map((oid) => `--find-object=${oid}`) : [];
	const changes = startGit(git, ["diff-tree", "--stdin", "-m", "--root", "-r", "--raw", "-z", "--no-renames", "--no-abbrev", ...filter]);
	// A pipeline, unlike a pipe, also ends the first command if the second ends early.
	pipeline(commits.stdout, changes.stdin, () => undefined);
	let timed_out = false;
	const timer = setTimeout(() => {
		timed_out = true;
		commits.kill();
		changes.kill();
	}, TIME_MAX_MS);
	for await (const chunk of changes.stdout as AsyncIterable<Buffer>) log.push(chunk);
	clearTimeout(timer);
	const complete = (await Promise.all([hasSucceeded(commits), hasSucceeded(changes)])).every(Boolean);
	if (timed_out) return log.toOrigins("git needed more than 10 minutes to say in which commits the keys are");
	return log.toOrigins(complete ? null : "git could not say in which commits all keys are");
}

/** Reads records that end with NUL: the id of a commit, or `:<modes> <old> <new> <status>` and then a path. */
class Log {
	readonly #oids: ReadonlySet<string>;
	readonly #paths = new Map<string, Map<RawPath, Origin>>();
	#rest: Buffer = Buffer.alloc(0);
	#commit = "";
	#order = 0;
	/** The blob whose path comes next; "" if that is none, null if no path comes. */
	#added: string | null = null;
	#has_more = false;

	constructor(oids: ReadonlySet<string>) {
		this.#oids = oids;
	}

	push(chunk: Buffer): void {
		const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
		let from = 0;
		for (let at = bytes.indexOf(0); at !== -1; at = bytes.indexOf(0, from)) {
			this.#take(bytes.subarray(from, at));
			from = at + 1;
		}
		this.#rest = bytes.subarray(from);
	}

	#take(record: Buffer): void {
		if (this.#added !== null) {
			if (this.#added !== "") this.#add(this.#added, rawFromBytes(record));
			this.#added = null;
			return;
		}
		const text = record.toString("latin1");
		if (text.startsWith(":")) {
			const [, , , oid = ""] = text.split(" ");
			this.#added = this.#oids.has(oid) ? oid : "";
		} else {
			this.#commit = text.trim();
			this.#order += 1;
		}
	}

	#add(oid: string, path: RawPath): void {
		const paths = this.#paths.get(oid) ?? new Map<RawPath, Origin>();
		this.#paths.set(oid, paths);
		if (paths.has(path)) return;
		if (paths.size >= PATHS_MAX) this.#has_more = true;
		else paths.set(path, { commit: this.#commit, path, order: this.#order });
	}

	toOrigins(missing: string | null): Origins {
		return { of: new Map([...this.#paths].map(([oid, paths]) => [oid, [...paths.values()]])), missing, has_more: this.#has_more };
	}
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
