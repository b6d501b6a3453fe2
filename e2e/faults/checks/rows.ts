/** Checks the stored rows of keys for consistency: no partial change, and one audit entry and one event per change. Pure. */

import type { Findings } from "../scenario.ts";
import { STEPS, type State } from "./ledger.ts";
import type { Entry, KeyRow, RotationRow, SecretRow, Stored } from "./stored.ts";

/** Tolerance between two clock readings of one transaction. */
const SAME_MS = 5_000;

/** The state of a key according to its audit entries, or what is wrong with them. */
function stateFromEntries(entries: readonly Entry[]): State | { inconsistency: string } {
	let state: State | "none" = "none";
	for (const { action, name, how } of entries) {
		const next: State | undefined = action === null ? undefined : STEPS[action][state];
		if (next === undefined) return { inconsistency: `${name} (${how}) after ${state}` };
		state = next;
	}
	return state === "none" ? { inconsistency: "no entry" } : state;
}

export function getState(row: KeyRow, replacing: boolean): State {
	if (row.revoked_at !== null) return "revoked";
	const state = row.paused ? "paused" : "active";
	return replacing ? `${state}_replacing` : state;
}

export const isOpen = (rotation: RotationRow): boolean => rotation.state === "open" || rotation.state === "waiting";

const same = (a: Date | null | undefined, b: Date | null): boolean => a instanceof Date && b !== null && a.getTime() === b.getTime();

/** The inconsistency between a rotation and its two secrets, or null. */
function findInconsistency(rotation: RotationRow, old: SecretRow | undefined, fresh: SecretRow | undefined, key: KeyRow): string | null {
	const { state, ended_at, ended_how, overlap_seconds, hard_stop_at, started_at, force_reason } = rotation;
	if (!old || !fresh) return "lacks a secret";
	if (state === "open") {
		if (ended_at !== null || ended_how !== null) return "goes on and has ended";
		if (old.retired_at !== null || old.retires_at === null) return "goes on, and its old secret has ended or has no end";
		if (fresh.retired_at !== null || fresh.retires_at !== null) return "goes on, and its new secret has an end";
		if (overlap_seconds === null) return same(old.retires_at, hard_stop_at) ? null : "is held, and its old secret does not end at the hard stop";
		const late_ms = old.retires_at.getTime() - started_at.getTime() - overlap_seconds * 1_000;
		return Math.abs(late_ms) < SAME_MS ? null : `ends its old secret ${late_ms} ms late`;
	}
	if (ended_at === null) return `is ${state} and has not ended`;
	if (state === "completed") {
		if ((ended_how === "replaced_at_once") !== (overlap_seconds === 0)) return `had an overlap of ${overlap_seconds} and ended by ${ended_how}`;
		if ((ended_how === "forced") !== (force_reason !== null)) return `was ended by ${ended_how}, for the reason ${force_reason}`;
		return same(old.retired_at, ended_at) ? null : "is completed, and its old secret did not end with it";
	}
	if (state !== "cancelled") return `is ${state}`;
	if (ended_how === "revoked") return same(key.revoked_at, ended_at) ? null : "ended by a revocation that is not there";
	return same(fresh.retired_at, ended_at) ? null : "is cancelled, and its new secret did not end with it";
}

/** A rotation has one entry of its begin and one of its end, unless the entry of the begin or of the revocation covers the end. */
function checkEntries(rotation: RotationRow, entries: readonly Entry[], findings: Findings): void {
	const { id, state, ended_how } = rotation;
	const count = (of: (entry: Entry) => boolean): number => entries.filter(of).length;
	const started = count((entry) => entry.name === "rotation.started" && entry.rotation_id === id);
	const ended = count((entry) => entry.name === `rotation.${state}` && entry.rotation_id === id && entry.how === ended_how);
	const revoked = count((entry) => entry.ended_rotation_id === id);
	const own_end = !isOpen(rotation) && ended_how !== "revoked" && ended_how !== "replaced_at_once";
	const right = started === 1 && ended === (own_end ? 1 : 0) && revoked === (ended_how === "revoked" ? 1 : 0);
	findings.expect(right, () => `rotation ${id} is ${state} (${ended_how}), with entries of ${started} begins, ${ended} ends, ${revoked} revocations`);
}

