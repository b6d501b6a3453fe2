import { isSet } from "../http/search.ts";
import { ENVIRONMENTS, type Environment } from "./words.ts";

export const STATUSES = ["active", "paused", "expired", "revoked"] as const;
export type Status = (typeof STATUSES)[number];
export const SORTS = ["created", "name", "last_used", "expires", "rotation_due", "status"] as const;
export type Sort = (typeof SORTS)[number];
const ORDERS = ["asc", "desc"] as const;
export type Order = (typeof ORDERS)[number];

const TEXT_CHARACTERS_MAX = 200;

/** The list's filters and order, as search parameters of the address. */
export interface ListFilters {
	readonly search?: string;
	readonly environment?: Environment;
	readonly status?: Status;
	readonly integration?: string;
	readonly owner?: string;
	/** Only keys that need a person. */
	readonly attention?: true;
	readonly sort?: Sort;
	readonly order?: Order;
}

function getOneOf<const T extends string>(values: readonly T[], value: unknown): T | undefined {
	return values.find((known) => known === value);
}

/** The router parses `?search=42` as a number. */
function getText(value: unknown): string | undefined {
	const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
	return typeof text === "string" && text.trim() !== "" ? text.slice(0, TEXT_CHARACTERS_MAX) : undefined;
}

/** Parses the search parameters; ignores unknown or invalid ones. */
export function filtersFrom(search: Readonly<Record<string, unknown>>): ListFilters {
	const found: Record<keyof ListFilters, string | true | undefined> = {
		search: getText(search.search),
		environment: getOneOf(ENVIRONMENTS, search.environment),
		status: getOneOf(STATUSES, search.status),
		integration: getText(search.integration),
		owner: getText(search.owner),
		attention: isSet(search.attention) ? true : undefined,
		sort: getOneOf(SORTS, search.sort),
		order: getOneOf(ORDERS, search.order),
	};
	return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** Whether a filter is set; sorting is not a filter. */
export function isFiltered({ sort: _sort, order: _order, ...filters }: ListFilters): boolean {
	return Object.values(filters).some((value) => value !== undefined);
}

/** The order after a click on a column head: natural, reversed, then newest first again. */
export function sortedBy(filters: ListFilters, sort: Sort): Pick<ListFilters, "sort" | "order"> {
	const first = firstOrder(sort);
	if (filters.sort !== sort) return { sort, order: first };
	return filters.order === first ? { sort, order: first === "asc" ? "desc" : "asc" } : {};
}

/** Names from A, expiry from the nearest, last use from the latest, the status that needs a person most first. */
export function firstOrder(sort: Sort): Order {
	return sort === "created" || sort === "last_used" ? "desc" : "asc";
}
