import { RANGES, type Range } from "../usage/ranges.ts";

const ID_CHARACTERS_MAX = 128;
const CODE = /^[a-z_]{1,64}$/;
const BREAKDOWNS = ["key", "client"] as const;

export type Breakdown = (typeof BREAKDOWNS)[number];

/** The state of the page, as search parameters of the address. */
export interface ActivitySearch {
	/** Absent: 24 hours. */
	readonly period?: Range["id"];
	/** Why it was refused, by which key and by which client: filters of the list. */
	readonly code?: string;
	readonly key?: string;
	readonly client?: string;
	/** Only those that no right secret came with: they name no key. */
	readonly proven?: "false";
	/** Single refusals instead of groups. */
	readonly show?: "each";
	/** The order of groups; absent: the most first. */
	readonly sort?: "last";
	/** What the chart counts apart, instead of the time. */
	readonly by?: Breakdown;
	/** The request that is explained beside the list. */
	readonly explain?: string;
}

function textFrom(value: unknown, form: RegExp = /\S/): string | undefined {
	return typeof value === "string" && value.length <= ID_CHARACTERS_MAX && form.test(value) ? value : undefined;
}

/** Parses the search parameters; ignores unknown or invalid ones. */
export function activitySearchFrom(search: Readonly<Record<string, unknown>>): ActivitySearch {
	const period = RANGES.find(({ id }) => id === search.period)?.id;
	const found: Record<keyof ActivitySearch, string | undefined> = {
		period: period === "day" ? undefined : period,
		code: textFrom(search.code, CODE),
		key: textFrom(search.key),
		client: textFrom(search.client),
		proven: search.proven === "false" ? "false" : undefined,
		show: search.show === "each" ? "each" : undefined,
		sort: search.sort === "last" ? "last" : undefined,
		by: BREAKDOWNS.find((by) => by === search.by),
		explain: textFrom(search.explain),
	};
	return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** The search with some parameters changed; undefined removes one. */
export function withSearch(
	search: ActivitySearch,
	changes: { readonly [Name in keyof ActivitySearch]?: ActivitySearch[Name] | undefined },
): ActivitySearch {
	return activitySearchFrom({ ...search, ...changes });
}

/** No filter of the list. */
export const UNFILTERED = { code: undefined, key: undefined, client: undefined, proven: undefined } as const;

export function isFiltered({ code, key, client, proven }: ActivitySearch): boolean {
	return [code, key, client, proven].some((filter) => filter !== undefined);
}

/** The request id in a text that was pasted, such as one with spaces around or `urn:keywright:request:…`; null if it has none. */
export function requestIdFrom(text: string): string | null {
	return /(?:^|[^0-9A-Za-z_])(req_[0-9A-Za-z]{20})(?![0-9A-Za-z_])/.exec(text)?.[1] ?? null;
}
