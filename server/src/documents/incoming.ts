import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm, statfs } from "node:fs/promises";
import { assert } from "../core/error.ts";
import { documentFolder, documentPath, FILE_MODE, FOLDER_MODE, incomingFolder, incomingPath, isFull, storageFull, tenantFolder } from "./places.ts";

/** Free space that documents leave on their disk, so that a database on the same disk keeps working: the smaller of a size and a share. */
const FREE_BYTES_KEPT = 268_435_456;
const FREE_SHARE_KEPT = 0.05;

/** Size and hash of a document's content. */
export interface Digest {
	readonly size_bytes: number;
	readonly sha256: string;
}

/** Counts and hashes a stream of chunks. */
export class Measure {
	readonly #hash = createHash("sha256");
	size_bytes = 0;

	add(chunk: Buffer): void {
		this.size_bytes += chunk.length;
		this.#hash.update(chunk);
	}

	digest(): Digest {
		return { size_bytes: this.size_bytes, sha256: this.#hash.digest("hex") };
	}
}

/** Throws 507 `storage_full` when `bytes` more would leave less than the reserved free space. */
export async function assertRoom(uploads_dir: string, bytes: number): Promise<void> {
	await orStorageFull(() => mkdir(uploads_dir, { recursive: true, mode: FOLDER_MODE }));
	const { bavail, blocks, bsize } = await statfs(uploads_dir);
	const kept = Math.min(FREE_BYTES_KEPT, blocks * bsize * FREE_SHARE_KEPT);
	if (bavail * bsize - bytes < kept) throw storageFull(new Error(`${bavail * bsize} bytes are free for documents and ${bytes} more were asked for`));
}

/** The file of a running upload: named by the upload's id, and moved to the document's path once it is complete and flushed. */
export class IncomingFile {
	readonly #uploads_dir: string;
	readonly #path: string;
	readonly #measure = new Measure();
	#handle: FileHandle | null = null;

	constructor(uploads_dir: string, upload_id: string) {
		this.#uploads_dir = uploads_dir;
		this.#path = incomingPath(uploads_dir, upload_id);
	}

	async open(): Promise<void> {
		await orStorageFull(async () => {
			await mkdir(incomingFolder(this.#uploads_dir), { recursive: true, mode: FOLDER_MODE });
			this.#handle = await open(this.#path, "wx", FILE_MODE);
		});
	}

	async write(chunk: Buffer): Promise<void> {
		const handle = this.#opened();
		this.#measure.add(chunk);
		await orStorageFull(async () => {
			for (let written = 0; written < chunk.length; ) written += (await handle.write(chunk, written)).bytesWritten;
		});
	}

	/** Flushes and closes the file. The bytes then survive a power failure, but under a name that the sweep at the next start may remove. */
	async seal(): Promise<Digest> {
		const handle = this.#opened();
		await orStorageFull(() => handle.sync());
		await handle.close();
		return this.#measure.digest();
	}

	/** Moves the flushed file to the document's path, durably. */
	async place(tenant_id: string, document_id: string): Promise<void> {
		const folder = documentFolder(this.#uploads_dir, tenant_id, document_id);
		await orStorageFull(async () => {
			const first_made = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
			await rename(this.#path, documentPath(this.#uploads_dir, tenant_id, document_id));
			await syncFolder(folder);
			if (first_made === undefined) return;
			await syncFolder(tenantFolder(this.#uploads_dir, tenant_id));
			await syncFolder(this.#uploads_dir);
		});
	}

	/** Removes the upload's file. No effect after `place`. */
	async discard(): Promise<void> {
		await this.#handle?.close().catch(() => undefined);
		await rm(this.#path, { force: true });
	}

	#opened(): FileHandle {
		assert(this.#handle, "an incoming file is written before it is opened");
		return this.#handle;
	}
}

/** A rename is durable only after fsync of its directory. */
async function syncFolder(path: string): Promise<void> {
	const handle = await open(path, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

async function orStorageFull<T>(act: () => Promise<T>): Promise<T> {
	try {
		return await act();
	} catch (error) {
		throw isFull(error) ? storageFull(error) : error;
	}
}
