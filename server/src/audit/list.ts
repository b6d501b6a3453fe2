import { ALL_TENANTS } from "../core/context.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { isTime, type Page, type PageRequest, toPage, windowByTexts } from "../http/input/cursor.ts";
import { type EntryPosition, readEntries } from "./list-store.ts";
import { type EntryQuery, type OperatorEntryQuery, type ReaderContext, toFilters } from "./query.ts";
import { type EntryAnswer, type OperatorEntryAnswer, toEntryResponse, toOperatorEntryResponse } from "./response.ts";

const SEQ = /^[1-9]\d{0,15}$/;

function isPosition([at = "", , seq = ""]: readonly string[]): boolean {
	return isTime(at) && SEQ.test(seq);
}

function toPosition([at = "", chain = "", seq = ""]: readonly string[]): EntryPosition {
	return { at: new Date(at), chain, seq: Number(seq) };
}

async function readPage(context: DatabaseContext, chain: string, query: EntryQuery & PageRequest) {
	const window = windowByTexts(query, 3, isPosition);
	const after = window.after && toPosition(window.after);
	const filters = toFilters(query);
	const rows = await read(context, (tx) => readEntries(tx, chain, filters, { after, rows_max: window.rows_max }));
	return toPage(rows, window, ({ at, chain: of, seq }) => [at.toISOString(), of, String(seq)]);
}

/** A page of the tenant's audit entries, newest first. 400 `invalid_request` for a wrong cursor or period. */
export async function listEntries(context: ReaderContext, input: EntryQuery & PageRequest & { tenant_id: string }): Promise<Page<EntryAnswer>> {
	const { tenant_id, ...query } = input;
	const page = await readPage(context, tenant_id, query);
	return { ...page, data: page.data.map((row) => toEntryResponse(row, context.caller)) };
}

/** A page of the audit entries of all tenants, erased ones too, and of the operator, newest first; of one tenant with `tenant_id`. */
export async function listAllEntries(context: DatabaseContext, input: OperatorEntryQuery & PageRequest): Promise<Page<OperatorEntryAnswer>> {
	const { tenant_id = ALL_TENANTS, ...query } = input;
	const page = await readPage(context, tenant_id, query);
	return { ...page, data: page.data.map(toOperatorEntryResponse) };
}
