import type { AccessMode, IsolationLevel, Kysely, Transaction } from "kysely";
import { type Clock, systemClock } from "../src/core/clock.ts";
import { ALL_TENANTS } from "../src/core/context.ts";
import type { Database } from "../src/database/database.ts";
import type { Tables } from "../src/database/tables.ts";
import { asChange, inTransaction } from "../src/database/transaction.ts";
import type { ClockSkew } from "../src/nodes/clock-skew.ts";
import type { Invalidation } from "../src/nodes/invalidation.ts";
import { Node } from "../src/nodes/node.ts";
import { appendInvalidations } from "../src/nodes/store.ts";
import { testLog } from "./database.ts";

/** Long enough that within a test only pushes and explicit calls renew anything. */
export const LONG_LEASE_SECONDS = 600;

/** A started node; the test that starts one must stop it. */
export async function startNode(
	database: Database,
	options: { lease_seconds?: number; single_node?: boolean; clock?: Clock; skew?: ClockSkew } = {},
): Promise<Node> {
	const node = new Node({
		database,
		clock: systemClock,
		log: testLog,
		lease_seconds: LONG_LEASE_SECONDS,
		version: "test",
		single_node: false,
		...options,
	});
	await node.start();
	return node;
}

/** Commits a change of `from` without awaiting the barrier; returns its number. */
export function append(database: Database, from: Node, entries: readonly Invalidation[]): Promise<number> {
	return inTransaction(database, ALL_TENANTS, (transaction) => appendInvalidations(asChange(transaction), from.id, entries));
}

export interface PausableDatabase {
	readonly database: Database;
	/** How many transactions have begun. */
	readonly begun: number;
	/** Blocks the start of every later transaction. */
	hold(): void;
	/** Blocks the response to every later transaction. */
	holdAnswers(): void;
	/** Lets later transactions pass; blocked ones stay blocked. */
	letThrough(): void;
	release(): void;
}

interface Builder {
	execute<T>(run: (transaction: Transaction<Tables>) => Promise<T>): Promise<T>;
	setIsolationLevel(level: IsolationLevel): Builder;
	setAccessMode(mode: AccessMode): Builder;
}
type OnConnection = (queries: Kysely<Tables>) => Promise<unknown>;

/**
 * The same database as seen by a process that a test can freeze or cut off. `pause` is awaited before and after each transaction, and for
 * each statement outside of one.
 */
export function pausable(database: Database, pause: () => Promise<unknown> = async () => undefined): PausableDatabase {
	const open = { promise: Promise.resolve(), resolve: (): void => undefined };
	const closed: { resolve(): void }[] = [];
	let before = open;
	let behind = open;
	let begun = 0;
	function gate(): typeof open {
		const made = Promise.withResolvers<void>();
		closed.push(made);
		return made;
	}
	async function gated<T>(execute: () => Promise<T>): Promise<T> {
		begun += 1;
		const [first, last] = [before, behind];
		await first.promise;
		await pause();
		const answer = await execute();
		await pause();
		await last.promise;
		return answer;
	}
	/** Its modes are chosen as on the builder itself. */
	function gatedBuilder(builder: Builder): Builder {
		return {
			execute: (run) => gated(() => builder.execute(run)),
			setIsolationLevel: (level) => gatedBuilder(builder.setIsolationLevel(level)),
			setAccessMode: (mode) => gatedBuilder(builder.setAccessMode(mode)),
		};
	}
	function held(own: Database): Database {
		const queries = new Proxy(own.queries, {
			get(target, name) {
				if (name === "transaction") return () => gatedBuilder(target.transaction());
				if (name === "connection") return () => ({ execute: (run: OnConnection) => gated(() => target.connection().execute(run)) });
				return Reflect.get(target, name, target);
			},
		});
		return { ...own, queries, apart: () => held(own.apart()) };
	}
	return {
		database: held(database),
		get begun() {
			return begun;
		},
		hold() {
			before = gate();
		},
		holdAnswers() {
			behind = gate();
		},
		letThrough() {
			before = behind = open;
		},
		release() {
			before = behind = open;
			for (const made of closed.splice(0)) made.resolve();
		},
	};
}
