import { pipeline, Transform } from "node:stream";
import { NESTED_BYTES_MAX } from "../archive/archive.ts";
import { beginsAsZip } from "../archive/directory.ts";
import { accessBuffer } from "../archive/random-access.ts";
import type { Located, Scan } from "../scan.ts";
import { type Git, hasSucceeded, startGit } from "./git.ts";

const LINE_FEED = 10;
const HEADER_BYTES_MAX = 256;
const MISSING = " missing";
/** After an object that git cannot read, it is started again, so often at most. */
const RESTARTS_MAX = 16;
const HEADER = /^[0-9a-f]{40,64} (?:missing|[a-z]+ [0-9]+)$/;
const SEARCHED = / (?:blob|commit|tag)$/;

export interface ObjectKeys {
	readonly oid: string;
	readonly type: string;
	readonly located: readonly Located[];
}

export interface Searched {
	readonly keys: ObjectKeys[];
	/** False if git could not read everything; what it could read is searched. */
	readonly complete: boolean;
	/** How many objects git answered for before it ended. */
	readonly answered: number;
	/** Whether git ended without an error. */
	readonly succeeded: boolean;
}

interface Open {
	readonly oid: string;
	readonly type: string;
	readonly bytes: number;
	left: number;
	/** The bytes so far, of an archive or a message, which are searched when they are complete. */
	collected: Buffer[] | null;
}

/**
 * Searches every blob, commit and tag of a repository, reachable or not, in the order in which they are stored. Git ends at an object that is damaged within:
 * the search goes on behind it.
 */
export async function searchAllObjects(git: Git, scan: Scan): Promise<{ keys: ObjectKeys[]; unread: "none" | "some" | "rest" }> {
	const keys: ObjectKeys[] = [];
	let unread: "none" | "some" | "rest" = "none";
	let done = 0;
	for (let starts = 0; starts <= RESTARTS_MAX; starts += 1) {
		const searched = await searchFrom(git, scan, done);
		keys.push(...searched.keys);
		if (!searched.complete) unread = "some";
		if (searched.succeeded) return { keys, unread };
		done += searched.answered + 1;
	}
	return { keys, unread: "rest" };
}

/** Searches all objects but the first `skip` of them. */
async function searchFrom(git: Git, scan: Scan, skip: number): Promise<Searched> {
	const list = startGit(git, ["cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname) %(objecttype)"]);
	let damaged = false;
	const wanted = pickSearched(skip, () => {
		damaged = true;
	});
	// A pipeline, unlike a pipe, also ends the list if the search ends early.
	const searched = await searchRequested(git, scan, (stdin) => pipeline(list.stdout, wanted, stdin, () => undefined));
	const listed = await hasSucceeded(list);
	return { ...searched, complete: searched.complete && listed && !damaged };
}

/** Searches the objects with these ids. */
export function searchObjects(git: Git, scan: Scan, oids: readonly string[]): Promise<Searched> {
	return searchRequested(git, scan, (stdin) => stdin.end(oids.map((oid) => `${oid}\n`).join("")));
}

/** Passes on the ids of the objects that are searched, but the first `skip`, from lines of id and type. Git calls a damaged object missing. */
function pickSearched(skip: number, onDamaged: () => void): Transform {
	let rest = "";
	let passed = 0;
	return new Transform({
		transform(chunk: Buffer, _encoding, done) {
			const lines = (rest + chunk.toString("latin1")).split("\n");
			rest = lines.pop() ?? "";
			if (lines.some((line) => line.endsWith(MISSING))) onDamaged();
			const searched = lines.filter((line) => SEARCHED.test(line));
			const wanted = searched.slice(Math.max(0, skip - passed));
			passed += searched.length;
			done(null, wanted.map((line) => `${line.slice(0, line.indexOf(" "))}\n`).join(""));
		},
	});
}

/**
 * Reads `git cat-file --batch`: for each object a line of id, type and size, then its bytes and a line feed. Of an object that is damaged within, git may send
 * fewer bytes than it says and go on: then what follows is not understood, and reading stops there.
 */
