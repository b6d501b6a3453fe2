/** Compares what clients were told with what is in the database: nothing acknowledged is lost, nothing is half done, audit entry ⇔ change. */
import pg from "pg";
import { auditKeysFrom } from "../../server/src/audit/entry.ts";
import { verifyChain } from "../../server/src/audit/verify.ts";
import { createLog } from "../../server/src/core/log.ts";
import { parsePeppers } from "../../server/src/core/pepper.ts";
import { connectDatabase } from "../../server/src/database/database.ts";
import { letIn, type Probe, violations } from "./journal.ts";
import { type Action, AUDIT_ACTION, type Key, type Ledger, type State } from "./ledger.ts";
import type { Judge } from "./scenario.ts";

interface KeyRow {
	readonly id: string;
	readonly tenant_id: string;
	readonly name: string;
	readonly paused: boolean;
	readonly revoked: boolean;
	readonly current_secrets: number;
}

interface Entry {
	readonly action: string;
	readonly key_id: string;
	readonly request_id: string;
}

export interface Stored {
	readonly keys: readonly KeyRow[];
	readonly entries: readonly Entry[];
	readonly events: readonly { type: string; key_id: string }[];
	readonly chains: readonly string[];
	readonly numbers: { readonly current: number; readonly distinct: number; readonly first: number | null };
	readonly secrets_without_key: number;
}

/** Everything that changes of keys leave in the database behind `url`. */
export async function readStored(url: string): Promise<Stored> {
	const client = new pg.Client({ connectionString: url });
	await client.connect();
	try {
		await client.query("begin isolation level repeatable read");
		const keys = await client.query<KeyRow>(
			`select k.id, k.tenant_id, k.name, k.paused_at is not null as paused, k.revoked_at is not null as revoked,
			(select count(*)::int from keywright.secrets s where s.key_id = k.id and s.retires_at is null and s.retired_at is null) as current_secrets
			from keywright.keys k`,
		);
		const entries = await client.query<Entry>(
			"select action, target_id as key_id, request_id from keywright.audit_entries where target_kind = 'key' order by chain, seq",
		);
		const events = await client.query<{ type: string; key_id: string }>(
			"select type, data ->> 'key_id' as key_id from keywright.outbox where type like 'key.%'",
		);
		const chains = await client.query<{ chain: string }>(
			"select chain from keywright.audit_heads union select distinct chain from keywright.audit_entries",
		);
		const numbers = await client.query<Stored["numbers"]>(
			"select s.seq::int as current, count(distinct i.seq)::int as distinct, min(i.seq)::int as first from keywright.change_sequence s left join keywright.invalidations i on true group by s.seq",
		);
		const loose = await client.query<{ n: number }>(
			"select count(*)::int as n from keywright.secrets s where not exists (select from keywright.keys k where k.id = s.key_id)",
		);
		const [row] = numbers.rows;
		if (row === undefined) throw new Error("impossible state: there is no sequence");
		return {
			keys: keys.rows,
			entries: entries.rows,
			events: events.rows,
			chains: chains.rows.map(({ chain }) => chain),
			numbers: row,
			secrets_without_key: loose.rows[0]?.n ?? 0,
		};
	} finally {
		await client.end();
	}
}

/** The state that a key's audit entries tell, or what is wrong with them. */
function told(actions: readonly string[]): { state: State } | { fault: string } {
	let state: State | null = null;
	for (const action of actions) {
		if (action === "key.created" && state === null) state = "active";
		else if (action === "key.paused" && state === "active") state = "paused";
		else if (action === "key.resumed" && state === "paused") state = "active";
		else if (action === "key.revoked" && (state === "active" || state === "paused")) state = "revoked";
		else return { fault: `${action} after ${state ?? "nothing"}` };
	}
	return state === null ? { fault: "no entry" } : { state };
}

function stateOf(row: KeyRow): State {
	return row.revoked ? "revoked" : row.paused ? "paused" : "active";
}

/** Nothing half done: each key has one secret, and its row says what its audit entries and its events say. */
function judgeRows(stored: Stored, judge: Judge): void {
	const entries = Map.groupBy(stored.entries, (entry) => entry.key_id);
	const events = Map.groupBy(stored.events, (event) => event.key_id);
	for (const row of stored.keys) {
		judge.expect(row.current_secrets === 1, () => `key ${row.name} has ${row.current_secrets} current secrets`);
		const actions = (entries.get(row.id) ?? []).map(({ action }) => action);
		const said = told(actions);
		const is = row.revoked && "state" in said && said.state === "revoked" ? "revoked" : stateOf(row);
		judge.expect(
			"state" in said && said.state === is,
			() => `key ${row.name} is ${is}, its audit entries tell ${JSON.stringify(said)}: ${actions.join(" ")}`,
		);
		const types = (events.get(row.id) ?? []).map(({ type }) => type);
		judge.expect(
			types.toSorted().join() === actions.toSorted().join(),
			() => `key ${row.name} has events ${types.join(" ")} and entries ${actions.join(" ")}`,
		);
	}
	const ids = new Set(stored.keys.map(({ id }) => id));
	for (const id of entries.keys()) judge.expect(ids.has(id), () => `an audit entry names the key ${id}, which is not there`);
	judge.expect(stored.secrets_without_key === 0, () => `${stored.secrets_without_key} secrets belong to no key`);
	const { current, distinct, first } = stored.numbers;
	judge.expect(first === null || distinct === current - first + 1, () => `the numbers of changes have gaps: ${JSON.stringify(stored.numbers)}`);
}

