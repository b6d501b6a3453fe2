import { type Rule, ruleName } from "./rule.ts";

/** A rule with an id that stays the same on this page through edits and moves. */
export interface Entry {
	readonly id: number;
	readonly rule: Rule;
}

/** The list as it will be saved and the saved list; `past` has the list before each step, for undo. */
export interface Draft {
	readonly saved: readonly Entry[];
	readonly entries: readonly Entry[];
	readonly past: readonly (readonly Entry[])[];
	readonly next_id: number;
}

const STEPS_MAX = 100;

export function toDraft(rules: readonly Rule[]): Draft {
	const entries = rules.map((rule, id) => ({ id, rule }));
	return { saved: entries, entries, past: [], next_id: entries.length };
}

function step(draft: Draft, entries: readonly Entry[]): Draft {
	return { ...draft, entries, past: [...draft.past, draft.entries].slice(-STEPS_MAX) };
}

/** Appends a rule, so that earlier rules still match first. */
export function addRule(draft: Draft, rule: Rule): Draft {
	return { ...step(draft, [...draft.entries, { id: draft.next_id, rule }]), next_id: draft.next_id + 1 };
}

export function replaceRule(draft: Draft, id: number, rule: Rule): Draft {
	return step(
		draft,
		draft.entries.map((entry) => (entry.id === id ? { id, rule } : entry)),
	);
}

export function removeRule(draft: Draft, id: number): Draft {
	return step(
		draft,
		draft.entries.filter((entry) => entry.id !== id),
	);
}

/** Moves a rule up or down; returns the same draft at either end. */
export function moveRule(draft: Draft, id: number, by: -1 | 1): Draft {
	const from = draft.entries.findIndex((entry) => entry.id === id);
	const to = from + by;
	const [moved, other] = [draft.entries[from], draft.entries[to]];
	if (moved === undefined || other === undefined) return draft;
	return step(
		draft,
		draft.entries.map((entry, index) => (index === from ? other : index === to ? moved : entry)),
	);
}

/** Undoes the last step. */
export function undo(draft: Draft): Draft {
	const entries = draft.past.at(-1);
	return entries ? { ...draft, entries, past: draft.past.slice(0, -1) } : draft;
}

/** Restores the saved list; this can be undone too. */
export function discard(draft: Draft): Draft {
	return step(draft, draft.saved);
}

export interface Change {
	readonly id: number;
	readonly kind: "added" | "removed" | "changed" | "moved";
	readonly text: string;
}

/** Capitalised for the beginning of a line. */
function named(rule: Rule): string {
	const name = ruleName(rule);
	return `${name[0]?.toUpperCase() ?? ""}${name.slice(1)}`;
}

function isSame(one: Rule, other: Rule): boolean {
	return JSON.stringify(one) === JSON.stringify(other);
}

/** The ids of `order` to move to get the order of `target`: all but a longest increasing subsequence. */
function movedIds(order: readonly number[], target: readonly number[]): Set<number> {
	const place = new Map(target.map((id, index) => [id, index]));
	const best: { length: number; before: number }[] = [];
	let last = -1;
	for (const [index, id] of order.entries()) {
		const own = { length: 1, before: -1 };
		for (let earlier = 0; earlier < index; earlier += 1) {
			const found = best[earlier];
			const in_order = (place.get(order[earlier] ?? -1) ?? 0) < (place.get(id) ?? 0);
			if (found && in_order && found.length >= own.length) Object.assign(own, { length: found.length + 1, before: earlier });
		}
		best.push(own);
		if (own.length > (best[last]?.length ?? 0)) last = index;
	}
	const staying = new Set<number>();
	for (let index = last; index >= 0; index = best[index]?.before ?? -1) staying.add(order[index] ?? -1);
	return new Set(order.filter((id) => !staying.has(id)));
}

/** What saving would change, in the order of the new list; removed rules come last. */
export function getChanges({ saved, entries }: Pick<Draft, "saved" | "entries">): Change[] {
	const before = new Map(saved.map((entry) => [entry.id, entry.rule]));
	const after = new Set(entries.map((entry) => entry.id));
	const kept_before = saved.filter(({ id }) => after.has(id)).map(({ id }) => id);
	const kept_after = entries.filter(({ id }) => before.has(id)).map(({ id }) => id);
	const moved = movedIds(kept_before, kept_after);
	const changes: Change[] = [];
	for (const [index, { id, rule }] of entries.entries()) {
		const earlier = before.get(id);
		if (!earlier) changes.push({ id, kind: "added", text: `${named(rule)} is added as rule ${index + 1}` });
		else if (!isSame(earlier, rule)) changes.push({ id, kind: "changed", text: changedText(earlier, rule) });
		if (moved.has(id)) changes.push({ id, kind: "moved", text: `${named(rule)} becomes rule ${index + 1}` });
	}
	for (const { id, rule } of saved) if (!after.has(id)) changes.push({ id, kind: "removed", text: `${named(rule)} is removed` });
	return changes;
}

const FIELD_WORDS = {
	pattern: "the path",
	methods: "the methods",
	permissions: "the permissions",
	capability: "the capability",
	cost: "the cost",
	limits: "the named limits",
	budgets: "the budgets",
	note: "the note",
} as const satisfies Record<keyof Rule, string>;

const FIELDS = ["pattern", "methods", "permissions", "capability", "cost", "limits", "budgets", "note"] as const;

function changedText(before: Rule, after: Rule): string {
	const fields = FIELDS.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field])).map((field) => FIELD_WORDS[field]);
	return `${named(before)} changes: ${fields.join(", ")}`;
}

/** The server's validation errors by entry; `entries` are those that were sent. */
export interface Fault {
	readonly field: string;
	readonly detail: string;
}

export function validate(errors: readonly { readonly pointer: string; readonly detail: string }[], entries: readonly Entry[]): Map<number, Fault[]> {
	const faults = new Map<number, Fault[]>();
	for (const { pointer, detail } of errors) {
		const [, index = "", field = ""] = /^\/rules\/(\d+)(?:\/([a-z_]+))?/.exec(pointer) ?? [];
		const entry = index === "" ? undefined : entries[Number(index)];
		if (entry) faults.set(entry.id, [...(faults.get(entry.id) ?? []), { field, detail }]);
	}
	return faults;
}
