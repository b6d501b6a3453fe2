import { assert } from "../core/error.ts";
import type { DatabaseContext } from "../database/database.ts";
import { asChange, inTransaction, type Tx, WRITES_IDLE_MS } from "../database/transaction.ts";
import type { Invalidation } from "../nodes/invalidation.ts";
import type { Node } from "../nodes/node.ts";
import type { WaitedFor } from "../nodes/others.ts";
import { appendInvalidations } from "../nodes/store.ts";
import { insertEvents, type OutboxEvent } from "../outbox/store.ts";
import { type AuditKeys, digestDetails, entryMac, type NewAuditEntry, toAuditDetails } from "./entry.ts";
import { assertReauthorized, expectReauthorization, type Reauthorize, reauthorize } from "./reauthorize.ts";
import { currentSequence, insertEntry, lockHead, moveHead } from "./store.ts";

/** The context of an action that changes state. */
export interface ChangeContext extends DatabaseContext {
	readonly node: Node;
	readonly audit_keys: AuditKeys;
	/** Absent where there is no signed-in person and no tenant: for keys, services, the system and public routes. */
	readonly reauthorize?: Reauthorize;
	/** The caller's IP address, for the audit entry. Absent for the system, and where the instance stores no addresses. */
	readonly address?: string | null | undefined;
}

export type Change<T> =
	| { result: T; audit: readonly [NewAuditEntry, ...NewAuditEntry[]]; invalidates?: readonly Invalidation[]; events?: readonly OutboxEvent[] }
	/** Nothing to write: the state is already as requested. The transaction is rolled back. */
	| { unchanged: T };

class Unchanged<T> extends Error {
	readonly result: T;
	readonly seq: number;

	constructor(result: T, seq: number) {
		super("unchanged");
		this.result = result;
		this.seq = seq;
	}
}

async function writeAudit(tx: Tx, context: ChangeContext, notes: readonly NewAuditEntry[]): Promise<void> {
	const byChain = Map.groupBy(notes, (note) => note.tenant_id ?? context.scope);
	const { id: audit_key_id, key } = context.audit_keys.current;
	const caller = { actor: context.actor, ip: context.address ?? null };
	for (const chain of [...byChain.keys()].sort()) {
		let { seq, mac } = await lockHead(tx, chain);
		const at = new Date(context.clock.now()).toISOString();
		for (const note of byChain.get(chain) ?? []) {
			seq += 1;
			const details = toAuditDetails(caller, note);
			const entry = {
				chain,
				seq,
				at,
				action: note.action,
				target_kind: note.target.kind,
				target_id: note.target.id,
				request_id: context.request_id,
				details_digest: digestDetails(details),
			};
			mac = entryMac(key, entry, mac);
			await insertEntry(tx, { ...entry, details, audit_key_id, mac });
		}
		await moveHead(tx, chain, { seq, mac });
	}
}

const PEOPLE: ReadonlySet<string> = new Set(["member", "portal"]);

function isPerson({ actor }: ChangeContext): boolean {
	return PEOPLE.has(actor.kind) || (actor.kind === "operator" && "id" in actor);
}

/** Marks a transaction as a change by the context's caller, who is reauthorised in it. */
function begin(context: ChangeContext, transaction: Parameters<typeof asChange>[0]): Tx {
	const tx = asChange(transaction);
	assert(context.reauthorize !== undefined || !isPerson(context), "a change by a person without reauthorisation");
	if (context.reauthorize !== undefined) expectReauthorization(tx, context.reauthorize);
	return tx;
}

/** Reauthorises the caller of an action without changes, whose body may have arrived long after its headers. */
export async function assertStillAllowed(context: ChangeContext): Promise<void> {
	await inTransaction(context.database, context.scope, (transaction) => reauthorize(begin(context, transaction)), WRITES_IDLE_MS);
}

/** The result of a change that all nodes have applied, and the nodes that it waited for; none if it invalidated nothing. */
export interface AppliedChange<T> {
	readonly result: T;
	readonly waited_for: WaitedFor[];
}

/**
 * The transaction wrapper for audited writes: commits the rows of `run`, their audit entries, their events and their invalidation number
 * together, and returns once no node uses the previous state. A repeat (`unchanged`) waits too. `run` must call `reauthorize`
 * before it reads or changes anything; the lock functions of tenants and operators do.
 */
export async function change<T>(context: ChangeContext, run: (tx: Tx) => Promise<Change<T>>): Promise<T> {
	return (await changeEverywhere(context, run)).result;
}

/** The same, for a response that names the nodes. */
export async function changeEverywhere<T>(context: ChangeContext, run: (tx: Tx) => Promise<Change<T>>): Promise<AppliedChange<T>> {
	let barrier_seq = 0;
	let result: T;
	try {
		result = await inTransaction(
			context.database,
			context.scope,
			async (transaction) => {
				const tx = begin(context, transaction);
				const outcome = await run(tx);
				assertReauthorized(tx);
				if ("unchanged" in outcome) throw new Unchanged(outcome.unchanged, await currentSequence(tx));
				await writeAudit(tx, context, outcome.audit);
				await insertEvents(tx, outcome.events ?? []);
				if (outcome.invalidates && outcome.invalidates.length > 0) {
					barrier_seq = await appendInvalidations(tx, context.node.id, outcome.invalidates);
				}
				return outcome.result;
			},
			WRITES_IDLE_MS,
		);
	} catch (error) {
		if (!(error instanceof Unchanged)) throw error;
		result = error.result;
		barrier_seq = error.seq;
	}
	return { result, waited_for: barrier_seq > 0 ? await context.node.awaitBarrier(barrier_seq) : [] };
}
