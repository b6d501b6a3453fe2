import { Readable } from "node:stream";
import { createInflateRaw } from "node:zlib";
import { beginsAsZip, dataStart, type Entry, readDirectory, UnreadableArchive } from "./directory.ts";
import { accessBuffer, type RandomAccess } from "./random-access.ts";

const STORED = 0;
const DEFLATED = 8;
/** The archive itself, and archives in it. */
const NESTING_MAX = 3;
/** All that is unpacked of one archive and of the archives in it. */
const OUTPUT_BYTES_MAX = 4 * 1024 ** 3;
/** An entry may grow by this factor; the first bytes are free, since short files of zeros are ordinary. */
const RATIO_MAX = 200;
const RATIO_FREE_BYTES = 32 * 1024 ** 2;
/** An archive in an archive is read into memory. */
export const NESTED_BYTES_MAX = 64 * 1024 ** 2;
const READ_BYTES = 256 * 1024;
const DAMAGED = "it is damaged";

/** What becomes of the entries. `inside` is the path in the archive, `!/` before each name. */
export interface ArchiveHandlers {
	content(inside: string, chunks: AsyncIterable<Buffer>, again: () => AsyncIterable<Buffer>): Promise<void>;
	skipped(inside: string, reason: string): void;
}

interface Budget {
	output_bytes: number;
}

/**
 * Unpacks an archive entry by entry. Returns false for what has no directory, and is searched as bytes then; damaged, encrypted and excessive entries are passed
 * to `skipped`, and the others are read.
 */
export async function readArchive(archive: RandomAccess, handlers: ArchiveHandlers): Promise<boolean> {
	return readNested({ archive, handlers, inside: "", depth: 1, budget: { output_bytes: 0 } });
}

interface Nested {
	readonly archive: RandomAccess;
	readonly handlers: ArchiveHandlers;
	readonly inside: string;
	readonly depth: number;
	readonly budget: Budget;
}

async function readNested(nested: Nested): Promise<boolean> {
	const { archive, handlers, inside, budget } = nested;
	let packed = 0;
	let entries = 0;
	try {
		for (const entry of readDirectory(archive)) {
			entries += 1;
			packed += entry.compressed_bytes;
			if (packed > archive.size) throw new UnreadableArchive("a bomb: its entries overlap; the others");
			if (budget.output_bytes >= OUTPUT_BYTES_MAX) throw new UnreadableArchive("it unpacks to more than 4 GiB; the rest");
			await readOne(nested, entry);
		}
	} catch (error) {
		if (!(error instanceof UnreadableArchive)) throw error;
		if (entries === 0) return false;
		handlers.skipped(inside, error.message);
	}
	return true;
}

async function readOne(nested: Nested, entry: Entry): Promise<void> {
	const { archive, handlers, depth, budget } = nested;
	const inside = `${nested.inside}!/${entry.name.toString("utf8")}`;
	if (entry.name.at(-1) === 0x2f && entry.bytes === 0) return;
	if (entry.encrypted) return handlers.skipped(inside, "it is encrypted");
	if (entry.method !== STORED && entry.method !== DEFLATED)
		return handlers.skipped(inside, `its compression, method ${entry.method}, is not supported`);
	const again = () => unpack(archive, entry, { output_bytes: 0 });
	const chunks = unpack(archive, entry, budget);
	try {
		const first = await chunks.next();
		if (first.done) return;
		if (!beginsAsZip(first.value)) return await handlers.content(inside, prepend(first.value, chunks), again);
		if (depth >= NESTING_MAX) return handlers.skipped(inside, `an archive more than ${NESTING_MAX} archives deep`);
		const bytes = await collect(prepend(first.value, chunks));
		if (bytes === null) return handlers.skipped(inside, "an archive of more than 64 MiB within another");
		const is_archive = await readNested({ ...nested, archive: accessBuffer(bytes), inside, depth: depth + 1 });
		if (!is_archive) await handlers.content(inside, Readable.from([bytes]), () => Readable.from([bytes]));
	} catch (error) {
		if (!(error instanceof UnreadableArchive)) throw error;
		handlers.skipped(inside, error.message);
	} finally {
		await chunks.return();
	}
}

/** The bytes of an entry. Throws `UnreadableArchive` if it is damaged or a bomb, after the bytes before. */
async function* unpack(archive: RandomAccess, entry: Entry, budget: Budget): AsyncGenerator<Buffer, void, undefined> {
	const packed = readPacked(archive, dataStart(archive, entry), entry.compressed_bytes);
	let bytes = 0;
	try {
		for await (const chunk of entry.method === STORED ? packed : inflate(packed)) {
			bytes += chunk.length;
			budget.output_bytes += chunk.length;
			if (bytes > RATIO_FREE_BYTES && bytes > RATIO_MAX * entry.compressed_bytes)
				throw new UnreadableArchive(`a bomb: it unpacks to more than ${RATIO_MAX} times its size; the rest`);
			if (budget.output_bytes > OUTPUT_BYTES_MAX) throw new UnreadableArchive("the archive unpacks to more than 4 GiB; the rest");
			yield chunk;
		}
	} catch (error) {
		throw error instanceof UnreadableArchive || !isZlibError(error) ? error : new UnreadableArchive(`${DAMAGED}; the rest`);
	}
	if (bytes < entry.bytes) throw new UnreadableArchive(`${DAMAGED}; the rest`);
}

function* readPacked(archive: RandomAccess, from: number, length: number): Generator<Buffer> {
	for (let at = 0; at < length; ) {
		const chunk = archive.read(from + at, Math.min(READ_BYTES, length - at));
		if (chunk.length === 0) return;
		yield chunk;
		at += chunk.length;
	}
}

async function* inflate(packed: Iterable<Buffer>): AsyncGenerator<Buffer> {
	const stream = createInflateRaw({ chunkSize: READ_BYTES });
	const source = Readable.from(packed);
	source.on("error", (error) => stream.destroy(error));
	yield* source.pipe(stream);
}

function isZlibError(error: unknown): boolean {
	return error instanceof Error && "code" in error && /^(?:Z_|ERR_)/.test(String(error.code));
}

async function* prepend(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
	yield first;
	yield* rest;
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer | null> {
	const parts: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of chunks) {
		bytes += chunk.length;
		if (bytes > NESTED_BYTES_MAX) return null;
		parts.push(Buffer.from(chunk));
	}
	return Buffer.concat(parts);
}
