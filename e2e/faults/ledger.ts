/** What clients that create keys, replace their secrets, pause, resume and revoke them have sent, and what they were told of it. */
import type { Forbidden } from "./journal.ts";

/** `rotate` begins to replace a secret, `replace` does it at once; `clock` is the server's own completing of a rotation that has become safe. */
export type Action = "create" | "pause" | "resume" | "revoke" | "rotate" | "replace" | "complete" | "cancel" | "clock";

/** Whether it lives, and whether its secret is being replaced. */
export type State = "active" | "paused" | "active_replacing" | "paused_replacing" | "revoked";

const ENDS_REPLACING = { active_replacing: "active", paused_replacing: "paused" } as const;

/** From where each action leads where; `none`: there is no key yet. What is not here cannot happen. */
export const STEPS: Readonly<Record<Action, Readonly<Partial<Record<State | "none", State>>>>> = {
	create: { none: "active" },
	pause: { active: "paused", active_replacing: "paused_replacing" },
	resume: { paused: "active", paused_replacing: "active_replacing" },
	revoke: { active: "revoked", paused: "revoked", active_replacing: "revoked", paused_replacing: "revoked" },
	rotate: { active: "active_replacing", paused: "paused_replacing" },
	replace: { active: "active", paused: "paused" },
	complete: ENDS_REPLACING,
	cancel: ENDS_REPLACING,
	clock: ENDS_REPLACING,
};

/** One version of a key's secret, as its client knows it. */
export class Secret {
	/** Null while it was not told, and for good when the answer was lost. */
	raw_key: string | null = null;
}

/** `done` was acknowledged; `unknown` was sent, and whether it was carried out nobody said. */
export interface Sent {
	readonly action: Action;
	readonly sent_at: number;
	readonly outcome: "done" | "unknown";
	readonly read_at: number;
	/** Names the audit entry of a change that was acknowledged. */
	readonly request_id: string;
	/** Of a rotation and of what ends it; null while it is not known. */
	readonly rotation_id: string | null;
	/** A rotation without a time of its own: the server completes it when it has become safe. */
	readonly held: boolean;
	readonly makes: Secret | null;
	readonly ends: Secret | null;
}

/** The secrets of a key that work, and the rotation under way. */
export interface InUse {
	readonly current: Secret | null;
	readonly old: Secret | null;
	readonly rotation: Sent | null;
}

/** A key as its one client knows it. The name is its own, so that one whose creation was never answered can be found again. */
export class Key {
	readonly name: string;
	readonly tenant_id: string;
	/** Unknown until the creation was answered or its row was found. */
	id: string | null = null;
	readonly history: Sent[] = [];

	constructor(name: string, tenant_id: string) {
		this.name = name;
		this.tenant_id = tenant_id;
	}

	/** Every state in which it may be: after a change that nobody answered, the one before is possible too; none: it may not be there. */
	get possible(): (State | "none")[] {
		let states: (State | "none")[] = ["none"];
		for (const { action, outcome } of this.history) {
			const after = states.flatMap((state) => STEPS[action][state] ?? []);
			states = [...new Set(outcome === "done" ? after : [...states, ...after])];
		}
		return states;
	}

	/** Null when it is not known for certain. */
	get state(): State | null {
		const [state, ...others] = this.possible;
		return state === undefined || state === "none" || others.length > 0 ? null : state;
	}

	/** Call it in a state that is known for certain. */
	get in_use(): InUse {
		return this.usedAfter(this.history.length - 1);
	}

	/** What was in use after the change at a place of the history, by what is known to have been done up to there. */
	usedAfter(place: number): InUse {
		let used: InUse = { current: null, old: null, rotation: null };
		for (const sent of this.history.slice(0, place + 1)) {
			if (sent.outcome !== "done") continue;
			if (sent.action === "create" || sent.action === "replace") used = { ...used, current: sent.makes };
			else if (sent.action === "rotate") used = { current: sent.makes, old: used.current, rotation: sent };
			else if (sent.action === "complete" || sent.action === "clock") used = { ...used, old: null, rotation: null };
			else if (sent.action === "cancel") used = { current: used.old, old: null, rotation: null };
		}
		return used;
	}

	/** All whose raw keys were told, in use or not. */
	get secrets(): Secret[] {
		return this.history.flatMap(({ makes }) => (makes?.raw_key == null ? [] : [makes]));
	}

	/** With what a request is to be refused, empty when it is to be let in. Call it in a state that is known for certain. */
	refusalOf(secret: Secret): "" | "key_paused" | "key_rotated" | "key_revoked" {
		const { state } = this;
		const { current, old } = this.in_use;
		if (state === "revoked") return "key_revoked";
		if (secret !== current && secret !== old) return "key_rotated";
		return state === "paused" || state === "paused_replacing" ? "key_paused" : "";
	}

	/** Whether the secret may have ended by now, for all that its client knows. */
	mayHaveEnded(secret: Secret): boolean {
		return this.history.some((sent, place) => sent.ends === secret || (sent.held && this.usedAfter(place - 1).current === secret));
	}

	/** When the secret must be refused: from the acknowledgement of what ends it, or of a pause or revocation to the instant its taking back was sent. */
	forbidden(secret: Secret): Forbidden[] {
		const spans: { from: number; to: number }[] = [];
		const ended: Forbidden[] = [];
		for (const { action, outcome, sent_at, read_at, ends } of this.history) {
			const last = spans.at(-1);
			const open = last?.to === Number.POSITIVE_INFINITY;
			if (action === "resume" && open && last) last.to = sent_at;
			if (outcome !== "done") continue;
			if (!open && (action === "pause" || action === "revoke")) spans.push({ from: read_at, to: Number.POSITIVE_INFINITY });
			if (ends === secret) ended.push({ from: read_at, to: Number.POSITIVE_INFINITY });
		}
		return [...spans, ...ended];
	}
}

/** All keys of all clients of a run. */
export class Ledger {
	readonly keys: Key[] = [];
	/** When the last change that was acknowledged had been sent. */
	acknowledged_sent_at = 0;

	/** Forgets keys of which nothing was carried out. */
	forgetUnmade(): void {
		const made = this.keys.filter((key) => key.history.length > 0);
		this.keys.splice(0, this.keys.length, ...made);
	}

	/** How many changes of each kind were carried out. */
	get acknowledged(): Readonly<Partial<Record<Action, number>>> {
		const counts: Partial<Record<Action, number>> = {};
		for (const key of this.keys) for (const { action, outcome } of key.history) if (outcome === "done") counts[action] = (counts[action] ?? 0) + 1;
		return counts;
	}
}
