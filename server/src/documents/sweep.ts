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
/** No request lives as long: what is older than this and unfinished is of a process that ended. */
const DEAD_AFTER_SECONDS = 3_600;
const IDS_PER_READ = 500;
const FILES_PER_RUN_MAX = 10_000;

export interface SweepContext {
	readonly database: Database;
	readonly uploads_dir: string;
	readonly clock: Clock;
	readonly log: Log;
}

/** Ends the uploads that began at least `older_than_seconds` ago: what they reserved is given back, and what they wrote is removed. */
export async function sweepUploads(context: SweepContext, older_than_seconds: number): Promise<void> {
	for (;;) {
		const ids = await reading(context, (tx) => readUploadsOlderThan(tx, older_than_seconds, IDS_PER_READ));
		for (const id of ids) await record(context, (tx) => releaseUpload(tx, id));
		if (ids.length > 0) context.log.warn({ uploads: ids.length }, "dead_uploads_ended");
		if (ids.length < IDS_PER_READ) break;
	}
	await removeOrphans(context, incomingFolder(context.uploads_dir), isIncomingFile, readUploadsExisting, older_than_seconds);
}

/** Removes files that no row names, a bounded number of folders a call, going on where the call before ended. */
export class FileSweep {
	readonly #context: SweepContext;
	/** The folder that was swept last, as `<tenant's folder>/<shard>`; the next one follows it by name. */
	#last = "";

	constructor(context: SweepContext) {
		this.#context = context;
	}

	/** True when all folders have been visited since the last time it was true. */
	async run(files_max = FILES_PER_RUN_MAX): Promise<boolean> {
		const { uploads_dir } = this.#context;
		let files = 0;
		for (const tenant_name of await namesIn(uploads_dir)) {
			const tenant_id = tenantOfFolder(tenant_name);
			if (tenant_id === null || `${tenant_name}/~` < this.#last) continue;
			// Files of a tenant that this database has never had are not ours to remove: it may be the wrong database.
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
 * Sweeps once and then every half hour. `sole`: no other process uses this database and folder, so every unfinished upload at the start is dead;
 * to be called before the first upload can begin.
 */
export async function startSweep(context: SweepContext & { readonly sole: boolean }): Promise<Loop> {
	await sweepUploads(context, context.sole ? 0 : DEAD_AFTER_SECONDS);
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

/** Removes what has no row and is old enough from `folder`; returns how many files it looked at. */
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

/** Removes all files of a tenant whose rows are gone; what cannot be removed now, the sweep removes. */
export async function forgetTenantFiles(uploads_dir: string, tenant_id: string): Promise<void> {
	await rm(tenantFolder(uploads_dir, tenant_id), { recursive: true, force: true });
}