interface RowsOfKey {
	readonly secrets: readonly SecretRow[];
	readonly rotations: readonly RotationRow[];
	readonly entries: readonly Entry[];
}

/** A key has exactly one current secret, and a second live one only during a rotation. */
function checkSecrets(key: KeyRow, { secrets, rotations, entries }: RowsOfKey, findings: Findings): void {
	const current = secrets.filter(({ retires_at, retired_at }) => retires_at === null && retired_at === null).length;
	const live = secrets.filter(({ over }) => !over).length;
	const open = rotations.filter(isOpen).length;
	const revoked = key.revoked_at !== null;
	findings.expect(current === 1, () => `key ${key.name} has ${current} current secrets`);
	findings.expect(open <= (revoked ? 0 : 1), () => `key ${key.name} has ${open} open rotations${revoked ? " and is revoked" : ""}`);
	findings.expect(revoked ? live <= 2 : live === 1 + open, () => `key ${key.name} has ${live} live secrets and ${open} open rotations`);
	findings.expect(secrets.length === 1 + rotations.length, () => `key ${key.name} has ${secrets.length} secrets of ${rotations.length} rotations`);
	const byKid = new Map(secrets.map((secret) => [secret.kid, secret]));
	for (const rotation of rotations) {
		const inconsistency = findInconsistency(rotation, byKid.get(rotation.predecessor_kid), byKid.get(rotation.successor_kid ?? ""), key);
		findings.expect(inconsistency === null, () => `rotation ${rotation.id} of ${key.name} ${inconsistency}`);
		checkEntries(rotation, entries, findings);
	}
	const ids = new Set(rotations.map(({ id }) => id));
	for (const { name, rotation_id, ended_rotation_id } of entries)
		for (const named of [rotation_id, ended_rotation_id])
			findings.expect(named === null || ids.has(named), () => `${name} of ${key.name} names the rotation ${named}, which is not there`);
}

/** The event, with its rotation. */
function getName({ name, rotation_id }: Pick<Entry, "name" | "rotation_id">): string {
	return rotation_id === null ? name : `${name} of ${rotation_id}`;
}

/** Checks that each key's secrets and rotations agree, and that its rows match its audit entries and events. */
export function checkRows(stored: Stored, findings: Findings): void {
	const secrets = Map.groupBy(stored.secrets, ({ key_id }) => key_id);
	const rotations = Map.groupBy(stored.rotations, ({ key_id }) => key_id);
	const entries = Map.groupBy(stored.entries, ({ key_id }) => key_id);
	const events = Map.groupBy(stored.events, ({ key_id }) => key_id);
	for (const row of stored.keys) {
		const of = { secrets: secrets.get(row.id) ?? [], rotations: rotations.get(row.id) ?? [], entries: entries.get(row.id) ?? [] };
		checkSecrets(row, of, findings);
		const recorded = stateFromEntries(of.entries);
		const is = getState(row, of.rotations.some(isOpen));
		const entries_tell = of.entries.map(getName);
		findings.expect(
			recorded === is,
			() => `key ${row.name} is ${is}, its audit entries tell ${JSON.stringify(recorded)}: ${entries_tell.join(", ")}`,
		);
		const events_tell = (events.get(row.id) ?? []).map(getName);
		const agree = events_tell.toSorted().join() === entries_tell.toSorted().join();
		findings.expect(agree, () => `key ${row.name} has events ${events_tell.join(", ")} and entries ${entries_tell.join(", ")}`);
	}
	const ids = new Set(stored.keys.map(({ id }) => id));
	for (const [what, found] of Object.entries({ secrets, rotations, "audit entries": entries, events }))
		for (const id of found.keys()) findings.expect(ids.has(id), () => `${what} name the key ${id}, which is not there`);
	const { current, distinct, first } = stored.numbers;
	findings.expect(first === null || distinct === current - first + 1, () => `the numbers of changes have gaps: ${JSON.stringify(stored.numbers)}`);
}
