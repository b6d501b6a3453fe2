import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { RandomAccess } from "../archive/random-access.ts";
import { type RawPath, toSystemPath } from "./path.ts";

const CHUNK_BYTES = 1024 * 1024;
/** How much is read of a file whose size is not known, as in /proc. */
const UNSIZED_BYTES_MAX = 16 * 1024 * 1024;
/** A pipe that took the place of a file since the walk must not block, and a link is not followed. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** An open regular file. It is read up to the size that it had when it was opened, so that a file that grows ends. */
export class OpenFile implements RandomAccess {
	readonly size: number;
	readonly #fd: number;

	/** Throws the system's error, also for what is no regular file. `follow` permits a link. */
	constructor(path: RawPath, follow = false) {
		this.#fd = openSync(toSystemPath(path), follow ? FLAGS & ~(constants.O_NOFOLLOW ?? 0) : FLAGS);
		const stats = fstatSync(this.#fd);
		if (!stats.isFile()) {
			this.close();
			throw Object.assign(new Error("not a regular file"), { code: "ENXIO" });
		}
		this.size = stats.size > 0 ? stats.size : UNSIZED_BYTES_MAX;
	}

	/** Reads into `target` from `at` on; returns how many bytes, 0 at the end. */
	readInto(target: Buffer, at: number): number {
		const length = Math.min(target.length, this.size - at);
		return length <= 0 ? 0 : readSync(this.#fd, target, 0, length, at);
	}

	read(at: number, length: number): Buffer {
		const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.size - at)));
		let done = 0;
		for (let count = 1; count > 0 && done < bytes.length; done += count) count = this.readInto(bytes.subarray(done), at + done);
		return bytes.subarray(0, done);
	}

	*chunks(): Generator<Buffer> {
		const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
		let at = 0;
		for (let count = this.readInto(chunk, at); count > 0; count = this.readInto(chunk, at)) {
			yield chunk.subarray(0, count);
			at += count;
		}
	}

	close(): void {
		closeSync(this.#fd);
	}
}
