import type { RandomAccess } from "./random-access.ts";

/** The central directory of a ZIP archive, after APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16 and 4.5.3. */
const ENTRIES_MAX = 200_000;
const BLOCK_BYTES = 256 * 1024;
const END_BYTES = 22;
const COMMENT_BYTES_MAX = 65_535;
const LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const HEADER_BYTES = 46;
const LOCAL_BYTES = 30;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const HEADER = 0x02014b50;
const LOCAL = 0x04034b50;
const ZIP64_EXTRA = 1;
/** A field with this value is in the ZIP64 extra field instead. */
const IN_EXTRA = 0xffffffff;

export interface Entry {
	/** As the archive has it: separators may be anything, and a name may lead out of the archive. It is shown, never opened. */
	readonly name: Buffer;
	readonly encrypted: boolean;
	readonly method: number;
	readonly compressed_bytes: number;
	readonly bytes: number;
	readonly header_at: number;
}

/** Why an archive, or one of its entries, cannot be read. The message is shown. */
export class UnreadableArchive extends Error {}

/** Files that are ZIP archives by their names. */
const ARCHIVE = /\.(?:apk|aab|ipa|zip|jar|aar|war|ear|whl|xpi|vsix|nupkg)$/i;

export function isArchiveName(path: string): boolean {
	return ARCHIVE.test(path);
}

/** Whether bytes begin as a ZIP archive does, an empty one included. */
export function beginsAsZip(bytes: Buffer): boolean {
	if (bytes.length < 4) return false;
	const signature = bytes.readUInt32LE(0);
	return signature === LOCAL || signature === END;
}

/** The entries of an archive, in the order of its directory. Throws `UnreadableArchive` where the directory is damaged, after the entries before it. */
export function* readDirectory(archive: RandomAccess): Generator<Entry> {
	const { at, bytes, shift, entries } = findDirectory(archive);
	const read = blockReader(archive);
	const end = at + bytes;
	let header_at = at;
	for (let index = 0; index < entries; index += 1) {
		if (index >= ENTRIES_MAX) throw new UnreadableArchive(`it has more than ${ENTRIES_MAX} entries; the others`);
		const header = read(header_at, HEADER_BYTES);
		if (header_at + HEADER_BYTES > end || header.length < HEADER_BYTES || header.readUInt32LE(0) !== HEADER)
			throw new UnreadableArchive("its directory is damaged");
		const name_bytes = header.readUInt16LE(28);
		const extra_bytes = header.readUInt16LE(30);
		const variable = read(header_at + HEADER_BYTES, name_bytes + extra_bytes);
		yield toEntry(header, variable.subarray(0, name_bytes), variable.subarray(name_bytes), shift);
		header_at += HEADER_BYTES + name_bytes + extra_bytes + header.readUInt16LE(32);
	}
}

function toEntry(header: Buffer, name: Buffer, extra: Buffer, shift: number): Entry {
	const wide = readZip64(extra);
	const take = (value: number): number => (value === IN_EXTRA ? (wide.shift() ?? value) : value);
	const bytes = take(header.readUInt32LE(24));
	const compressed_bytes = take(header.readUInt32LE(20));
	const header_at = take(header.readUInt32LE(42)) + shift;
	return {
		name: Buffer.from(name),
		encrypted: (header.readUInt16LE(8) & 1) === 1,
		method: header.readUInt16LE(10),
		compressed_bytes,
		bytes,
		header_at,
	};
}

/** The values of the ZIP64 extra field, in the order of the fields that they stand for: size, compressed size, offset. */
function readZip64(extra: Buffer): number[] {
	for (let at = 0; at + 4 <= extra.length; ) {
		const length = extra.readUInt16LE(at + 2);
		if (extra.readUInt16LE(at) === ZIP64_EXTRA) {
			const values = extra.subarray(at + 4, at + 4 + length);
			return Array.from({ length: Math.floor(values.length / 8) }, (_, index) => readWide(values, index * 8));
		}
		at += 4 + length;
	}
	return [];
}

function readWide(bytes: Buffer, at: number): number {
	const value = bytes.readBigUInt64LE(at);
	return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}

/** Where the directory is. `shift` is added to its offsets: bytes that were put before an archive, such as a self-extracting program, move it. */
function findDirectory(archive: RandomAccess): { at: number; bytes: number; shift: number; entries: number } {
	const from = Math.max(0, archive.size - END_BYTES - COMMENT_BYTES_MAX - LOCATOR_BYTES);
	const tail = archive.read(from, archive.size - from);
	for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
		if (tail[at] !== 0x50 || tail.readUInt32LE(at) !== END) continue;
		const entries = tail.readUInt16LE(at + 10);
		const bytes = tail.readUInt32LE(at + 12);
		const offset = tail.readUInt32LE(at + 16);
		const wide = at >= LOCATOR_BYTES ? readEnd64(archive, tail.subarray(at - LOCATOR_BYTES, at)) : null;
		if (wide !== null) return wide;
		const shift = from + at - bytes - offset;
		if (shift >= 0) return { at: offset + shift, bytes, shift, entries };
	}
	throw new UnreadableArchive("it has no directory: it is damaged or no ZIP archive");
}

function readEnd64(archive: RandomAccess, locator: Buffer): { at: number; bytes: number; shift: number; entries: number } | null {
	if (locator.readUInt32LE(0) !== LOCATOR64) return null;
	const end = archive.read(readWide(locator, 8), END64_BYTES);
	if (end.length < END64_BYTES || end.readUInt32LE(0) !== END64) return null;
	return { at: readWide(end, 48), bytes: readWide(end, 40), shift: 0, entries: readWide(end, 32) };
}

/** Reads through one block, since a directory is read from its beginning to its end. */
function blockReader(archive: RandomAccess): (at: number, length: number) => Buffer {
	let block: Buffer = Buffer.alloc(0);
	let block_at = 0;
	return (at, length) => {
		if (at < block_at || at + length > block_at + block.length) {
			block = archive.read(at, Math.max(length, BLOCK_BYTES));
			block_at = at;
		}
		return block.subarray(at - block_at, at - block_at + length);
	};
}

/** Where the data of an entry begins, by its local header. */
export function dataStart(archive: RandomAccess, entry: Entry): number {
	const local = archive.read(entry.header_at, LOCAL_BYTES);
	if (local.length < LOCAL_BYTES || local.readUInt32LE(0) !== LOCAL) throw new UnreadableArchive("it is damaged");
	return entry.header_at + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
}
