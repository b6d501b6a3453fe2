import type { Action } from "./ledger.ts";
import type { Entry, EventRow, KeyRow, RotationRow, SecretRow, Stored } from "./stored.ts";

const AT = new Date("2026-11-01T12:00:00Z");
export const LATER = new Date("2026-11-01T12:00:01Z");
export const HARD_STOP = new Date("2026-12-01T12:00:00Z");
export const KEY: KeyRow = { id: "key_1", tenant_id: "t", name: "client-1", paused: false, revoked_at: null };

type Writable<T> = { -readonly [field in keyof T]: T[field] };
export interface Forged {
	keys: KeyRow[];
	secrets: SecretRow[];
	rotations: RotationRow[];
	entries: Entry[];
	events: EventRow[];
	chains: string[];
	numbers: Writable<Stored["numbers"]>;
}

export function secret(kid: string, over = false): SecretRow {
	return { kid, key_id: KEY.id, retires_at: null, retired_at: over ? LATER : null, over };
}

export function rotation(fields: Partial<RotationRow>): RotationRow {
	const kids = { predecessor_kid: "a", successor_kid: "b" };
	const open = { state: "open", overlap_seconds: null, hard_stop_at: HARD_STOP, ended_at: null, ended_how: null, force_reason: null };
	return { id: "rot_1", key_id: KEY.id, ...kids, ...open, started_at: AT, ...fields };
}

export function entry(name: string, action: Action | null, fields: Partial<Entry> = {}): Entry {
	const facts = { rotation_id: null, ended_rotation_id: null, overlap_seconds: null, how: null };
	return { name, key_id: KEY.id, request_id: `req-${name}`, ...facts, action, ...fields };
}

export const CREATED = entry("key.created", "create");
export const STARTED = entry("rotation.started", "rotate", { rotation_id: "rot_1" });
export const COMPLETED = entry("rotation.completed", "complete", { rotation_id: "rot_1", how: "forced" });
const CANCELLED = entry("rotation.cancelled", "cancel", { rotation_id: "rot_1", how: "cancelled" });
const REVOKED = entry("key.revoked", "revoke", { ended_rotation_id: "rot_1" });

export function stored(rows: Partial<Forged>, entries: Entry[]): Forged {
	const events = entries.map(({ name, key_id, rotation_id }) => ({ name, key_id, rotation_id }));
	const numbers = { current: 9, distinct: entries.length, first: 10 - entries.length };
	return { keys: [KEY], secrets: [secret("a")], rotations: [], entries, events, chains: ["t"], numbers, ...rows };
}

/** A key without a rotation, with one in progress, and after each possible end of it. */
export const WHOLE: Readonly<Record<string, () => Forged>> = {
	created: () => stored({}, [CREATED]),
	replacing: () => stored({ secrets: [{ ...secret("a"), retires_at: HARD_STOP }, secret("b")], rotations: [rotation({})] }, [CREATED, STARTED]),
	completed: () => {
		const done = rotation({ state: "completed", ended_at: LATER, ended_how: "forced", force_reason: "so" });
		return stored({ secrets: [secret("a", true), secret("b")], rotations: [done] }, [CREATED, STARTED, COMPLETED]);
	},
	cancelled: () => {
		const done = rotation({ state: "cancelled", ended_at: LATER, ended_how: "cancelled" });
		return stored({ secrets: [secret("a"), secret("b", true)], rotations: [done] }, [CREATED, STARTED, CANCELLED]);
	},
	revoked: () => {
		const done = rotation({ state: "cancelled", ended_at: LATER, ended_how: "revoked" });
		const secrets = [{ ...secret("a"), retires_at: HARD_STOP }, secret("b")];
		return stored({ keys: [{ ...KEY, revoked_at: LATER }], secrets, rotations: [done] }, [CREATED, STARTED, REVOKED]);
	},
};
