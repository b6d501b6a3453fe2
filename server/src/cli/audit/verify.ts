import { combineHeads } from "../../audit/checkpoints/checkpoint.ts";
import type { CombinedHead } from "../../audit/checkpoints/combined.ts";
import { type CheckpointFile, readCheckpointFile } from "../../audit/checkpoints/file.ts";
import type { NoteKey } from "../../audit/checkpoints/note.ts";
import type { AuditKeys } from "../../audit/entry.ts";
import { type ChainHead, readChainNames } from "../../audit/store.ts";
import { type StoredEntry, verifyChainIn } from "../../audit/verify.ts";
import type { Clock } from "../../core/clock.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { HOUR_MS } from "../../core/time.ts";
import type { Database } from "../../database/database.ts";
import { inSnapshot, type ReadTx } from "../../database/transaction.ts";
import { LoggedRights, type RightFinding } from "./rights.ts";
import { keyRights, readTenants } from "./store.ts";

/** A checkpoint is written each hour: entries that are older than two and in none of them show that the end of the file is missing. */
const UNCOVERED_MS_MAX = 2 * HOUR_MS;

export type Finding =
	| { readonly kind: "chain"; readonly chain: string; readonly seq: number; readonly reason: string }
	| ({ readonly kind: "right"; readonly chain: string } & RightFinding)
	| { readonly kind: "checkpoint"; readonly chain: string | null; readonly reason: string };

export interface VerifyReport {
	readonly ok: boolean;
	readonly chains: number;
	readonly entries: number;
	readonly keys: number;
	/** Null without a file. */
	readonly checkpoints: {
		readonly count: number;
		readonly last_at: string | null;
		/** The one chain that they are about: the others were not compared. Null for all. */
		readonly chain: string | null;
		readonly verifier_keys: readonly string[];
	} | null;
	/** Whether the log has the head of a mail; null without one. */
	readonly head: { readonly at: string; readonly found: boolean } | null;
	readonly findings: readonly Finding[];
}

export interface VerifyContext {
	readonly database: Database;
	readonly clock: Clock;
	readonly audit_keys: AuditKeys;
	readonly note_keys: readonly NoteKey[];
}

class Verification {
	readonly findings: Finding[] = [];
	entries = 0;
	keys = 0;
	readonly #context: VerifyContext;
	readonly #file: CheckpointFile | null;
	readonly #head: CombinedHead | null;
	/** The last entry of each chain that is not later than the head. */
	readonly #heads = new Map<string, ChainHead>();
	readonly #uncovered_before: number;
	#uncovered: { chain: string; at: string } | null = null;

	constructor(context: VerifyContext, file: CheckpointFile | null, head: CombinedHead | null) {
		this.#context = context;
		this.#head = head;
		this.#file = file;
		this.#uncovered_before = context.clock.now() - UNCOVERED_MS_MAX;
	}

	/** Chain and keys are read from one snapshot, so that changes meanwhile are not taken for findings. */
	async chain(tx: ReadTx, chain: string, rights: LoggedRights | null): Promise<void> {
		const expected = this.#file?.state.heads.get(chain);
		let at_head: Buffer | null = null;
		let length = 0;
		const found = await verifyChainIn(tx, this.#context.audit_keys, chain, (entry) => {
			length = entry.seq;
			if (this.#head !== null && entry.at.getTime() <= Date.parse(this.#head.at)) this.#heads.set(chain, { seq: entry.seq, mac: entry.mac });
			if (entry.seq === expected?.seq) at_head = entry.mac;
			this.#lookForUncovered(entry, expected?.seq ?? 0);
			rights?.add(toRightsEntry(entry));
		});
		this.entries += length;
		if (!found.intact) this.findings.push({ kind: "chain", chain, seq: found.seq, reason: found.reason });
		else if (expected !== undefined) this.#compareHead(chain, length, { ...expected, found: at_head });
	}

