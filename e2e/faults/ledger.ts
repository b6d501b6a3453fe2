/** What clients that create, pause, resume and revoke have sent, and what they were told of it. */
import type { Forbidden } from "./journal.ts";

export type Action = "create" | "pause" | "resume" | "revoke";

export const AUDIT_ACTION: Readonly<Record<Action, string>> = {
	create: "key.created",
	pause: "key.paused",
	resume: "key.resumed",
	revoke: "key.revoked",
};

/** `done` was acknowledged; `unknown` was sent, and whether it was carried out nobody said. */
export interface Sent {
	readonly action: Action;
	readonly sent_at: number;
	readonly outcome: "done" | "unknown";
	readonly read_at: number;
	/** Names the audit entry of a change that was acknowledged. */
	readonly request_id: string;
}

export type State = "active" | "paused" | "revoked";

const AFTER: Readonly<Record<Action, State>> = { create: "active", pause: "paused", resume: "active", revoke: "revoked" };

/** A key as its one client knows it. The name is its own, so that one whose creation was never answered can be found again. */
export class Key {
	readonly name: string;
	readonly tenant_id: string;
	/** Unknown until the creation was answered or its row was found. */
	id: string | null = null;
	raw_key: string | null = null;
	readonly history: Sent[] = [];

	constructor(name: string, tenant_id: string) {
		this.name = name;
		this.tenant_id = tenant_id;
	}

	/** Every state in which it may be: after a change that nobody answered, the one before is possible too; null: it may not be there. */
	get possible(): (State | null)[] {
		let states: (State | null)[] = [null];
		for (const { action, outcome } of this.history) states = outcome === "done" ? [AFTER[action]] : [...new Set([...states, AFTER[action]])];
		return states;
	}

	/** Null when it is not known for certain. */
	get state(): State | null {
		const states = this.possible;
		return states.length === 1 ? (states[0] ?? null) : null;
	}

	/** When it must be refused: from the acknowledgement of a pause or revocation to the instant its taking back was sent. */
	forbidden(): Forbidden[] {
		const spans: { from: number; to: number }[] = [];
		for (const { action, outcome, sent_at, read_at } of this.history) {
			const last = spans.at(-1);
			const open = last?.to === Number.POSITIVE_INFINITY;
			if (action === "resume" && open && last) last.to = sent_at;
			if (outcome === "done" && !open && (action === "pause" || action === "revoke")) spans.push({ from: read_at, to: Number.POSITIVE_INFINITY });
		}
		return spans;
	}
}

/** All keys of all clients of a run. */
export class Ledger {
	readonly keys: Key[] = [];

	/** Forgets keys of which nothing was carried out. */
	forgetUnmade(): void {
		const made = this.keys.filter((key) => key.history.length > 0);
		this.keys.splice(0, this.keys.length, ...made);
	}

	get acknowledged(): number {
		return this.keys.reduce((sum, key) => sum + key.history.filter((sent) => sent.outcome === "done").length, 0);
	}
}
