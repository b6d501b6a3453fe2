/** The rows that changes of keys write, read directly from the database in one snapshot. */
import pg from "pg";
import type { Action } from "./ledger.ts";

export interface KeyRow {
	readonly id: string;
	readonly tenant_id: string;
	readonly name: string;
	readonly paused: boolean;
	readonly revoked_at: Date | null;
}

export interface SecretRow {
	readonly kid: string;
	readonly key_id: string;
	readonly retires_at: Date | null;
	readonly retired_at: Date | null;
	/** It was ended, or its end has passed. */
	readonly over: boolean;
}

export interface RotationRow {
	readonly id: string;
	readonly key_id: string;
	readonly state: string;
	readonly predecessor_kid: string;
	readonly successor_kid: string | null;
	readonly overlap_seconds: number | null;
	readonly hard_stop_at: Date | null;
	readonly started_at: Date;
	readonly ended_at: Date | null;
	readonly ended_how: string | null;
	readonly force_reason: string | null;
}

interface EntryRow {
	readonly name: string;
	readonly key_id: string;
	readonly request_id: string;
	readonly rotation_id: string | null;
	readonly ended_rotation_id: string | null;
	readonly overlap_seconds: number | null;
	readonly how: string | null;
}

export interface EventRow {
	readonly name: string;
	readonly key_id: string;
	readonly rotation_id: string | null;
}

export interface Entry extends EntryRow {
	/** Null for an action that these runs never send. */
	readonly action: Action | null;
}

export interface Stored {
	readonly keys: readonly KeyRow[];
	readonly secrets: readonly SecretRow[];
	readonly rotations: readonly RotationRow[];
	readonly entries: readonly Entry[];
	readonly events: readonly EventRow[];
	readonly chains: readonly string[];
	readonly numbers: { readonly current: number; readonly distinct: number; readonly first: number | null };
}

const ACTIONS: Readonly<Record<string, Action>> = {
	"key.created": "create",
	"key.paused": "pause",
	"key.resumed": "resume",
	"key.revoked": "revoke",
	"rotation.cancelled": "cancel",
};
const COMPLETED_BY_HAND: readonly (string | null)[] = ["forced", "completed"];

function getAction({ name, overlap_seconds, how }: EntryRow): Action | null {
	if (name === "rotation.started") return overlap_seconds === 0 ? "replace" : "rotate";
	if (name === "rotation.completed") return how === "moved" ? "clock" : COMPLETED_BY_HAND.includes(how) ? "complete" : null;
	return ACTIONS[name] ?? null;
}

/** Reads all rows that changes of keys write, from the database at `url`. */
export async function readStored(url: string): Promise<Stored> {
	const client = new pg.Client({ connectionString: url });
	await client.connect();
	try {
		await client.query("begin isolation level repeatable read");
		const keys = await client.query<KeyRow>("select id, tenant_id, name, paused_at is not null as paused, revoked_at from keywright.keys");
		const secrets = await client.query<SecretRow>(
			"select kid, key_id, retires_at, retired_at, retired_at is not null or coalesce(retires_at <= now(), false) as over from keywright.secrets",
		);
		const rotations = await client.query<RotationRow>(
			`select id, key_id, state, predecessor_kid, successor_kid, overlap_seconds, hard_stop_at, started_at, ended_at, ended_how, force_reason
			from keywright.rotations`,
		);
		const entries = await client.query<EntryRow>(
			`select action as name, target_id as key_id, request_id, f ->> 'rotation_id' as rotation_id, f ->> 'ended_rotation_id' as ended_rotation_id,
			(f ->> 'overlap_seconds')::int as overlap_seconds, f ->> 'how' as how
			from keywright.audit_entries, lateral (select details -> 'facts') as facts (f) where target_kind = 'key' order by chain, seq`,
		);
		const events = await client.query<EventRow>(
			"select type as name, data ->> 'key_id' as key_id, data ->> 'rotation_id' as rotation_id from keywright.outbox where type like 'key.%' or type like 'rotation.%'",
		);
		const chains = await client.query<{ chain: string }>(
			"select chain from keywright.audit_heads union select distinct chain from keywright.audit_entries",
		);
		const numbers = await client.query<Stored["numbers"]>(
			"select s.seq::int as current, count(distinct i.seq)::int as distinct, min(i.seq)::int as first from keywright.change_sequence s left join keywright.invalidations i on true group by s.seq",
		);
		const [row] = numbers.rows;
		if (row === undefined) throw new Error("impossible state: there is no sequence");
		return {
			keys: keys.rows,
			secrets: secrets.rows,
			rotations: rotations.rows,
			entries: entries.rows.map((entry) => ({ ...entry, action: getAction(entry) })),
			events: events.rows,
			chains: chains.rows.map(({ chain }) => chain),
			numbers: row,
		};
	} finally {
		await client.end();
	}
}
