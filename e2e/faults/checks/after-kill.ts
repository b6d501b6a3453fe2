/** Compares the clients' ledger with the database: no acknowledged change is lost or partial, and each change has one audit entry. Pure. */

import type { Findings } from "../scenario.ts";
import { isAllowed, type Probe, violations } from "./journal.ts";
import { type Action, type Key, type Ledger, type Secret, STEPS, type State } from "./ledger.ts";
import { getState, isOpen } from "./rows.ts";
import type { Entry, KeyRow, Stored } from "./stored.ts";

/** Adds the rotations that the server completed by itself to the history, right after their begin, the earliest possible position. */
function enterClock(key: Key, entries: readonly Entry[]): void {
	for (const { action, rotation_id, request_id } of entries) {
		if (action !== "clock" || key.history.some((sent) => sent.action === "clock" && sent.rotation_id === rotation_id)) continue;
		const at = key.history.findIndex((sent) => sent.action === "rotate" && sent.rotation_id === rotation_id);
		const rotation = key.history[at];
		if (!rotation?.held) continue;
		const now = performance.now();
		const { old: ends } = key.usedAfter(at);
		key.history.splice(at + 1, 0, { ...rotation, action, request_id, sent_at: now, read_at: now, outcome: "done", held: false, makes: null, ends });
	}
}

/** Every acknowledged change is stored with exactly one entry, and every stored change was sent. Resolves the changes without a response. */
export function checkLedger(stored: Stored, ledger: Ledger, findings: Findings): void {
	const rows = new Map(stored.keys.map((row) => [row.name, row]));
	const byRequest = Map.groupBy(stored.entries, (entry) => entry.request_id);
	const byKey = Map.groupBy(stored.entries, (entry) => entry.key_id);
	const replacing = new Set(stored.rotations.filter(isOpen).map(({ key_id }) => key_id));
	for (const key of ledger.keys) {
		const row = rows.get(key.name) ?? null;
		const entries = row === null ? [] : (byKey.get(row.id) ?? []);
		enterClock(key, entries);
		for (const sent of key.history) {
			if (sent.outcome === "unknown") continue;
			const clock = sent.action === "clock" ? entries.filter((entry) => entry.action === "clock" && entry.rotation_id === sent.rotation_id) : null;
			const found = clock ?? byRequest.get(sent.request_id) ?? [];
			const [entry] = found;
			const named = entry?.key_id === key.id && entry?.action === sent.action && entry?.rotation_id === sent.rotation_id;
			findings.expect(found.length === 1 && named, () => `${sent.action} of ${key.name} was acknowledged and has ${JSON.stringify(found)}`);
		}
		const state: State | "none" = row === null ? "none" : getState(row, replacing.has(row.id));
		findings.expect(key.possible.includes(state), () => `${key.name} is ${state}, and was acknowledged as ${key.possible.join(" or ")}`);
		checkCounts(key, entries, findings);
		resolve(key, row, entries);
	}
	const names = new Set(ledger.keys.map(({ name }) => name));
	for (const { name } of stored.keys) findings.expect(names.has(name), () => `there is a key ${name} that no client has sent`);
	ledger.dropUncreated();
}

/** Guarantee: the keys of the table are the actions. */
function actions(): Action[] {
	return Object.keys(STEPS) as Action[];
}

/** Each action has at most as many entries as were sent and at least as many as were acknowledged. */
function checkCounts(key: Key, entries: readonly Entry[], findings: Findings): void {
	for (const action of actions()) {
		const sent = key.history.filter((one) => one.action === action);
		const done = sent.filter((one) => one.outcome === "done").length;
		const found = entries.filter((entry) => entry.action === action).length;
		findings.expect(
			found >= done && found <= sent.length,
			() => `${key.name}: ${found} entries of ${action}, ${done} acknowledged of ${sent.length} sent`,
		);
	}
}

/** Sets the outcome of changes without a response from the database, so that their client can continue. */
function resolve(key: Key, row: KeyRow | null, entries: readonly Entry[]): void {
	const acknowledged = new Set(key.history.filter(({ outcome }) => outcome === "done").map(({ request_id }) => request_id));
	const unclaimed = entries.filter(({ request_id }) => !acknowledged.has(request_id));
	if (row !== null) key.id ??= row.id;
	const kept = key.history.flatMap((sent) => {
		if (sent.outcome === "done") return [sent];
		const at = unclaimed.findIndex((entry) => entry.action === sent.action);
		const [entry] = at === -1 ? [] : unclaimed.splice(at, 1);
		if (entry === undefined) return [];
		const { request_id, rotation_id } = entry;
		// Done but never acknowledged: requests before this instant may still be accepted.
		return [{ ...sent, outcome: "done" as const, request_id, rotation_id, read_at: performance.now() }];
	});
	key.history.splice(0, key.history.length, ...kept);
}

/** The requests of a key's secrets, by secret. */
export type Probes = Map<Key, Map<Secret, Probe[]>>;

/** Whether the response is possible for the secret, given what its client knows. */
function expected(key: Key, secret: Secret, probe: Probe): boolean {
	if (isAllowed(probe) || probe.status === 503) return true;
	return probe.code === "key_paused" || probe.code === "key_revoked" || (probe.code === "key_rotated" && key.mayHaveEnded(secret));
}

/** Counts requests that were accepted although an acknowledged change forbade them. Call it before unanswered changes are resolved. */
export function checkProbes(probes: Probes, findings: Findings): { violations: number; let_in: number; refused: number } {
	let found = 0;
	let let_in = 0;
	let refused = 0;
	for (const [key, bySecret] of probes)
		for (const [secret, noted] of bySecret) {
			const forbidden = key.forbidden(secret);
			const wrong = violations(noted, forbidden);
			found += wrong.length;
			for (const probe of noted) {
				if (isAllowed(probe)) let_in += 1;
				else refused += 1;
				findings.expect(expected(key, secret, probe), () => `a right key of ${key.name} was answered ${probe.status} ${probe.code}`);
			}
			findings.expect(
				wrong.length === 0,
				() => `${key.name} was let in ${wrong.length} times while it was forbidden: ${JSON.stringify([wrong[0], forbidden])}`,
			);
		}
	return { violations: found, let_in, refused };
}
