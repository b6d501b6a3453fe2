import type { Item } from "./queries.ts";

export const SHOWN = ["not_met", "unknown", "met"] as const;
export type Shown = (typeof SHOWN)[number];

/** The state of the page, as search parameters of the address. */
export interface ChecklistSearch {
	/** Shows items of this status only. */
	readonly show?: Shown;
	/** Shows the items of this key in place of the tenant's. */
	readonly key?: string;
}

const ID_CHARACTERS_MAX = 64;

/** Parses the search parameters; ignores unknown or invalid ones. */
export function checklistSearchFrom({ show, key }: Readonly<Record<string, unknown>>): ChecklistSearch {
	const shown = SHOWN.find((status) => status === show);
	return {
		...(shown === undefined ? {} : { show: shown }),
		...(typeof key === "string" && key !== "" && key.length <= ID_CHARACTERS_MAX ? { key } : {}),
	};
}

/** The items of one status, in the order of the server. */
export function groupItems(items: readonly Item[]): Readonly<Record<Shown, Item[]>> {
	const of = (wanted: Shown) => items.filter(({ status }) => status === wanted);
	return { not_met: of("not_met"), unknown: of("unknown"), met: of("met") };
}