/** What was acknowledged is there, with exactly one entry; what is there was sent. Resolves what nobody had answered. */
function judgeLedger(stored: Stored, ledger: Ledger, judge: Judge): void {
	const rows = new Map(stored.keys.map((row) => [row.name, row]));
	const byRequest = Map.groupBy(stored.entries, (entry) => entry.request_id);
	const byKey = Map.groupBy(stored.entries, (entry) => entry.key_id);
	for (const key of ledger.keys) {
		const row = rows.get(key.name) ?? null;
		for (const sent of key.history) {
			if (sent.outcome === "unknown") continue;
			const found = byRequest.get(sent.request_id) ?? [];
			const right = found.length === 1 && found[0]?.key_id === key.id && found[0]?.action === AUDIT_ACTION[sent.action];
			judge.expect(right, () => `${sent.action} of ${key.name} was acknowledged and has ${found.length} audit entries`);
		}
		const state = row === null ? null : stateOf(row);
		judge.expect(key.possible.includes(state), () => `${key.name} is ${state}, and was told to be ${key.possible.join(" or ")}`);
		if (row !== null) judgeCounts(key, byKey.get(row.id) ?? [], judge);
		resolve(key, row, byKey);
	}
	const names = new Set(ledger.keys.map(({ name }) => name));
	for (const { name } of stored.keys) judge.expect(names.has(name), () => `there is a key ${name} that nobody has sent`);
	ledger.forgetUnmade();
}

/** No entry without its change: for each action not more than were sent, and not fewer than were acknowledged. */
function judgeCounts(key: Key, entries: readonly Entry[], judge: Judge): void {
	for (const action of ["create", "pause", "resume", "revoke"] as const satisfies readonly Action[]) {
		const sent = key.history.filter((one) => one.action === action);
		const done = sent.filter((one) => one.outcome === "done").length;
		const found = entries.filter((entry) => entry.action === AUDIT_ACTION[action]).length;
		judge.expect(
			found >= done && found <= sent.length,
			() => `${key.name}: ${found} entries of ${action}, ${done} acknowledged of ${sent.length} sent`,
		);
	}
}

/** What became of a change that nobody had answered is known now: its client goes on from there. */
function resolve(key: Key, row: KeyRow | null, entries: ReadonlyMap<string, readonly Entry[]>): void {
	const acknowledged = new Set(key.history.filter(({ outcome }) => outcome === "done").map(({ request_id }) => request_id));
	const unclaimed = row === null ? [] : (entries.get(row.id) ?? []).filter(({ request_id }) => !acknowledged.has(request_id));
	if (row !== null) key.id ??= row.id;
	const kept = key.history.flatMap((sent) => {
		if (sent.outcome === "done") return [sent];
		const at = unclaimed.findIndex((entry) => entry.action === AUDIT_ACTION[sent.action]);
		if (at === -1) return [];
		const [entry] = unclaimed.splice(at, 1);
		// Done, but told to nobody: it forbids nothing before this instant.
		return [{ ...sent, outcome: "done" as const, request_id: entry?.request_id ?? "", read_at: performance.now() }];
	});
	key.history.splice(0, key.history.length, ...kept);
}

async function judgeChains(url: string, pepper: string, chains: readonly string[], judge: Judge): Promise<number> {
	const database = connectDatabase({ url, log: createLog({ level: "fatal", brand: "kw" }), connections_max: 1 });
	try {
		const audit_keys = auditKeysFrom(parsePeppers(pepper));
		let entries = 0;
		for (const chain of chains) {
			const finding = await verifyChain({ database, scope: "*", audit_keys }, chain);
			judge.expect(finding.intact, () => `the audit chain of ${chain} is broken: ${JSON.stringify(finding)}`);
			if (finding.intact) entries += finding.entries;
		}
		return entries;
	} finally {
		await database.close();
	}
}

/** Judges everything; the number of audit entries in whole chains. No change may be under way. */
export async function judgeDatabase(place: { url: string; pepper: string }, ledger: Ledger, judge: Judge): Promise<number> {
	const stored = await readStored(place.url);
	judgeRows(stored, judge);
	judgeLedger(stored, ledger, judge);
	return judgeChains(place.url, place.pepper, stored.chains, judge);
}

/** The requests that were let in while an acknowledged pause or revocation stood. Call it before unanswered changes are resolved. */
export function judgeProbes(probes: ReadonlyMap<Key, readonly Probe[]>, judge: Judge): { violations: number; let_in: number; refused: number } {
	let found = 0;
	let let_in = 0;
	let refused = 0;
	for (const [key, noted] of probes) {
		const wrong = violations(noted, key.forbidden());
		found += wrong.length;
		for (const probe of noted) {
			if (letIn(probe)) let_in += 1;
			else refused += 1;
			const expected = letIn(probe) || probe.status === 503 || probe.code === "key_paused" || probe.code === "key_revoked";
			judge.expect(expected, () => `a right key was answered ${probe.status} ${probe.code}`);
		}
		judge.expect(
			wrong.length === 0,
			() => `${key.name} was let in ${wrong.length} times while it was forbidden: ${JSON.stringify([wrong[0], key.forbidden()])}`,
		);
	}
	return { violations: found, let_in, refused };
}
