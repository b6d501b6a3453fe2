import { hash } from "node:crypto";
import type { ChainHead } from "../store.ts";
import { type NoteKey, signNote, validateNote } from "./note.ts";

const LINE = /^head (\S+) ([1-9]\d{0,15}) ([A-Za-z0-9+/]{43}=)$/;
const TIME = /^time (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/;
const PREVIOUS = /^previous ([A-Za-z0-9+/]{43}=|none)$/;

/** What the checkpoints of a file say up to some point. */
export interface CheckpointState {
	/** How many checkpoints there are. */
	readonly count: number;
	/** Null before the first. */
	readonly at: string | null;
	/** SHA-256 of the last note, in base64. */
	readonly digest: string | null;
	readonly heads: ReadonlyMap<string, ChainHead>;
	/** The one chain that they are about; null for all. */
	readonly chain: string | null;
	/** Chains that a checkpoint shows shorter, or with another entry at the same place, than the one before it; at most `STEPS_BACK_MAX`. */
	readonly steps_back: readonly StepBack[];
}

export interface StepBack {
	readonly chain: string;
	readonly number: number;
	readonly from_seq: number;
	readonly to_seq: number;
}

const STEPS_BACK_MAX = 100;

export const NO_CHECKPOINT: CheckpointState = { count: 0, at: null, digest: null, heads: new Map(), chain: null, steps_back: [] };

const ORIGIN = /^keywright-[0-9a-f]+\/audit(?:\/(\S+))?$/;

function getDigest(text: string): string {
	return hash("sha256", text, "base64");
}

/** One digest of all heads: what a mail can carry, and what a person can write down. */
export function combineHeads(heads: ReadonlyMap<string, ChainHead>): string {
	const lines = [...heads].sort(([a], [b]) => (a < b ? -1 : 1)).map(([chain, { seq, mac }]) => `${chain} ${seq} ${mac.toString("base64")}\n`);
	return getDigest(lines.join(""));
}

function isSameHead(a: ChainHead | undefined, b: ChainHead): boolean {
	return a !== undefined && a.seq === b.seq && a.mac.equals(b.mac);
}

function addStepsBack(state: CheckpointState, moved: readonly (readonly [string, ChainHead])[], number: number): readonly StepBack[] {
	const found = moved.flatMap(([chain, { seq: to_seq }]) => {
		const from_seq = state.heads.get(chain)?.seq ?? 0;
		return to_seq <= from_seq ? [{ chain, number, from_seq, to_seq }] : [];
	});
	return [...state.steps_back, ...found].slice(0, STEPS_BACK_MAX);
}

/**
 * The next checkpoint, a C2SP signed note whose text is a C2SP checkpoint (c2sp.org/tlog-checkpoint): origin, number, combined digest of all
 * heads, then the time, the digest of the previous note, and each head that has moved since. The origin names the chain if it is about one only.
 */
export function makeCheckpoint(
	key: NoteKey,
	state: CheckpointState,
	now: { readonly at: string; readonly heads: ReadonlyMap<string, ChainHead> },
): { note: string; state: CheckpointState } {
	const count = state.count + 1;
	const moved = [...now.heads].filter(([chain, head]) => !isSameHead(state.heads.get(chain), head)).sort(([a], [b]) => (a < b ? -1 : 1));
	const heads = new Map([...state.heads, ...moved]);
	const lines = [
		state.chain === null ? `${key.name}/audit` : `${key.name}/audit/${state.chain}`,
		String(count),
		combineHeads(heads),
		`time ${now.at}`,
		`previous ${state.digest ?? "none"}`,
		...moved.map(([chain, { seq, mac }]) => `head ${chain} ${seq} ${mac.toString("base64")}`),
	];
	const note = signNote(key, `${lines.join("\n")}\n`);
	const steps_back = addStepsBack(state, moved, count);
	return { note, state: { count, at: now.at, digest: getDigest(note), heads, chain: state.chain, steps_back } };
}

/** Reads the next note. Returns the state after it, or why it cannot be trusted. */
export function readCheckpoint(
	keys: readonly NoteKey[],
	state: CheckpointState,
	note: { text: string; signature: string },
): CheckpointState | string {
	const fault = validateNote(keys, note.text, note.signature);
	if (fault !== null) return fault;
	const [origin = "", count, combined, time = "", previous = "", ...lines] = note.text.trimEnd().split("\n");
	const named = ORIGIN.exec(origin);
	if (named === null) return "it is no checkpoint of an audit log";
	const chain = named[1] ?? null;
	if (state.count > 0 && chain !== state.chain) return "it is about other chains than the one before it";
	const at = TIME.exec(time)?.[1];
	const before = PREVIOUS.exec(previous)?.[1];
	if (at === undefined || before === undefined) return "it is not written as a checkpoint";
	if (count !== String(state.count + 1) || before !== (state.digest ?? "none"))
		return "the checkpoint before it is missing, or they are out of order";
	const moved: [string, ChainHead][] = [];
	for (const line of lines) {
		const [, chain, seq, mac = ""] = LINE.exec(line) ?? [];
		if (chain === undefined) return "it is not written as a checkpoint";
		moved.push([chain, { seq: Number(seq), mac: Buffer.from(mac, "base64") }]);
	}
	const heads = new Map([...state.heads, ...moved]);
	if (combineHeads(heads) !== combined) return "its combined digest is wrong";
	const number = state.count + 1;
	return { count: number, at, digest: getDigest(`${note.text}\n${note.signature}`), heads, chain, steps_back: addStepsBack(state, moved, number) };
}
