import type { Entry } from "./queries.ts";
import type { AuditSearch } from "./search.ts";

export interface Item {
	readonly value: string;
	readonly label: string;
}

export interface ActorChoice {
	readonly group: string;
	readonly items: Item[];
}

export type TargetChoice = Item;

function kinds(product: string): Item[] {
	return [
		{ value: "member", label: "Any member" },
		{ value: "portal", label: "Anyone here by a portal link" },
		{ value: "operator", label: "The operator" },
		{ value: "key", label: "Any key" },
		{ value: "system", label: product },
	];
}

/** The first label of each value counts. Labels that several values share get the value, which distinguishes them. */
function distinct(items: readonly Item[]): Item[] {
	const by_value = new Map<string, string>();
	for (const { value, label } of items) if (!by_value.has(value)) by_value.set(value, label);
	const times = new Map<string, number>();
	for (const label of by_value.values()) times.set(label, (times.get(label) ?? 0) + 1);
	return Array.from(by_value, ([value, label]) => ({ value, label: (times.get(label) ?? 0) > 1 ? `${label} · ${value}` : label }));
}

/** Who can be filtered by: kinds, the people given, and those in the entries shown. */
export function actorChoices(entries: readonly Entry[], people: readonly Item[], product: string, { actor }: AuditSearch): ActorChoice[] {
	const groups = kinds(product);
	const seen = entries.flatMap((entry) => (entry.actor.id === null ? [] : [{ value: entry.actor.id, label: entry.actor.name ?? entry.actor.id }]));
	const chosen = actor === undefined || groups.some(({ value }) => value === actor) ? [] : [{ value: actor, label: actor }];
	const persons = distinct([...people, ...seen, ...chosen]);
	return [{ group: "Kinds", items: groups }, ...(persons.length === 0 ? [] : [{ group: "One of them", items: persons }])];
}

/** What can be filtered by: whatever is in the entries shown. */
export function targetChoices(entries: readonly Entry[], { target }: AuditSearch): TargetChoice[] {
	const seen = entries.map((entry) => ({ value: entry.target.id, label: entry.target.name ?? entry.target.id }));
	return distinct([...seen, ...(target === undefined ? [] : [{ value: target, label: target }])]);
}
