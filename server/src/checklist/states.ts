import type { Evidence, Item, ItemName, Status } from "./item.ts";

/** The status of an item as it was stored, and since when it has it. */
export interface State {
	readonly status: Status;
	readonly since: Date;
}

export type States = Partial<Readonly<Record<ItemName, State>>>;

/** A change of an item from one status to another, with what was found by then. */
export interface Turn {
	readonly item: ItemName;
	readonly key_id: string | null;
	readonly from: Status;
	readonly to: Status;
	readonly evidence: Evidence;
	readonly at: Date;
}

/** The states after `items` were found at `now`, and what turned. `known` null: never evaluated before. */
export function toStates(known: States | null, items: readonly Item[], now: Date): { readonly states: States; readonly turns: Turn[] } {
	const turns: Turn[] = [];
	const states = Object.fromEntries(
		items.map(({ item, status, key_id, evidence }) => {
			const before = known?.[item];
			if (before?.status === status) return [item, before];
			// What a tenant starts with is no turn, except that something was found.
			const from = before?.status ?? "unknown";
			if (known !== null && from !== status) turns.push({ item, key_id, from, to: status, evidence, at: now });
			return [item, { status, since: now }];
		}),
	);
	return { states, turns };
}
