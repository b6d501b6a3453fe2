import { type ArchiveHandlers, readArchive } from "./archive/archive.ts";
import { beginsAsZip, isArchiveName } from "./archive/directory.ts";
import type { RandomAccess } from "./archive/random-access.ts";
import { OpenFile } from "./files/file.ts";
import { type RawPath, toText } from "./files/path.ts";
import { getReason } from "./files/walk.ts";
import type { ImportedFormat } from "./search/formats.ts";
import { numberLines } from "./search/lines.ts";
import type { Environment, Identity } from "./search/raw-key.ts";
import { type Found, type Result, Searcher } from "./search/searcher.ts";
import { maskKeys, searchText } from "./search/text.ts";

/** Of a longer list, the first ones are reported, and how many more there are. */
const SKIPPED_MAX = 10_000;
/** Longer than any path of a system. */
const SHOWN_CHARACTERS_MAX = 8_192;

/** A key at one place, without its secret. */
export interface Finding {
	readonly path: string;
	/** From 1; null for a name of a file. */
	readonly line: number | null;
	/** The first commit with it, or null if it is in no commit. */
	readonly commit: string | null;
	readonly kid: string | null;
	readonly last4: string;
	readonly environment: Environment | null;
	readonly format: string;
	readonly kind: Identity["kind"];
	readonly matched_by: Identity["matched_by"];
}

export interface Skipped {
	readonly path: string;
	readonly reason: string;
}

/** A key in a content whose path is not known yet, as in the objects of a repository. */
export interface Located {
	readonly found: Found;
	readonly line: number;
	/** The path within an archive, or "". */
	readonly inside: string;
}

/** What one run of `scan` has found. Contents are searched one after the other, since they share one window. */
export class Scan {
	readonly formats: readonly ImportedFormat[];
	readonly searcher: Searcher;
	readonly #findings = new Map<string, Finding>();
	readonly skipped: Skipped[] = [];
	skipped_more = 0;
	files = 0;
	objects = 0;
	readonly #onStep: (scan: Scan) => void;

	/** `onStep` is called after each file and each object. */
	constructor(formats: readonly ImportedFormat[], onStep: (scan: Scan) => void = () => undefined) {
		this.formats = formats;
		this.#onStep = onStep;
		this.searcher = new Searcher(formats);
	}

	/** How many places keys were found at. */
	get found(): number {
		return this.#findings.size;
	}

	/** By path and line. */
	get findings(): Finding[] {
		const byPlace = (a: Finding, b: Finding) => (a.path === b.path ? (a.line ?? 0) - (b.line ?? 0) : a.path < b.path ? -1 : 1);
		return [...this.#findings.values()].sort(byPlace);
	}

	/** Keys in names are masked, as everywhere in the output; then a name that is very long, as an archive may have it, is cut. */
	maskPath(path: string): string {
		const masked = maskKeys(path, this.formats);
		return masked.length > SHOWN_CHARACTERS_MAX ? `${masked.slice(0, SHOWN_CHARACTERS_MAX)}…` : masked;
	}

	/** Adds a finding; the same key at the same path and line is one, with the commit if it has one. */
	add(path: string, located: Located, commit: string | null): void {
		const { found, line, inside } = located;
		this.#put(found, found.spelling, this.maskPath(path + inside), line, commit);
	}

	#put(identity: Identity, spelling: string, path: string, line: number | null, commit: string | null): void {
		const id = JSON.stringify([path, line, spelling]);
		const before = this.#findings.get(id);
		const { kid, last4, environment, format, kind, matched_by } = identity;
		this.#findings.set(id, { path, line, commit: before?.commit ?? commit, kid, last4, environment, format, kind, matched_by });
	}

	skip(path: string, reason: string): void {
		if (this.skipped.length < SKIPPED_MAX) this.skipped.push({ path: this.maskPath(path), reason });
		else this.skipped_more += 1;
	}

	countObject(): void {
		this.objects += 1;
		this.#onStep(this);
	}

	countFile(): void {
		this.files += 1;
		this.#onStep(this);
	}

	/** Searches the name of a file. */
	name(path: string): void {
		searchText(path, this.formats, (identity) => this.#put(identity, identity.kid ?? identity.last4, this.maskPath(path), null, null));
	}

	/** Searches the name and the content of a file. */
	async file(raw: RawPath, follow = false): Promise<void> {
		const path = toText(raw);
		this.countFile();
		this.name(path);
		let file: OpenFile;
		try {
			file = new OpenFile(raw, follow);
		} catch (error) {
			this.skip(path, getReason(error));
			return;
		}
		try {
			for (const located of await this.#openFile(path, file)) this.add(path, located, null);
		} catch (error) {
			this.skip(path, getReason(error));
		} finally {
			file.close();
		}
	}

	async #openFile(path: string, file: OpenFile): Promise<Located[]> {
		const count = file.readInto(this.searcher.space(), 0);
		if (count === 0) return [];
		if (isArchiveName(path) || beginsAsZip(this.searcher.space().subarray(0, count))) {
			const located = await this.archive(path, file);
			if (located !== null) return located;
			if (isArchiveName(path)) this.skip(path, "it cannot be unpacked: it is damaged or no archive; it was searched as it is");
		}
		for (let at = 0, read = file.readInto(this.searcher.space(), 0); read > 0; at += read, read = file.readInto(this.searcher.space(), at))
			this.searcher.filled(read);
		return this.locate(path, this.searcher.end(), () => file.chunks());
	}

	/** The keys in an archive; null if it is none. */
	async archive(path: string, archive: RandomAccess): Promise<Located[] | null> {
		const located: Located[] = [];
		const handlers: ArchiveHandlers = {
			content: async (inside, chunks, again) => {
				try {
					for await (const chunk of chunks) this.searcher.push(chunk);
				} finally {
					const found = await this.locate(path + inside, this.searcher.end(), again);
					located.push(...found.map((one) => ({ ...one, inside })));
				}
			},
			skipped: (inside, reason) => this.skip(path + inside, reason),
		};
		return (await readArchive(archive, handlers)) ? located : null;
	}

	/** The lines of what was found. `again` reads the content once more, if it was longer than the window. */
	async locate(path: string, { found, whole, has_more }: Result, again: () => AsyncIterable<Buffer> | Iterable<Buffer>): Promise<Located[]> {
		if (has_more) this.skip(path, `it has more than ${found.length} keys; the others`);
		if (found.length === 0) return [];
		const lines = await numberLines(found, whole === null ? untilDamaged(again()) : [whole]);
		return found.map((one, index) => ({ found: one, line: lines[index] ?? 1, inside: "" }));
	}
}

/** The second reading of a damaged content ends where the first did. */
async function* untilDamaged(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<Buffer> {
	try {
		yield* chunks;
	} catch {
		return;
	}
}
