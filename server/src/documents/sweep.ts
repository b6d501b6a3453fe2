import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { record } from "../audit/record.ts";
import type { Clock } from "../core/clock.ts";
import { ALL_TENANTS } from "../core/context.ts";
import type { Log } from "../core/log.ts";
import { type Loop, startLoop } from "../core/loop.ts";
import type { Database } from "../database/database.ts";
import { type ReadTx, read } from "../database/transaction.ts";
import { incomingFolder, isDocumentFile, isIncomingFile, isMissing, tenantFolder, tenantOfFolder } from "./places.ts";
import { releaseUpload } from "./reserve.ts";
import { isTenantKnown, readDocumentsExisting, readUploadsExisting, readUploadsOlderThan } from "./store.ts";

const SWEEP_EVERY_MS = 1_800_000;
/** Longer than any request: an older unfinished upload belongs to a process that has ended. */
const DEAD_AFTER_SECONDS = 3_600;
const IDS_PER_READ = 500;
const FILES_PER_RUN_MAX = 10_000;

export interface SweepContext {
	readonly database: Database;
	readonly uploads_dir: string;
	readonly clock: Clock;
	readonly log: Log;
}

/** Ends the uploads that began at least `older_than_seconds` ago: releases their reservations and removes their files. */
export async function sweepUploads(context: SweepContext, older_than_seconds: number): Promise<void> {
	for (;;) {
		const ids = await reading(context, (tx) => readUploadsOlderThan(tx, older_than_seconds, IDS_PER_READ));
		for (const id of ids) await record(context, (tx) => releaseUpload(tx, id));
		if (ids.length > 0) context.log.warn({ uploads: ids.length }, "dead_uploads_ended");
		if (ids.length < IDS_PER_READ) break;
	}
	await removeOrphans(context, incomingFolder(context.uploads_dir), isIncomingFile, readUploadsExisting, older_than_seconds);
}

/** Removes files without a row: a bounded number of files for each run, which resumes where the previous one ended. */
export class FileSweep {
	readonly #context: SweepContext;
	/** The last folder visited, `<tenant's folder>/<shard>`; folders are visited in the order of their names. */
	#last = "";

	constructor(context: SweepContext) {
		this.#context = context;
	}

	/** True when this run has reached the last folder. */
	async run(files_max = FILES_PER_RUN_MAX): Promise<boolean> {
		const { uploads_dir } = this.#context;
		let files = 0;
		for (const tenant_name of await namesIn(uploads_dir)) {
			const tenant_id = tenantOfFolder(tenant_name);
			if (tenant_id === null || `${tenant_name}/~` < this.#last) continue;
			// The files of a tenant that is unknown to this database are kept: it may be the wrong database.
			if (!(await reading(this.#context, (tx) => isTenantKnown(tx, tenant_id)))) continue;
			for (const shard of await namesIn(join(uploads_dir, tenant_name))) {
				const place = `${tenant_name}/${shard}`;
				if (place <= this.#last) continue;
				const existing = (tx: ReadTx, ids: readonly string[]) => readDocumentsExisting(tx, tenant_id, ids);
				files += await removeOrphans(this.#context, join(uploads_dir, place), isDocumentFile, existing, DEAD_AFTER_SECONDS);
				this.#last = place;
				if (files >= files_max) return false;
			}
		}
		this.#last = "";
		return true;
	}
}

/**
 * Sweeps once and then every half hour. `single_node`: no other process uses this database and folder, so every unfinished upload at the start is
 * dead. Call it before the first upload can begin.
 */
export async function startSweep(context: SweepContext & { readonly single_node: boolean }): Promise<Loop> {
	await sweepUploads(context, context.single_node ? 0 : DEAD_AFTER_SECONDS);
	const files = new FileSweep(context);
	const loop = startLoop({
		name: "documents_sweep",
		every_ms: SWEEP_EVERY_MS,
		log: context.log,
		run: async () => {
			await sweepUploads(context, DEAD_AFTER_SECONDS);
			await files.run();
		},
	});
	void loop.kick();
	return loop;
}

function reading<T>(context: SweepContext, run: (tx: ReadTx) => Promise<T>): Promise<T> {
	return read({ database: context.database, scope: ALL_TENANTS }, run);
}

async function namesIn(folder: string): Promise<string[]> {
	try {
		return (await readdir(folder)).sort();
	} catch (error) {
		if (isMissing(error) || isNoFolder(error)) return [];
		throw error;
	}
}

function isNoFolder(error: unknown): boolean {
	return error instanceof Error && "code" in error && error.code === "ENOTDIR";
}

/** Removes the old files without a row from `folder`; returns the number of files examined. */
async function removeOrphans(
	context: SweepContext,
	folder: string,
	isOurs: (name: string) => boolean,
	readExisting: (tx: ReadTx, ids: readonly string[]) => Promise<Set<string>>,
	older_than_seconds: number,
): Promise<number> {
	const names = (await namesIn(folder)).filter(isOurs);
	for (let from = 0; from < names.length; from += IDS_PER_READ) {
		const ids = names.slice(from, from + IDS_PER_READ);
		const existing = await reading(context, (tx) => readExisting(tx, ids));
		for (const id of ids) if (!existing.has(id)) await removeIfOld(context, join(folder, id), older_than_seconds);
	}
	return names.length;
}

async function removeIfOld(context: SweepContext, path: string, older_than_seconds: number): Promise<void> {
	try {
		const { mtimeMs, ctimeMs } = await stat(path);
		if (Math.max(mtimeMs, ctimeMs) > context.clock.now() - older_than_seconds * 1000) return;
		await rm(path, { force: true });
		context.log.warn({ path }, "orphaned_file_removed");
	} catch (error) {
		if (!isMissing(error)) throw error;
	}
}

/** Removes all files of an erased tenant. The sweep removes what cannot be removed now. */
export async function deleteTenantFiles(uploads_dir: string, tenant_id: string): Promise<void> {
	await rm(tenantFolder(uploads_dir, tenant_id), { recursive: true, force: true });
}
