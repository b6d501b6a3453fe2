import { crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
	readonly name: string;
	readonly bytes: Buffer;
	/** Stored as it is; deflated by default. */
	readonly stored?: boolean;
	readonly encrypted?: boolean;
	readonly method?: number;
	/** Changes the packed bytes, to damage them. */
	readonly damage?: (packed: Buffer) => Buffer;
	/** Another entry's place, to make entries that overlap. */
	readonly at?: number;
}

/** A ZIP archive; with `zip64`, sizes and places stand in extra fields only. */
export function makeZip(entries: readonly ZipEntry[], zip64 = false): Buffer {
	const parts: Buffer[] = [];
	const headers: Buffer[] = [];
	let at = 0;
	for (const entry of entries) {
		const { name, bytes, stored = false } = entry;
		const deflated = stored ? bytes : deflateRawSync(bytes);
		const packed = entry.damage?.(deflated) ?? deflated;
		const method = entry.method ?? (stored ? 0 : 8);
		const local = Buffer.alloc(30);
		local.writeUInt32LE(0x04034b50, 0);
		local.writeUInt16LE(method, 8);
		local.writeUInt16LE(name.length, 26);
		const header = Buffer.alloc(46);
		header.writeUInt32LE(0x02014b50, 0);
		header.writeUInt16LE(entry.encrypted ? 1 : 0, 8);
		header.writeUInt16LE(method, 10);
		header.writeUInt32LE(crc32(bytes), 16);
		const place = entry.at ?? at;
		const wide = zip64 ? zip64Extra([bytes.length, packed.length, place]) : Buffer.alloc(0);
		header.writeUInt32LE(zip64 ? 0xffffffff : packed.length, 20);
		header.writeUInt32LE(zip64 ? 0xffffffff : bytes.length, 24);
		header.writeUInt16LE(name.length, 28);
		header.writeUInt16LE(wide.length, 30);
		header.writeUInt32LE(zip64 ? 0xffffffff : place, 42);
		headers.push(header, Buffer.from(name, "latin1"), wide);
		if (entry.at !== undefined) continue;
		parts.push(local, Buffer.from(name, "latin1"), packed);
		at += 30 + name.length + packed.length;
	}
	const directory = Buffer.concat(headers);
	return Buffer.concat([
		...parts,
		directory,
		...(zip64 ? end64(entries.length, directory.length, at) : []),
		end(entries.length, directory.length, at, zip64),
	]);
}

function zip64Extra(values: readonly number[]): Buffer {
	const extra = Buffer.alloc(4 + 8 * values.length);
	extra.writeUInt16LE(1, 0);
	extra.writeUInt16LE(8 * values.length, 2);
	for (const [index, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
	return extra;
}

function end(count: number, bytes: number, at: number, zip64: boolean): Buffer {
	const record = Buffer.alloc(22);
	record.writeUInt32LE(0x06054b50, 0);
	record.writeUInt16LE(zip64 ? 0xffff : count, 10);
	record.writeUInt32LE(zip64 ? 0xffffffff : bytes, 12);
	record.writeUInt32LE(zip64 ? 0xffffffff : at, 16);
	return record;
}

function end64(count: number, bytes: number, at: number): Buffer[] {
	const record = Buffer.alloc(56);
	record.writeUInt32LE(0x06064b50, 0);
	record.writeBigUInt64LE(BigInt(count), 32);
	record.writeBigUInt64LE(BigInt(bytes), 40);
	record.writeBigUInt64LE(BigInt(at), 48);
	const locator = Buffer.alloc(20);
	locator.writeUInt32LE(0x07064b50, 0);
	locator.writeBigUInt64LE(BigInt(at + bytes), 8);
	return [record, locator];
}
