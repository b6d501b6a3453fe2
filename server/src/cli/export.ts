import { once } from "node:events";
import { createWriteStream, existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import type { Writable } from "node:stream";
import { parseArgs } from "node:util";
import type { Config } from "../config.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { inSnapshot, type ReadTx } from "../database/transaction.ts";
import { settleUsage } from "../usage/settle.ts";
import { type Beside, openBesideServers } from "./beside.ts";
import {
	auditLines,
	documentLines,
	type ExportLine,
	instanceLines,
	keyLines,
	siteLines,
	teamLines,
	tenantLines,
	usageLines,
} from "./export-store.ts";
import { UsageError } from "./usage.ts";

const PRIVATE_FILE = 0o600;

export const EXPORT_HELP = `keywright-server export [--out FILE]

Writes everything that is no secret as JSON lines, one object each with its \`type\`: the API profile, plans, capabilities, permissions, formats of keys
from elsewhere, forward-auth rules, services, operators, tenants with their sites, members, invitations, keys, documents (not their content) and usage
by day, and the audit log. All of it as it was at one instant. Works while servers run, and while none does.

  --out FILE           a new file, for its owner only; by default standard output

Exit codes: 0 done, 1 something failed, 2 the command or the configuration is wrong.
`;

/** Everything that is exported, in an order in which nothing is named before it was told of. */
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

/** Writes the lines to `out`, no faster than they are taken; returns how many there were. */
export async function writeExport(beside: Pick<Beside, "database">, out: Writable): Promise<number> {
	return inSnapshot(beside.database, ALL_TENANTS, async (tx) => {
		let lines = 0;
		for await (const line of exportLines(tx)) {
			lines += 1;
			if (!out.write(`${JSON.stringify(line)}\n`)) await once(out, "drain");
		}
		return lines;
	});
}

function outOf(argv: readonly string[]): string | null {
	try {
		return parseArgs({ args: [...argv], options: { out: { type: "string" } } }).values.out ?? null;
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : "the options cannot be read");
	}
}

/** The file is there once it is whole. */
async function writeFileOf(beside: Beside, path: string): Promise<number> {
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

/** Runs `export`. Throws UsageError, and what the database or the file throws. */
export async function exportAll(config: Config, argv: readonly string[], version: string): Promise<void> {
	const out = outOf(argv);
	if (out !== null && existsSync(out)) throw new UsageError("the file of --out is there already: name a new one");
	const beside = await openBesideServers(config, version);
	try {
		await settleUsage(beside);
		const lines = out === null ? await writeExport(beside, process.stdout) : await writeFileOf(beside, out);
		process.stderr.write(`✓ ${lines.toLocaleString("en")} lines exported${out === null ? "" : ` to ${out}`}\n`);
	} finally {
		await beside.close();
	}
}
