import { ALL_TENANTS } from "../core/context.ts";
import { read } from "../database/transaction.ts";
import type { StreamOutput } from "../http/route.ts";
import { assertStillAllowed, type ChangeContext } from "./change.ts";
import type { ExportSlots } from "./export-slots.ts";
import { type EntryFilters, type EntryPosition, type EntryWindow, type EntryRow as Row, readEntries } from "./list-store.ts";
import { type EntryQuery, type OperatorEntryQuery, type ReaderContext, toFilters } from "./query.ts";
import { type OperatorEntryAnswer, toEntryResponse, toOperatorEntryResponse } from "./response.ts";
import { streamPages, toCsv } from "./stream.ts";

/** Rows in memory at a time. */
const ROWS_PER_STEP = 1_000;

export type ExportContext = ReaderContext & ChangeContext & { readonly audit_exports: ExportSlots };

type Entry = Partial<Pick<OperatorEntryAnswer, "tenant_id">> & Omit<OperatorEntryAnswer, "tenant_id">;

/** How entries are written; `head` stands before the first. */
interface Writer {
	readonly media_type: string;
	readonly extension: string;
	readonly head: (of_all: boolean) => string;
	readonly write: (entries: readonly Entry[]) => string;
}

const COLUMNS = [
	...["id", "at", "actor_kind", "actor_id", "actor_name", "action", "target_kind", "target_id", "target_name"],
	...["before", "after", "ip", "request_id"],
];

function toJsonText(value: unknown): string | null {
	return value === null ? null : JSON.stringify(value);
}

function toCells({ id, at, actor, action, target, before, after, ip, request_id, tenant_id }: Entry): (string | null)[] {
	const cells = [id, at, actor.kind, actor.id, actor.name, action, target.kind, target.id, target.name, toJsonText(before), toJsonText(after)];
	return [...(tenant_id === undefined ? [] : [tenant_id]), ...cells, ip, request_id];
}

const CSV: Writer = {
	media_type: "text/csv; charset=utf-8",
	extension: "csv",
	head: (of_all) => toCsv([of_all ? ["tenant_id", ...COLUMNS] : COLUMNS]),
	write: (entries) => toCsv(entries.map(toCells)),
};

const LINES: Writer = {
	media_type: "application/x-ndjson",
	extension: "ndjson",
	head: () => "",
	write: (entries) => entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""),
};

interface Export {
	readonly chain: string;
	readonly filters: EntryFilters;
	readonly toEntry: (row: Row) => Entry;
	readonly writer: Writer;
}

/**
 * The pages of an export. Each is read in a transaction of its own, after the caller was authorized again: a person who loses the right
 * gets no further page.
 */
async function* getPages(context: ExportContext, { chain, filters, toEntry, writer }: Export): AsyncGenerator<string> {
	let after: EntryPosition | null = null;
	const head = writer.head(chain === ALL_TENANTS);
	if (head !== "") yield head;
	for (;;) {
		await assertStillAllowed(context);
		const window: EntryWindow = { after, rows_max: ROWS_PER_STEP };
		const rows: Row[] = await read(context, (tx) => readEntries(tx, chain, filters, window));
		if (rows.length > 0) yield writer.write(rows.map(toEntry));
		after = rows.at(-1) ?? null;
		if (rows.length < ROWS_PER_STEP) return;
	}
}

function startExport(context: ExportContext, wanted: Export): StreamOutput {
	const { media_type, extension } = wanted.writer;
	const file_name = `audit-${new Date(context.clock.now()).toISOString().slice(0, 10)}.${extension}`;
	const release = context.audit_exports.take(wanted.chain);
	return streamPages({ pages: getPages(context, wanted), media_type, file_name, release });
}

type TenantExport = EntryQuery & { tenant_id: string };

async function exportOfTenant(context: ExportContext, { tenant_id, ...query }: TenantExport, writer: Writer): Promise<StreamOutput> {
	return startExport(context, { chain: tenant_id, filters: toFilters(query), toEntry: (row) => toEntryResponse(row, context.caller), writer });
}

async function exportOfAll(context: ExportContext, { tenant_id, ...query }: OperatorEntryQuery, writer: Writer): Promise<StreamOutput> {
	return startExport(context, { chain: tenant_id ?? ALL_TENANTS, filters: toFilters(query), toEntry: toOperatorEntryResponse, writer });
}

/** By media type: all entries that match, newest first; `limit` and `cursor` do not apply. 429 `rate_limited` beyond two at once per tenant. */
export const ENTRY_EXPORTS = {
	"text/csv": (context: ExportContext, input: TenantExport) => exportOfTenant(context, input, CSV),
	"application/x-ndjson": (context: ExportContext, input: TenantExport) => exportOfTenant(context, input, LINES),
};

export const ALL_ENTRY_EXPORTS = {
	"text/csv": (context: ExportContext, input: OperatorEntryQuery) => exportOfAll(context, input, CSV),
	"application/x-ndjson": (context: ExportContext, input: OperatorEntryQuery) => exportOfAll(context, input, LINES),
};
