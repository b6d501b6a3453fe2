import { existsSync } from "node:fs";
import type { Config } from "../../config.ts";
import { holdsSecret } from "../../core/secret-text.ts";
import { read } from "../../database/transaction.ts";
import type { KeysContext } from "../../keys/context.ts";
import { holdsImportedKey, type ImportedFormat } from "../../keys/imported/format.ts";
import { readImportedFormats } from "../../keys/imported/format-store.ts";
import { importKeys, surveyImport } from "../../keys/imported/import.ts";
import { formatTenant, type ImportInto, type ImportRow } from "../../keys/imported/row.ts";
import type { Validated } from "../../keys/imported/validate.ts";
import { checkPeppers } from "../../keys/secrets/pepper-check.ts";
import { existingPeppers, openBesideServers } from "../beside.ts";
import { Progress } from "../progress.ts";
import { UsageError } from "../usage.ts";
import { EXIT_REFUSED, readImportFile } from "./file.ts";
import type { ImportOptions } from "./options.ts";
import { ImportReport } from "./report.ts";
import { type RowDefaults, readRow } from "./row.ts";
import { isHashColumn, isUsed } from "./source.ts";

/** Maximum number of keys in one file: all are in memory, so that the whole file is validated before anything is written. */
const ROWS_MAX = 500_000;
const COLUMNS_NAMED_MAX = 50;

export const EXIT_INTERRUPTED = 130;

async function formatNamed(context: KeysContext, name: string): Promise<ImportedFormat> {
	const formats = await read(context, readImportedFormats);
	const found = formats.find((format) => format.name === name);
	if (found) return found;
	const declared = formats.length === 0 ? "none is declared" : `declared are ${formats.map((format) => format.name).join(", ")}`;
	throw new UsageError(`there is no format with this name (${declared}): declare it with PUT /api/v1/operator/legacy-formats/{name}`);
}

/** The importable keys of the file; the report lists the others. */
async function readRows(options: ImportOptions, defaults: RowDefaults, report: ImportReport): Promise<ImportRow[]> {
	const rows: ImportRow[] = [];
	const seen = new Map<string, number>();
	const columns_not_used = new Set<string>();
	const isHash = (column: string) => isHashColumn(column, options.source);
	for await (const record of readImportFile(options.file, { kind: options.kind, isHash })) {
		report.lines += 1;
		if (report.lines > ROWS_MAX) throw new UsageError(`the file contains more than ${ROWS_MAX.toLocaleString("en")} keys: split it`);
		if ("fault" in record) {
			report.refuse(record.line, record.fault);
			continue;
		}
		for (const column of record.fields.keys())
			if (columns_not_used.size < COLUMNS_NAMED_MAX && !isUsed(column, options.source)) columns_not_used.add(column);
		const found = readRow(record, defaults);
		if ("fault" in found) report.refuse(record.line, found.fault);
		else if ("skipped" in found) report.skipped[found.skipped] += 1;
		else {
			const name = found.row.sha256.toString("latin1");
			const earlier = seen.get(name);
			if (earlier === undefined) {
				seen.set(name, record.line);
				rows.push(found.row);
			} else report.refuse(record.line, `duplicates the key in line ${earlier}`);
		}
	}
	report.columns_not_used = [...columns_not_used].sort();
	return rows;
}

function addToReport(report: ImportReport, { row, outcome }: Validated): void {
	if (outcome === "there") report.already_there += 1;
	else if (outcome !== "new") {
		report.refuse(row.line, outcome.refused);
		const tenants = outcome.why === "tenant_missing" ? report.missing_tenants : outcome.why === "over_plan" ? report.over_plan : null;
		tenants?.set(formatTenant(row), (tenants.get(formatTenant(row)) ?? 0) + 1);
	}
}

function* getParts<T>(list: readonly T[], size: number): Generator<T[]> {
	for (let from = 0; from < list.length; from += size) yield list.slice(from, from + size);
}

async function survey(context: KeysContext, rows: readonly ImportRow[], options: ImportOptions, report: ImportReport): Promise<ImportRow[]> {
	const progress = new Progress("checking", { quiet: options.json });
	const used = new Map<string, number>();
	const fresh: ImportRow[] = [];
	let done = 0;
	for (const part of getParts(rows, options.batch)) {
		for (const validated of await surveyImport(context, part, used)) {
			addToReport(report, validated);
			if (validated.outcome === "new") fresh.push(validated.row);
		}
		done += part.length;
		progress.at(done, rows.length);
	}
	progress.end();
	report.new = fresh.length;
	return fresh;
}

/** Set by Ctrl-C: the current batch is completed, and no other is started. */
class Interruption {
	begun = false;
	readonly #onSignal = () => {
		this.begun = true;
	};

	constructor() {
		for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, this.#onSignal);
	}

	end(): void {
		for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeListener(signal, this.#onSignal);
	}
}

/** Sorted by tenant: few audit entries for each, and concurrent imports lock tenants in the same order. */
function byTenant(rows: readonly ImportRow[]): ImportRow[] {
	return rows
		.map((row) => ({ row, tenant: formatTenant(row) }))
		.sort((a, b) => (a.tenant < b.tenant ? -1 : a.tenant > b.tenant ? 1 : a.row.line - b.row.line))
		.map(({ row }) => row);
}

async function write(
	context: KeysContext,
	rows: readonly ImportRow[],
	work: { into: ImportInto; options: ImportOptions; report: ImportReport },
): Promise<void> {
	const { into, options, report } = work;
	const progress = new Progress("importing", { quiet: options.json });
	const interruption = new Interruption();
	let done = 0;
	for (const part of getParts(byTenant(rows), options.batch)) {
		report.interrupted = interruption.begun;
		if (interruption.begun) break;
		for (const validated of await importKeys(context, part, into)) {
			if (validated.outcome === "new") report.imported += 1;
			else addToReport(report, validated);
		}
		done += part.length;
		progress.at(done, rows.length);
	}
	interruption.end();
	progress.end();
}

async function run(context: KeysContext, options: ImportOptions): Promise<ImportReport> {
	await checkPeppers(context);
	const format = await formatNamed(context, options.format);
	const { source, tenant: tenant_id, environment, owner, permissions, dry_run, skip_refused } = options;
	const report = new ImportReport({ source, format: format.name, dry_run, skip_refused });
	const now = context.clock.now();
	const holds_secret = (text: string) => holdsSecret(text) || holdsImportedKey([format], text);
	const defaults = { source, tenant_id, environment, owner, permissions, prefix: format.prefix, now, holds_secret };
	const rows = await readRows(options, defaults, report);
	const fresh = await survey(context, rows, options, report);
	const blocked = report.refused > 0 && !options.skip_refused;
	if (!dry_run && !blocked) await write(context, fresh, { into: { format, source }, options, report });
	return report;
}

/** Runs `import`: validates the whole file, then writes. Returns the exit code. Throws UsageError, ImportFileError and errors of the database. */
export async function importFile(config: Config, options: ImportOptions, version: string): Promise<number> {
	if (options.file !== "-" && !existsSync(options.file)) throw new UsageError("the file does not exist");
	const peppers = existingPeppers(config);
	const beside = await openBesideServers(config, version);
	try {
		const report = await run(beside.context("import", peppers), options);
		process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : report.text());
		if (report.interrupted) return EXIT_INTERRUPTED;
		return report.refused > 0 && !options.skip_refused ? EXIT_REFUSED : 0;
	} finally {
		await beside.close();
	}
}
