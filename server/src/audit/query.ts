import type { CallerContext } from "../core/caller.ts";
import { ApiError } from "../core/error.ts";
import type { DatabaseContext } from "../database/database.ts";
import type { EntryFilters } from "./list-store.ts";

/** Context of the actions that show a tenant's entries. */
export type ReaderContext = DatabaseContext & CallerContext;

/** Filters as they come in a query. */
export interface EntryQuery {
	readonly actor?: string;
	readonly action?: string;
	readonly target?: string;
	readonly from?: string;
	readonly to?: string;
}

/** For the operator: all entries, or those of one tenant. */
export interface OperatorEntryQuery extends EntryQuery {
	readonly tenant_id?: string;
}

/** JavaScript has no leap seconds, which RFC 3339 allows. */
function parseTime(name: "from" | "to", text: string): Date {
	const time = new Date(text.toUpperCase());
	if (!Number.isNaN(time.getTime())) return time;
	throw invalidPeriod(name, "must be an RFC 3339 time, such as 2026-01-31T00:00:00Z");
}

function invalidPeriod(name: "from" | "to", detail: string): ApiError {
	return new ApiError("invalid_request", "The period is not valid; see `errors`.", { errors: [{ pointer: `/query/${name}`, detail }] });
}

/** 400 `invalid_request` for times that do not exist, and for a period that ends before it begins. */
export function toFilters(query: EntryQuery): EntryFilters {
	const { actor, action, target } = query;
	const from = query.from === undefined ? undefined : parseTime("from", query.from);
	const to = query.to === undefined ? undefined : parseTime("to", query.to);
	if (from !== undefined && to !== undefined && to <= from) throw invalidPeriod("to", "must be after `from`");
	return {
		...(actor === undefined ? {} : { actor }),
		...(action === undefined ? {} : { action }),
		...(target === undefined ? {} : { target }),
		...(from === undefined ? {} : { from }),
		...(to === undefined ? {} : { to }),
	};
}
