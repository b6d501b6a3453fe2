/** The changes of keys that clients have sent (create, rotate, pause, resume, revoke), with the responses. */
import type { Forbidden } from "./journal.ts";

/** `rotate` begins a rotation, `replace` rotates at once; `clock` is the server's own completion of a safe rotation. */
export type Action = "create" | "pause" | "resume" | "revoke" | "rotate" | "replace" | "complete" | "cancel" | "clock";

/** The state of a key, including whether a rotation is in progress. */
export type State = "active" | "paused" | "active_replacing" | "paused_replacing" | "revoked";

const ENDS_REPLACING = { active_replacing: "active", paused_replacing: "paused" } as const;

/** The transition table; `none`: the key does not exist yet. Other transitions are impossible. */
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
	/** Null until the response arrives, and forever if the response was lost. */
	raw_key: string | null = null;
}

/** `done`: acknowledged. `unknown`: sent without a response, so it may or may not be committed. */
export interface Sent {
	readonly action: Action;
	readonly sent_at: number;
	readonly outcome: "done" | "unknown";
	readonly read_at: number;
	/** Identifies the audit entry of an acknowledged change. */
	readonly request_id: string;
	/** For a rotation and the change that ends it; null while unknown. */
	readonly rotation_id: string | null;
	/** A rotation without `overlap_seconds`: the server completes it when that is safe. */
	readonly held: boolean;
	readonly makes: Secret | null;
	readonly ends: Secret | null;
}

/** The live secrets of a key, and the current rotation. */
export interface InUse {
	readonly current: Secret | null;
	readonly old: Secret | null;
	readonly rotation: Sent | null;
}

/** A key as its client knows it. The name is unique, which identifies the row if the creation was never answered. */
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

	/** Every possible state: after a change without a response also the previous state. `none`: the key may not exist. */
	get possible(): (State | "none")[] {
		let states: (State | "none")[] = ["none"];
		for (const { action, outcome } of this.history) {
			const after = states.flatMap((state) => STEPS[action][state] ?? []);
			states = [...new Set(outcome === "done" ? after : [...states, ...after])];
		}
		return states;
	}

	/** Null if it is uncertain. */
	get state(): State | null {
		const [state, ...others] = this.possible;
		return state === undefined || state === "none" || others.length > 0 ? null : state;
	}

	/** Call it only if the state is certain. */
	get in_use(): InUse {
		return this.usedAfter(this.history.length - 1);
	}

	/** The live secrets after the change at an index of the history, according to the changes known to be done. */
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

	/** All secrets whose raw keys were returned, live or not. */
	get secrets(): Secret[] {
		return this.history.flatMap(({ makes }) => (makes?.raw_key == null ? [] : [makes]));
	}

	/** The expected code of a refusal; empty if the request must be accepted. Call it only if the state is certain. */
	refusalOf(secret: Secret): "" | "key_paused" | "key_rotated" | "key_revoked" {
		const { state } = this;
		const { current, old } = this.in_use;
		if (state === "revoked") return "key_revoked";
		if (secret !== current && secret !== old) return "key_rotated";
		return state === "paused" || state === "paused_replacing" ? "key_paused" : "";
	}

	/** Whether the secret may have ended, given what its client knows. */
	mayHaveEnded(secret: Secret): boolean {
		return this.history.some((sent, place) => sent.ends === secret || (sent.held && this.usedAfter(place - 1).current === secret));
	}

	/** When the secret must be refused: from the acknowledgement of its end, of a revocation, or of a pause until the resume was sent. */
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
	/** When the last acknowledged change was sent. */
	acknowledged_sent_at = 0;

	/** Removes keys that were never created. */
	dropUncreated(): void {
		const made = this.keys.filter((key) => key.history.length > 0);
		this.keys.splice(0, this.keys.length, ...made);
	}

	/** How many changes of each kind were done. */
	get acknowledged(): Readonly<Partial<Record<Action, number>>> {
		const counts: Partial<Record<Action, number>> = {};
		for (const key of this.keys) for (const { action, outcome } of key.history) if (outcome === "done") counts[action] = (counts[action] ?? 0) + 1;
		return counts;
	}
}
