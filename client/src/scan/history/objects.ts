import { Transform } from "node:stream";
import { NESTED_BYTES_MAX } from "../archive/archive.ts";
import { beginsAsZip } from "../archive/directory.ts";
import { accessBuffer } from "../archive/random-access.ts";
import type { Located, Scan } from "../scan.ts";
import { type Git, GitError, hasSucceeded, startGit } from "./git.ts";

const LINE_FEED = 10;
const HEADER_BYTES_MAX = 256;
const MISSING = " missing";
const SEARCHED = / (?:blob|commit|tag)$/;

export interface ObjectKeys {
	readonly oid: string;
	readonly type: string;
	readonly located: readonly Located[];
}

export interface Searched {
	readonly keys: ObjectKeys[];
	/** False if git could not read everything; what it could read is searched. */
	complete: boolean;
}

interface Open {
	readonly oid: string;
	readonly type: string;
	readonly bytes: number;
	left: number;
	/** The bytes so far, of an archive or a message, which are searched when they are complete. */
	collected: Buffer[] | null;
}

/** Searches every blob, commit and tag of a repository, reachable or not, in the order in which they are stored. */
export async function searchAllObjects(git: Git, scan: Scan): Promise<Searched> {
	const list = startGit(git, ["cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname) %(objecttype)"]);
	let damaged = false;
	const wanted = list.stdout.pipe(
		pickSearched(() => {
			damaged = true;
		}),
	);
	const searched = await searchObjects(git, scan, (stdin) => wanted.pipe(stdin));
	const listed = await hasSucceeded(list);
	return { keys: searched.keys, complete: searched.complete && listed && !damaged };
}

/** Searches the objects with these ids. */
export function searchObjectsOf(git: Git, scan: Scan, oids: readonly string[]): Promise<Searched> {
	return searchObjects(git, scan, (stdin) => stdin.end(oids.map((oid) => `${oid}\n`).join("")));
}

/** Passes on the ids of the objects that are searched, from lines of id and type. Git calls a damaged object missing. */
function pickSearched(onDamaged: () => void): Transform {
	let rest = "";
	return new Transform({
		transform(chunk: Buffer, _encoding, done) {
			const lines = (rest + chunk.toString("latin1")).split("\n");
			rest = lines.pop() ?? "";
			if (lines.some((line) => line.endsWith(MISSING))) onDamaged();
			done(null, lines.flatMap((line) => (SEARCHED.test(line) ? [`${line.slice(0, line.indexOf(" "))}\n`] : [])).join(""));
		},
	});
}

/** Reads `git cat-file --batch`: for each object a line of id, type and size, then its bytes and a line feed. */
async function searchObjects(git: Git, scan: Scan, send: (stdin: NodeJS.WritableStream) => void): Promise<Searched> {
	const batch = startGit(git, ["cat-file", "--batch", "--buffer"]);
	send(batch.stdin);
	const keys: ObjectKeys[] = [];
	let complete = true;
	let header = "";
	let open: Open | null = null;
	let ends_line = false;
	for await (const chunk of batch.stdout as AsyncIterable<Buffer>) {
		for (let at = 0; at < chunk.length; ) {
			if (ends_line) {
				ends_line = false;
				at += 1;
			} else if (open === null) {
				const end = chunk.indexOf(LINE_FEED, at);
				header += chunk.toString("latin1", at, end === -1 ? chunk.length : end);
				if (header.length > HEADER_BYTES_MAX) throw new GitError("git answered in a form that is not known");
				at = end === -1 ? chunk.length : end + 1;
				if (end === -1) continue;
				open = openObject(header);
				complete &&= open !== null;
				header = "";
			} else {
				const part = chunk.subarray(at, at + open.left);
				take(open, scan, part);
				at += part.length;
			}
			if (open !== null && open.left === 0) {
				const located = await closeObject(git, scan, open);
				if (located.length > 0) keys.push({ oid: open.oid, type: open.type, located });
				open = null;
				ends_line = true;
			}
		}
	}
	if (open !== null) scan.searcher.end();
	const succeeded = await hasSucceeded(batch);
	return { keys, complete: complete && succeeded };
}

/** Null for an object that is missing, as in a partial clone. */
function openObject(header: string): Open | null {
	const [oid = "", type = "", size = ""] = header.split(" ");
	if (!/^[0-9]+$/.test(size)) return null;
	return { oid, type, bytes: Number(size), left: Number(size), collected: null };
}

function take(open: Open, scan: Scan, part: Buffer): void {
	const is_first = open.left === open.bytes;
	open.left -= part.length;
	if (is_first && open.bytes <= NESTED_BYTES_MAX && (open.type !== "blob" || beginsAsZip(part))) open.collected = [];
	if (open.collected !== null) open.collected.push(Buffer.from(part));
	else scan.searcher.push(part);
}

async function closeObject(git: Git, scan: Scan, open: Open): Promise<Located[]> {
	scan.countObject();
	const name = `object ${open.oid.slice(0, 12)}`;
	if (open.collected !== null) {
		const bytes = Buffer.concat(open.collected);
		const located = open.type === "blob" ? await scan.archive(name, accessBuffer(bytes)) : null;
		if (located !== null) return located;
		// A blank line separates the headers of a commit or tag from its message.
		scan.searcher.push(open.type === "blob" ? bytes : bytes.subarray(bytes.indexOf("\n\n") + 2));
	}
	return scan.locate(name, scan.searcher.end(), () => startGit(git, ["cat-file", open.type, open.oid]).stdout as AsyncIterable<Buffer>);
}
