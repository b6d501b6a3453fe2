import { assert } from "../core/error.ts";
import type { DatabaseContext } from "../database/database.ts";
import { asChange, inTransaction, type Tx, WRITES_IDLE_MS } from "../database/transaction.ts";
import type { Invalidation } from "../nodes/invalidation.ts";
import type { Node } from "../nodes/node.ts";
import type { WaitedFor } from "../nodes/others.ts";
import { appendInvalidations } from "../nodes/store.ts";
import type { OutboxEvent } from "../outbox/event.ts";
import { insertEvents } from "../outbox/store.ts";
import { type AuditKeys, type AuditNote, detailsOf, digestDetails, entryMac } from "./entry.ts";
import { assertReauthorized, expectReauthorization, type Reauthorize, reauthorize } from "./reauthorize.ts";
import { currentSequence, insertEntry, lockHead, moveHead } from "./store.ts";

/** What an action that changes something needs. */
export interface ChangeContext extends DatabaseContext {
	readonly node: Node;
	readonly audit_keys: AuditKeys;
	/** Left out where nobody is signed in and no tenant was named: for keys, services, the system and the public. */
	readonly reauthorize?: Reauthorize;
}

export type Change<T> =
	| { result: T; audit: readonly [AuditNote, ...AuditNote[]]; invalidates?: readonly Invalidation[]; events?: readonly OutboxEvent[] }
	/** Nothing was written: a repeat of what is so already. Whatever the transaction did is rolled back. */
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

async function writeAudit(tx: Tx, context: ChangeContext, notes: readonly AuditNote[]): Promise<void> {
	const byChain = Map.groupBy(notes, (note) => note.tenant_id ?? context.scope);
	const { id: audit_key_id, key } = context.audit_keys.current;
	for (const chain of [...byChain.keys()].sort()) {
		let { seq, mac } = await lockHead(tx, chain);
		const at = new Date(context.clock.now()).toISOString();
		for (const note of byChain.get(chain) ?? []) {
			seq += 1;
			const details = detailsOf(context.actor, note);
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

/** Makes a transaction one of a change by the context's caller, who is asked again in it. */
function begin(context: ChangeContext, transaction: Parameters<typeof asChange>[0]): Tx {
	const tx = asChange(transaction);
	assert(context.reauthorize !== undefined || !isPerson(context), "a change by a person whom nobody asks again");
	if (context.reauthorize !== undefined) expectReauthorization(tx, context.reauthorize);
	return tx;
}

/** Asks again whether the caller may, for an action that changes nothing and whose body may have arrived long after its head. */
export async function assertStillAllowed(context: ChangeContext): Promise<void> {
	await inTransaction(context.database, context.scope, (transaction) => reauthorize(begin(context, transaction)), WRITES_IDLE_MS);
}

/** A change that is true everywhere, and the nodes that it waited for; none when it touched nothing that nodes remember. */
export interface Settled<T> {
	readonly result: T;
	readonly waited_for: WaitedFor[];
}

/**
 * The door for writes that matter: commits the rows of `run`, their audit entries, their events and the number of their invalidation
 * together, and returns once no node answers by what was before. A repeat (`unchanged`) waits for the same. `run` asks its caller again
 * (`reauthorize`) before anything that they see or change: the locks of tenants and operators do.
 */
export async function change<T>(context: ChangeContext, run: (tx: Tx) => Promise<Change<T>>): Promise<T> {
	return (await changeEverywhere(context, run)).result;
}

/** The same, for an answer that names the nodes. */
export async function changeEverywhere<T>(context: ChangeContext, run: (tx: Tx) => Promise<Change<T>>): Promise<Settled<T>> {
	let settled_seq = 0;
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
					settled_seq = await appendInvalidations(tx, context.node.id, outcome.invalidates);
				}
				return outcome.result;
			},
			WRITES_IDLE_MS,
		);
	} catch (error) {
		if (!(error instanceof Unchanged)) throw error;
		result = error.result;
		settled_seq = error.seq;
	}
	return { result, waited_for: settled_seq > 0 ? await context.node.settle(settled_seq) : [] };
}
