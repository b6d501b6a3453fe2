import { DAY_MS } from "../ui/time-units.ts";

const PERIODS = ["day", "week", "month"] as const;
export type Period = (typeof PERIODS)[number];

const PERIOD_MS: Readonly<Record<Period, number>> = { day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS };
const TEXT_CHARACTERS_MAX = 128;
const ACTION = /^[a-z_]+(?:\.[a-z_]+)?$/;
const TENANT = /^[A-Za-z0-9_-]{1,64}$/;

/** The state of the page, as search parameters of the address. */
export interface AuditSearch {
	/** Id or kind of who did it. */
	readonly actor?: string;
	readonly action?: string;
	/** Id of what it was done to. */
	readonly target?: string;
	/** Up to now; not together with `from` and `to`. */
	readonly period?: Period;
	/** RFC 3339 times; `to` is exclusive. */
	readonly from?: string;
	readonly to?: string;
	/** For the operator: entries of one tenant. */
	readonly of?: string;
	/** Id of the entry that is open. */
	readonly entry?: string;
}

function textFrom(value: unknown, form: RegExp = /\S/): string | undefined {
	return typeof value === "string" && value.length <= TEXT_CHARACTERS_MAX && form.test(value) ? value : undefined;
}

function timeFrom(value: unknown): string | undefined {
	const time_ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
	return Number.isNaN(time_ms) ? undefined : new Date(time_ms).toISOString();
}

/** Parses the search parameters; ignores unknown or invalid ones, such as a period that ends before it begins. */
export function auditSearchFrom(search: Readonly<Record<string, unknown>>): AuditSearch {
	const [from, to] = [timeFrom(search.from), timeFrom(search.to)];
	const is_reversed = from !== undefined && to !== undefined && to <= from;
	const has_times = (from !== undefined || to !== undefined) && !is_reversed;
	const found: Record<keyof AuditSearch, string | undefined> = {
		actor: textFrom(search.actor),
		action: textFrom(search.action, ACTION),
		target: textFrom(search.target),
		period: has_times ? undefined : PERIODS.find((period) => period === search.period),
		from: is_reversed ? undefined : from,
		to: is_reversed ? undefined : to,
		of: textFrom(search.of, TENANT),
		entry: textFrom(search.entry),
	};
	return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** The search with some parameters changed; undefined removes one. */
export function withSearch(search: AuditSearch, changes: { readonly [Name in keyof AuditSearch]?: AuditSearch[Name] | undefined }): AuditSearch {
	return auditSearchFrom({ ...search, ...changes });
}

export function isFiltered({ entry: _entry, ...filters }: AuditSearch): boolean {
	return Object.keys(filters).length > 0;
}

/** The query of the API. The begin of a period is a whole minute, so that it does not differ at every render. */
export function toQuery({ actor, action, target, period, from, to }: AuditSearch, now_ms: number) {
	const begin = period === undefined ? from : new Date(Math.floor((now_ms - PERIOD_MS[period]) / 60_000) * 60_000).toISOString();
	return {
		...(actor === undefined ? {} : { actor }),
		...(action === undefined ? {} : { action }),
		...(target === undefined ? {} : { target }),
		...(begin === undefined ? {} : { from: begin }),
		...(to === undefined ? {} : { to }),
	};
}

/** An address of one entry: the list begins with it, so that it is on the first page however old it is. */
export function linkTo(entry: { readonly id: string; readonly at: string }, { of }: AuditSearch): AuditSearch {
	return withSearch({}, { of, entry: entry.id, to: new Date(Date.parse(entry.at) + 1).toISOString() });
}