	#compareHead(chain: string, length: number, expected: { seq: number; mac: Buffer; found: Buffer | null }): void {
		if (expected.found?.equals(expected.mac)) return;
		const reason =
			expected.found === null
				? `a checkpoint has ${expected.seq} entries of it and the database ${length}: the database was rolled back, or the end of the log was cut off`
				: `entry ${expected.seq} is not the one of the checkpoint: the log was rewritten, or the database rolled back and used again`;
		this.findings.push({ kind: "checkpoint", chain, reason });
	}

	#lookForUncovered({ chain, seq, at }: StoredEntry, covered: number): void {
		// A checkpoint about one chain says nothing about the others, and its receiver may have kept an old one.
		if (
			this.#file === null ||
			this.#file.state.chain !== null ||
			seq <= covered ||
			this.#uncovered !== null ||
			at.getTime() >= this.#uncovered_before
		)
			return;
		if (this.#file.state.at !== null && at.getTime() <= Date.parse(this.#file.state.at)) return;
		this.#uncovered = { chain, at: at.toISOString() };
	}

	async compareKeys(tx: ReadTx, tenant_id: string, rights: LoggedRights): Promise<void> {
		const present = new Set<string>();
		for await (const key of keyRights(tx, tenant_id)) {
			present.add(key.id);
			rights.compare(key.id, key.rights);
		}
		rights.missing(present);
		this.keys += present.size;
		for (const finding of rights.findings) this.findings.push({ kind: "right", chain: tenant_id, ...finding });
	}

	/** Compares the log as it was at the time of the head. */
	head(): VerifyReport["head"] {
		if (this.#head === null) return null;
		const { at, digest } = this.#head;
		const found = combineHeads(this.#heads) === digest;
		const reason = `the log of before ${at} is not the one of the head: the database was rolled back, or entries were removed or rewritten`;
		if (!found) this.findings.push({ kind: "checkpoint", chain: null, reason });
		return { at, found };
	}

	/** What the file says without the database. */
	file(): void {
		if (this.#file === null) return;
		const { state, fault } = this.#file;
		const add = (chain: string | null, reason: string) => void this.findings.push({ kind: "checkpoint", chain, reason });
		if (fault !== null) add(null, `checkpoint ${fault.number} of the file cannot be trusted: ${fault.reason}`);
		else if (state.count === 0) add(null, "the file holds no checkpoint");
		for (const { chain, number, from_seq, to_seq } of state.steps_back)
			add(chain, `checkpoint ${number} has ${to_seq} entries of it and the one before ${from_seq}: the database was rolled back between them`);
		if (fault === null && this.#uncovered !== null && state.count > 0)
			add(
				this.#uncovered.chain,
				`the file ends at ${state.at}, and the log has an entry of ${this.#uncovered.at}: the end of the file is missing, or no server could write it`,
			);
	}
}

function toRightsEntry({ seq, at, action, target_id, details }: StoredEntry) {
	const facts = details !== null && typeof details === "object" && "facts" in details ? details.facts : null;
	const known = facts !== null && typeof facts === "object" ? Object.fromEntries(Object.entries(facts)) : null;
	return { seq, at: at.toISOString(), action, target_id, details: known };
}

/** Verifies every chain, the rights of all keys and, if they are given, a file of checkpoints and the head of a mail. Throws errors of the database and the file system. */
export async function verifyAudit(context: VerifyContext, checkpoint_path: string | null, mailed: CombinedHead | null = null): Promise<VerifyReport> {
	const file = checkpoint_path === null ? null : await readCheckpointFile(checkpoint_path, context.note_keys);
	const verification = new Verification(context, file, mailed);
	const { tenants, chains } = await inSnapshot(context.database, ALL_TENANTS, async (tx) => ({
		tenants: new Map((await readTenants(tx)).map(({ id, erased }) => [id, erased])),
		chains: new Set(await readChainNames(tx)),
	}));
	for (const chain of new Set([...chains, ...tenants.keys(), ...(file?.state.heads.keys() ?? [])])) {
		await inSnapshot(context.database, ALL_TENANTS, async (tx) => {
			const erased = tenants.get(chain);
			const rights = erased === false ? new LoggedRights() : null;
			await verification.chain(tx, chain, rights);
			if (erased === false && !chains.has(chain))
				verification.findings.push({ kind: "chain", chain, seq: 1, reason: "the tenant has no entry: its log was removed" });
			else if (rights !== null) await verification.compareKeys(tx, chain, rights);
		});
	}
	verification.file();
	const head = verification.head();
	const { findings, entries, keys } = verification;
	const verifier_keys = context.note_keys.map(({ verifier_key }) => verifier_key);
	const checkpoints = file === null ? null : { count: file.state.count, last_at: file.state.at, chain: file.state.chain, verifier_keys };
	return { ok: findings.length === 0, chains: chains.size, entries, keys, checkpoints, head, findings };
}
