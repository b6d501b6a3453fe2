import { assertStillAllowed, type ChangeContext } from "../../audit/change.ts";
import { streamPages, toCsv } from "../../audit/stream.ts";
import { DAY_MS, HOUR_MS } from "../../core/time.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { isTime, type Page, type PageRequest, toPage, windowByTexts } from "../../http/input/cursor.ts";
import type { StreamOutput } from "../../http/route.ts";
import { choosePeriod } from "../period.ts";
import { readUsageSeen } from "../sources/progress-store.ts";
import { type HourRow, type HoursWindow, readHours } from "./hours-store.ts";

/** Rows in memory at a time. */
const ROWS_PER_STEP = 1_000;
/** An export groups this much at a time, so that each of its queries is short. */
const STEP_MS = 6 * HOUR_MS;

export interface HoursInput {
	/** RFC 3339, inclusive; by default 24 hours before `to`. */
	readonly from?: string;
	/** RFC 3339, exclusive; by default, and at most, the end of the last complete hour. */
	readonly to?: string;
	readonly tenant_id?: string;
}

/** Requests of one tenant in one hour. */
export interface HourOfTenant {
	/** Names tenant and hour: an export that is repeated has the same row under the same id. */
	readonly id: string;
	readonly tenant_id: string;
	readonly external_id: string | null;
	readonly hour: string;
	readonly allowed: number;
	readonly refused: number;
}

interface Hours {
	readonly from: Date;
	readonly to: Date;
	readonly complete_until: Date;
}

/** The complete hours of the requested period. 400 `invalid_request` for a period that is not available by the hour. */
async function chooseHours(context: DatabaseContext, input: HoursInput): Promise<Hours> {
	const { until_ms } = await read(context, readUsageSeen);
	const complete_ms = Math.floor(until_ms / HOUR_MS) * HOUR_MS;
	const wanted = choosePeriod({ ...input, granularity: "hour" }, context.clock.now());
	const to_ms = Math.min(wanted.to_ms, complete_ms);
	const from_ms = input.from === undefined ? to_ms - DAY_MS : wanted.from_ms;
	return { from: new Date(from_ms), to: new Date(Math.max(from_ms, to_ms)), complete_until: new Date(complete_ms) };
}

function toHour({ tenant_id, external_id, hour, allowed, refused }: HourRow): HourOfTenant {
	const start = hour.toISOString();
	return { id: `${tenant_id}/${start}`, tenant_id, external_id, hour: start, allowed, refused };
}

/**
 * Requests of all tenants by complete hours, for billing. Rows are totals: who stores them under their `id` counts nothing twice, however often
 * the export is repeated.
 */
export async function listHours(context: DatabaseContext, input: HoursInput & PageRequest): Promise<Page<HourOfTenant> & { complete_until: string }> {
	const { from, to, complete_until } = await chooseHours(context, input);
	const window = windowByTexts(input, 2, ([hour = ""]) => isTime(hour));
	const [hour, tenant_id] = window.after ?? [];
	const after = hour === undefined || tenant_id === undefined ? null : { hour: new Date(hour), tenant_id };
	const rows = await read(context, (tx) => readHours(tx, { from, to, tenant_id: input.tenant_id ?? null, after, rows_max: window.rows_max }));
	const page = toPage(rows.map(toHour), window, (row) => [row.hour, row.tenant_id]);
	return { ...page, complete_until: complete_until.toISOString() };
}

/** The caller is authorized again before each step: an operator who is removed gets no further rows. */
async function* getRows(context: ChangeContext, { from, to }: Hours, tenant_id: string | null): AsyncGenerator<HourOfTenant[]> {
	for (let at = from.getTime(); at < to.getTime(); at += STEP_MS) {
		const step = { from: new Date(at), to: new Date(Math.min(at + STEP_MS, to.getTime())), tenant_id, rows_max: ROWS_PER_STEP };
		await assertStillAllowed(context);
		for (let after: HoursWindow["after"] = null; ; ) {
			const rows: HourRow[] = await read(context, (tx) => readHours(tx, { ...step, after }));
			if (rows.length > 0) yield rows.map(toHour);
			after = rows.at(-1) ?? null;
			if (rows.length < ROWS_PER_STEP) break;
		}
	}
}

const COLUMNS = ["id", "tenant_id", "external_id", "hour", "allowed", "refused"] as const;

async function* toCsvPages(rows: AsyncGenerator<HourOfTenant[]>): AsyncGenerator<string> {
	yield toCsv([COLUMNS]);
	for await (const some of rows) yield toCsv(some.map((row) => COLUMNS.map((column) => row[column])));
}

async function* toLines(rows: AsyncGenerator<HourOfTenant[]>): AsyncGenerator<string> {
	for await (const some of rows) yield some.map((row) => `${JSON.stringify(row)}\n`).join("");
}

const CSV = { media_type: "text/csv; charset=utf-8", extension: "csv", write: toCsvPages };
const LINES = { media_type: "application/x-ndjson", extension: "ndjson", write: toLines };

async function exportHours(context: ChangeContext, input: HoursInput, { media_type, extension, write }: typeof CSV): Promise<StreamOutput> {
	const hours = await chooseHours(context, input);
	const file_name = `usage-by-hour-${hours.from.toISOString().slice(0, 13)}.${extension}`;
	return streamPages({ pages: write(getRows(context, hours, input.tenant_id ?? null)), media_type, file_name, release: () => undefined });
}

/** By media type: all rows of the period; `limit` and `cursor` do not apply. */
export const HOURS_FORMATS = {
	"text/csv": (context: ChangeContext, input: HoursInput) => exportHours(context, input, CSV),
	"application/x-ndjson": (context: ChangeContext, input: HoursInput) => exportHours(context, input, LINES),
};
