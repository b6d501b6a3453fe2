import { ApiError } from "../core/error.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { choosePeriod, GRANULARITY_SECONDS, type Granularity } from "./period.ts";
import { keyExists, type ReportQuery, type ReportRow, readKeyUsage, readSecretUsage, readTenantUsage } from "./report-store.ts";

const ROWS_MAX = 100_000;

export interface UsageInput {
	tenant_id: string;
	key_id?: string;
	/** RFC 3339, inclusive; by default 24 hours before `to`. */
	from?: string;
	/** RFC 3339, exclusive; by default now. */
	to?: string;
	/** By default `hour`. */
	granularity?: Granularity;
	/** One row per key instead of one for all keys. */
	by_key?: boolean;
	/** One row per secret of `key_id`. */
	by_secret?: boolean;
}

export interface Usage {
	/** The requested period, widened to whole buckets in UTC. */
	from: string;
	to: string;
	granularity: Granularity;
	/** Ordered by start, key_id, kid, code. Rows without requests are omitted. */
	data: { start: string; key_id?: string; kid?: string; code: string; requests: number }[];
}

/**
 * Requests by code, summed over all nodes; normally up to a second behind. Minutes go back 48 hours, hours 90 days.
 * 400 `invalid_request` for a period that is not available in the granularity; 404 `not_found` for an unknown key.
 */
export async function usageReport(context: DatabaseContext, input: UsageInput): Promise<Usage> {
	const { from_ms, to_ms, granularity } = choosePeriod(input, context.clock.now());
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

function readReport(context: DatabaseContext, { tenant_id, key_id, by_key, by_secret }: UsageInput, query: ReportQuery): Promise<ReportRow[]> {
	return read(context, async (tx) => {
		if (key_id !== undefined && !(await keyExists(tx, tenant_id, key_id))) throw unknownKey(context, tenant_id);
		if (key_id !== undefined) return by_secret ? readSecretUsage(tx, query, key_id) : readKeyUsage(tx, query, key_id);
		return by_key ? readKeyUsage(tx, query, null) : readTenantUsage(tx, query);
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
		`The response would have more than ${ROWS_MAX} rows. Ask for a shorter period, a coarser granularity, or one key.`,
		{
			errors: [{ pointer: "/query/granularity", detail: "use a coarser granularity, a shorter period or one key_id" }],
		},
	);
}
