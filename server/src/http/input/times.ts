import { ApiError } from "../../core/error.ts";

/** The parameters `from` and `to` of a query, as RFC 3339 times; `to` is exclusive. */
export interface TimesQuery {
	readonly from?: string;
	readonly to?: string;
}

function invalidTimes(name: "from" | "to", detail: string): ApiError {
	return new ApiError("invalid_request", "The period is not valid; see `errors`.", { errors: [{ pointer: `/query/${name}`, detail }] });
}

/** JavaScript has no leap seconds, which RFC 3339 and so the schemas allow. */
function parseTime(name: "from" | "to", text: string): Date {
	const time = new Date(text.toUpperCase());
	if (!Number.isNaN(time.getTime())) return time;
	throw invalidTimes(name, "must be an RFC 3339 time, such as 2026-01-31T00:00:00Z");
}

/** 400 `invalid_request` for times that do not exist, and for a period that ends before it begins. */
export function parseTimes(query: TimesQuery): { readonly from?: Date; readonly to?: Date } {
	const from = query.from === undefined ? undefined : parseTime("from", query.from);
	const to = query.to === undefined ? undefined : parseTime("to", query.to);
	if (from !== undefined && to !== undefined && to <= from) throw invalidTimes("to", "must be after `from`");
	return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}