async function searchRequested(git: Git, scan: Scan, send: (stdin: NodeJS.WritableStream) => void): Promise<Searched> {
	const batch = startGit(git, ["cat-file", "--batch", "--buffer"]);
	send(batch.stdin);
	const answers = new Answers(git, scan);
	for await (const chunk of batch.stdout as AsyncIterable<Buffer>)
		if (!(await answers.push(chunk))) {
			batch.kill();
			break;
		}
	const succeeded = await hasSucceeded(batch);
	const whole = answers.end();
	return { keys: answers.keys, complete: answers.complete && succeeded && whole, answered: answers.answered, succeeded: succeeded && whole };
}

class Answers {
	readonly #git: Git;
	readonly #scan: Scan;
	readonly keys: ObjectKeys[] = [];
	complete = true;
	answered = 0;
	#header = "";
	#open: Open | null = null;
	#is_understood = true;

	constructor(git: Git, scan: Scan) {
		this.#git = git;
		this.#scan = scan;
	}

	/** False if the rest cannot be understood. */
	async push(chunk: Buffer): Promise<boolean> {
		for (let at = 0; at < chunk.length && this.#is_understood; ) {
			const open = this.#open;
			if (open === null) at = this.#readHeader(chunk, at);
			else if (open.left > 0) {
				const part = chunk.subarray(at, at + open.left);
				take(open, this.#scan, part);
				at += part.length;
			} else if (chunk[at] === LINE_FEED) {
				at += 1;
				await this.#close(open);
			} else this.#is_understood = false;
		}
		return this.#is_understood;
	}

	/** Whether all was understood to its end. */
	end(): boolean {
		if (this.#open !== null) this.#scan.searcher.end();
		return this.#is_understood && this.#open === null && this.#header === "";
	}

	#readHeader(chunk: Buffer, at: number): number {
		const end = chunk.indexOf(LINE_FEED, at);
		this.#header += chunk.toString("latin1", at, end === -1 ? Math.min(chunk.length, at + HEADER_BYTES_MAX) : end);
		if (this.#header.length > HEADER_BYTES_MAX || (end !== -1 && !HEADER.test(this.#header))) this.#is_understood = false;
		if (end === -1) return chunk.length;
		const [oid = "", type = "", size] = this.#header.split(" ");
		this.#header = "";
		if (size !== undefined) this.#open = { oid, type, bytes: Number(size), left: Number(size), collected: null };
		else {
			// It is missing, as in a partial clone.
			this.complete = false;
			this.answered += 1;
		}
		return end + 1;
	}

	async #close(open: Open): Promise<void> {
		const located = await closeObject(this.#git, this.#scan, open);
		if (located.length > 0) this.keys.push({ oid: open.oid, type: open.type, located });
		this.#open = null;
		this.answered += 1;
	}
}

/** How an object is shown whose path is not known. */
export function getName(oid: string): string {
	return `(object ${oid.slice(0, 12)})`;
}

function take(open: Open, scan: Scan, part: Buffer): void {
	const is_first = open.left === open.bytes;
	open.left -= part.length;
	const is_archive = is_first && open.type === "blob" && beginsAsZip(part);
	if (is_archive && open.bytes > NESTED_BYTES_MAX)
		scan.skip(getName(open.oid), "an archive of more than 64 MiB in the git history: it was not unpacked, but searched as it is");
	if (is_first && open.bytes <= NESTED_BYTES_MAX && (open.type !== "blob" || is_archive)) open.collected = [];
	if (open.collected !== null) open.collected.push(Buffer.from(part));
	else scan.searcher.push(part);
}

async function closeObject(git: Git, scan: Scan, open: Open): Promise<Located[]> {
	scan.countObject();
	const name = getName(open.oid);
	if (open.collected !== null) {
		const bytes = Buffer.concat(open.collected);
		const located = open.type === "blob" ? await scan.archive(name, accessBuffer(bytes)) : null;
		if (located !== null) return located;
		// A blank line separates the headers of a commit or tag from its message.
		scan.searcher.push(open.type === "blob" ? bytes : bytes.subarray(bytes.indexOf("\n\n") + 2));
	}
	return scan.locate(name, scan.searcher.end(), () => startGit(git, ["cat-file", open.type, open.oid]).stdout as AsyncIterable<Buffer>);
}
