/** Bytes that can be read at any place: a file, or a buffer. */
export interface RandomAccess {
	readonly size: number;
	/** Fewer bytes than `length` at the end. */
	read(at: number, length: number): Buffer;
}

export function accessBuffer(bytes: Buffer): RandomAccess {
	return { size: bytes.length, read: (at, length) => bytes.subarray(at, at + length) };
}
