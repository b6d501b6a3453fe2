import { RANGES } from "../../usage/ranges.ts";
import { CLIENT_SORTS, type ClientSort, SHOWN, type Shown } from "../clients/found.ts";

/** The parts of a key's page after the overview, each with an address of its own. */
export const PARTS = ["clients", "refusals", "versions", "settings"] as const;
export type Part = (typeof PARTS)[number];
export type Tab = "overview" | Part;

export type RangeId = (typeof RANGES)[number]["id"];

const TEXT_CHARACTERS_MAX = 200;

/** What the address of a key's page may name besides the key and the tab. */
export interface KeySearch {
	/** Clients: the part shown, the text searched for, and the order. */
	readonly show?: Shown;
	readonly find?: string;
	readonly by?: ClientSort;
	/** Requests and refusals: the period. Refusals: the code. */
	readonly period?: RangeId;
	readonly code?: string;
}

export function isPart(value: unknown): value is Part {
	return PARTS.some((part) => part === value);
}

/** The tab of a path's last segment; the overview for an unknown one. */
export function tabFrom(value: unknown): Tab {
	return isPart(value) ? value : "overview";
}

function getOne<const T extends string>(values: readonly T[], value: unknown): T | undefined {
	return values.find((known) => known === value);
}

/** The router parses `?find=42` as a number. */
function textFrom(value: unknown): string | undefined {
	const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
	return typeof text === "string" && text.trim() !== "" ? text.slice(0, TEXT_CHARACTERS_MAX) : undefined;
}

/** Parses the search parameters; ignores unknown or invalid ones. */
export function keySearchFrom(search: Readonly<Record<string, unknown>>): KeySearch {
	const code = textFrom(search.code);
	const found: Record<keyof KeySearch, string | undefined> = {
		show: getOne(SHOWN, search.show),
		find: textFrom(search.find),
		by: getOne(CLIENT_SORTS, search.by),
		period: getOne(
			RANGES.map(({ id }) => id),
			search.period,
		),
		code: code !== undefined && /^[a-z_]{1,64}$/.test(code) ? code : undefined,
	};
	return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}
