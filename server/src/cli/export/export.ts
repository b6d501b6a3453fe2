import { once } from "node:events";
import { createWriteStream, existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import type { Writable } from "node:stream";
import type { Config } from "../../config.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { inSnapshot, type ReadTx } from "../../database/transaction.ts";
import { aggregateUsage } from "../../usage/aggregate.ts";
import { type CommandResources, openBesideServers } from "../beside.ts";
import { UsageError } from "../usage.ts";
import { auditLines, documentLines, type ExportLine, instanceLines, keyLines, siteLines, teamLines, tenantLines, usageLines } from "./store.ts";

const PRIVATE_FILE = 0o600;

/** The record types of an export, ordered so that references point to earlier lines. */
async function* exportLines(tx: ReadTx): AsyncGenerator<ExportLine> {
	yield* instanceLines(tx);
	for await (const tenant of tenantLines(tx)) {
		yield tenant;
		yield* siteLines(tx, tenant.id);
		yield* teamLines(tx, tenant.id);
		yield* keyLines(tx, tenant.id);
		yield* documentLines(tx, tenant.id);
		yield* usageLines(tx, tenant.id);
	}
	yield* auditLines(tx);
}

/** Writes the lines to `out` with backpressure; returns their number. */
export async function writeExport(beside: Pick<CommandResources, "database">, out: Writable): Promise<number> {
	const write = async (tx: ReadTx): Promise<number> => {
		let lines = 0;
		for await (const line of exportLines(tx)) {
			lines += 1;
			if (!out.write(`${JSON.stringify(line)}\n`)) await once(out, "drain");
		}
		return lines;
	};
	return inSnapshot(beside.database, ALL_TENANTS, write, 0);
}

/** Writes a temporary file and renames it, so that the file exists only once it is complete. */
async function writeExportFile(beside: CommandResources, path: string): Promise<number> {
	const unfinished = `${path}.unfinished`;
	const file = createWriteStream(unfinished, { mode: PRIVATE_FILE, flags: "wx" });
	try {
		await once(file, "open");
		const lines = await writeExport(beside, file);
		file.end();
		await once(file, "close");
		await rename(unfinished, path);
		return lines;
	} catch (error) {
		file.destroy();
		await rm(unfinished, { force: true });
		throw error;
	}
}

/** Exports into the file, or to standard output for null. Throws UsageError and errors of the database and the file system. */
export async function exportAll(config: Config, out: string | null, version: string): Promise<void> {
	if (out !== null && existsSync(out)) throw new UsageError("the file of --out already exists: choose another name");
	const beside = await openBesideServers(config, version);
	try {
		await aggregateUsage(beside);
		const lines = out === null ? await writeExport(beside, process.stdout) : await writeExportFile(beside, out);
		process.stderr.write(`✓ ${lines.toLocaleString("en")} lines exported${out === null ? "" : ` to ${out}`}\n`);
	} finally {
		await beside.close();
	}
}
