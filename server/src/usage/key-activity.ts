import { ApiError } from "../core/error.ts";
import { HOUR_MS } from "../core/time.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { type HourRow, readExistingKeys, readKeyHours } from "./activity-report-store.ts";

const HOURS = 24;
export const ACTIVITY_KEYS_MAX = 100;

/** One hour of a key's requests. */
export interface ActivityHour {
	readonly start: string;
	readonly allowed: number;
	readonly refused: number;
	/** Refused requests with a revoked, replaced or expired secret. */
	readonly ended: number;
}

export interface KeyHours {
	readonly key_id: string;
	/** The current hour and the 23 before it, in UTC, oldest first. */
	readonly hours: ActivityHour[];
}

/**
 * Hourly requests of each key over 24 hours, in the order of `key_ids`; normally up to a second behind. One query for all keys.
 * 400 `invalid_request` unless 1 to 100 keys are named; 404 `not_found` when one is not a key of the tenant.
 */
export async function keysActivity(context: DatabaseContext, input: { tenant_id: string; key_ids: string }): Promise<{ data: KeyHours[] }> {
	const { tenant_id } = input;
	const key_ids = [...new Set(input.key_ids.split(",").filter((key_id) => key_id !== ""))];
	if (key_ids.length === 0 || key_ids.length > ACTIVITY_KEYS_MAX) throw wrongNumber();
	const running_ms = Math.floor(context.clock.now() / HOUR_MS) * HOUR_MS;
	const from_ms = running_ms - (HOURS - 1) * HOUR_MS;
	return read(context, async (tx) => {
		const existing = await readExistingKeys(tx, tenant_id, key_ids);
		if (existing.size < key_ids.length) throw new ApiError("not_found", "There is no API key with one of these ids.");
		const rows = Map.groupBy(await readKeyHours(tx, { tenant_id, key_ids, from: new Date(from_ms) }), (row) => row.key_id);
		return { data: key_ids.map((key_id) => ({ key_id, hours: hoursFrom(from_ms, rows.get(key_id) ?? []) })) };
	});
}

function hoursFrom(from_ms: number, rows: readonly HourRow[]): ActivityHour[] {
	const byStart = new Map(rows.map((row) => [row.start.getTime(), row]));
	return Array.from({ length: HOURS }, (_hour, index) => {
		const start_ms = from_ms + index * HOUR_MS;
		const row = byStart.get(start_ms);
		return { start: new Date(start_ms).toISOString(), allowed: row?.allowed ?? 0, refused: row?.refused ?? 0, ended: row?.ended ?? 0 };
	});
}

function wrongNumber(): ApiError {
	return new ApiError("invalid_request", `Name 1 to ${ACTIVITY_KEYS_MAX} keys in \`key_ids\`, separated by commas.`, {
		errors: [{ pointer: "/query/key_ids", detail: `must name 1 to ${ACTIVITY_KEYS_MAX} keys, separated by commas` }],
	});
}
