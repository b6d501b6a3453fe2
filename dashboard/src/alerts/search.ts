import type { RuleName } from "./queries.ts";
import { RULE_NAMES } from "./rules/words.ts";

const ID_CHARACTERS_MAX = 64;

/** The state of the page, as search parameters of the address. */
export interface AlertsSearch {
	/** Shows the alerts that were resolved instead of the open ones. */
	readonly show?: "resolved";
	/** Shows alerts about this key, or of this rule, only. */
	readonly key?: string;
	readonly rule?: RuleName;
	/** The alert that is open beside the list. */
	readonly alert?: string;
}

function idFrom(value: unknown): string | undefined {
	return typeof value === "string" && value !== "" && value.length <= ID_CHARACTERS_MAX ? value : undefined;
}

/** Parses the search parameters; ignores unknown or invalid ones. */
export function alertsSearchFrom(search: Readonly<Record<string, unknown>>): AlertsSearch {
	const found: Record<keyof AlertsSearch, string | undefined> = {
		show: search.show === "resolved" ? "resolved" : undefined,
		key: idFrom(search.key),
		rule: RULE_NAMES.find((name) => name === search.rule),
		alert: idFrom(search.alert),
	};
	return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}
