import { useState } from "react";
import { addRule, type Change, type Draft, discard, type Fault, getChanges, moveRule, removeRule, replaceRule, toDraft, undo } from "./draft.ts";
import type { SavedRules } from "./queries.ts";
import type { Rule } from "./rule.ts";

export type Faults = ReadonlyMap<number, readonly Fault[]>;

export interface DraftInHand {
	readonly state: Draft;
	readonly changes: readonly Change[];
	/** The server's last validation errors, until the rule is changed. */
	readonly faults: Faults;
	setFaults(faults: Faults): void;
	add(rule: Rule): void;
	replace(id: number, rule: Rule): void;
	move(id: number, by: -1 | 1): void;
	remove(id: number): void;
	undo(): void;
	discard(): void;
	/** Starts again from the saved rules. */
	begin(saved: SavedRules): void;
}

const NO_FAULTS: Faults = new Map();

/** The state of the draft and its actions. */
export function useDraft(saved: SavedRules): DraftInHand {
	const [state, setState] = useState(() => toDraft(saved.rules));
	const [faults, setFaults] = useState(NO_FAULTS);
	function forget(id: number): void {
		setFaults((known) => new Map([...known].filter(([of]) => of !== id)));
	}
	return {
		state,
		changes: getChanges(state),
		faults,
		setFaults,
		add: (rule) => setState((draft) => addRule(draft, rule)),
		replace(id, rule) {
			setState((draft) => replaceRule(draft, id, rule));
			forget(id);
		},
		move: (id, by) => setState((draft) => moveRule(draft, id, by)),
		remove: (id) => setState((draft) => removeRule(draft, id)),
		undo() {
			setState(undo);
			setFaults(NO_FAULTS);
		},
		begin(now) {
			setState(toDraft(now.rules));
			setFaults(NO_FAULTS);
		},
		discard() {
			setState(discard);
			setFaults(NO_FAULTS);
		},
	};
}
