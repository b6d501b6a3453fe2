import type { CallerContext } from "../core/caller.ts";
import type { DatabaseContext } from "../database/database.ts";
import { parseTimes } from "../http/input/times.ts";
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

/** 400 `invalid_request` for times that do not exist, and for a period that ends before it begins. */
export function toFilters(query: EntryQuery): EntryFilters {
	const { actor, action, target } = query;
	return {
		...(actor === undefined ? {} : { actor }),
		...(action === undefined ? {} : { action }),
		...(target === undefined ? {} : { target }),
		...parseTimes(query),
	};
}
