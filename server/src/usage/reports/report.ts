import { streamPages, toCsv } from "../../audit/stream.ts";
import { ApiError } from "../../core/error.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import type { StreamOutput } from "../../http/route.ts";
import { readUsageBySource, type SourceReportRow } from "../by-source/report-store.ts";
import { chooseDaysBySource, choosePeriod, GRANULARITY_SECONDS, type Granularity } from "../period.ts";
import { type Group, keyExists, type ReportQuery, type ReportRow, readUsage } from "./report-store.ts";

const ROWS_MAX = 100_000;
/** Rows written at a time; other requests are answered in between. */
const ROWS_PER_STEP = 1_000;
const OPTIONAL = ["key_id", "kid", "site_id", "operation", "source_id", "name", "network", "agent", "client"] as const;

/** What rows are counted by, beside the time and the code. `code`: nothing else. */
export type UsageGroup = Group | "source";

export interface UsageInput {
	tenant_id: string;
	key_id?: string;
	/** RFC 3339, inclusive; by default 24 hours before `to`. */
	from?: string;
	/** RFC 3339, exclusive; by default now. */
	to?: string;
	/** By default `hour`, and `day` by source, which has no other. */
	granularity?: Granularity;
	/** By default `code`, and `key` with a `key_id`. */
	group_by?: UsageGroup;
	/** The same as `group_by: "key"`. */
	by_key?: boolean;
	/** The same as `group_by: "secret"`; needs a `key_id`. */
	by_secret?: boolean;
}

export type UsageRow = Omit<ReportRow, "start"> & Partial<Omit<SourceReportRow, "start">> & { start: string };

export interface Usage {
	/** The requested period, widened to whole buckets in UTC. */
	from: string;
	to: string;
	granularity: Granularity;
	/** Ordered by start, what they are grouped by, and code. Rows without requests are omitted. */
	data: UsageRow[];
}

/**
 * Requests by code, summed over all nodes; normally up to a second behind. Minutes go back 48 hours, hours 90 days; by source, days go back
 * 35 days.
 * 400 `invalid_request` for a period that is not available in the granularity; 404 `not_found` for an unknown key.
 */
export async function usageReport(context: DatabaseContext, input: UsageInput): Promise<Usage> {
	const choose = input.group_by === "source" ? chooseDaysBySource : choosePeriod;
	const { from_ms, to_ms, granularity } = choose(input, context.clock.now());
	const query: ReportQuery = {
		tenant_id: input.tenant_id,
		from: new Date(from_ms),
		to: new Date(to_ms),
		bucket_seconds: GRANULARITY_SECONDS[granularity],
		rows_max: ROWS_MAX + 1,
	};
	const rows = await readReport(context, input, query);
	if (rows.length > ROWS_MAX) throw tooManyRows();
	const data = rows.map((row) => ({ ...row, start: row.start.toISOString() }));
	return { from: query.from.toISOString(), to: query.to.toISOString(), granularity, data };
}

function getGroup({ key_id, group_by, by_key, by_secret }: UsageInput): UsageGroup {
	if (group_by !== undefined) return group_by;
	if (key_id !== undefined) return by_secret ? "secret" : "key";
	return by_key ? "key" : "code";
}

function readReport(context: DatabaseContext, input: UsageInput, query: ReportQuery): Promise<(ReportRow | SourceReportRow)[]> {
	const { tenant_id, key_id = null } = input;
	return read(context, async (tx) => {
		if (key_id !== null && !(await keyExists(tx, tenant_id, key_id))) throw unknownKey(context, tenant_id);
		const group = getGroup(input);
		return group === "source" ? readUsageBySource(tx, query, key_id) : readUsage(tx, group, query, key_id);
	});
}

/** An API key also gets its tenant id: using a key of the wrong tenant is the likely mistake. */
function unknownKey(context: DatabaseContext, tenant_id: string): ApiError {
	if (context.actor.kind !== "key") return new ApiError("not_found", "There is no key with this id.");
	return new ApiError("not_found", `There is no key with this id in tenant ${tenant_id}, the tenant of the API key that sent this request.`);
}

function tooManyRows(): ApiError {
	return new ApiError(
		"invalid_request",
		`The response would have more than ${ROWS_MAX} rows. Ask for a shorter period, a coarser granularity, or a smaller group.`,
		{
			errors: [{ pointer: "/query/granularity", detail: "use a coarser granularity, a shorter period or one key_id" }],
		},
	);
}

async function* getPages({ data }: Usage): AsyncGenerator<string> {
	const grouped = OPTIONAL.filter((column) => data[0] !== undefined && column in data[0]);
	const columns: readonly (keyof UsageRow)[] = ["start", ...grouped, "code", "requests"];
	yield toCsv([columns]);
	for (let at = 0; at < data.length; at += ROWS_PER_STEP) {
		yield toCsv(data.slice(at, at + ROWS_PER_STEP).map((row) => columns.map((column) => row[column] ?? null)));
	}
}

async function usageCsv(context: DatabaseContext, input: UsageInput): Promise<StreamOutput> {
	const usage = await usageReport(context, input);
	const file_name = `usage-${usage.from.slice(0, 10)}.csv`;
	return streamPages({ pages: getPages(usage), media_type: "text/csv; charset=utf-8", file_name, release: () => undefined });
}

/** By media type: the whole report. */
export const USAGE_FORMATS = { "text/csv": usageCsv };
