import { ALL_TENANTS } from "../core/context.ts";
import { systemClock } from "../core/clock.ts";
import type { Database } from "../database/database.ts";
import { testLog } from "../database/testing.ts";
import { asChange, inTransaction } from "../database/transaction.ts";
import type { Invalidation } from "./invalidation.ts";
import { Node } from "./node.ts";
import { appendInvalidations } from "./store.ts";

/** So long that within a test nothing is renewed but by pushes and by hand. */
export const LONG_LEASE_SECONDS = 600;

/** A node that is started; whoever starts one stops it. */
export async function startNode(database: Database, options: { lease_seconds?: number; sole?: boolean } = {}): Promise<Node> {
	const node = new Node({ database, clock: systemClock, log: testLog, lease_seconds: LONG_LEASE_SECONDS, version: "test", sole: false, ...options });
	await node.start();
	return node;
}

/** Commits a change that `from` makes, without waiting for anybody; returns its number. */
export function append(database: Database, from: Node, entries: readonly Invalidation[]): Promise<number> {
	return inTransaction(database, ALL_TENANTS, (transaction) => appendInvalidations(asChange(transaction), from.id, entries));
}

export interface HeldDatabase {
	readonly database: Database;
	/** From now on no transaction begins. */
	hold(): void;
	release(): void;
}

/** The same database as seen by a process that is frozen or cut off whenever a test says so. */
export function holdable(database: Database): HeldDatabase {
	let gate = Promise.resolve();
	let open = (): void => undefined;
	const queries = new Proxy(database.queries, {
		get(target, name) {
			if (name !== "transaction") return Reflect.get(target, name, target);
			return () => ({
				async execute(run: Parameters<ReturnType<typeof target.transaction>["execute"]>[0]) {
					await gate;
					return target.transaction().execute(run);
				},
			});
		},
	});
	return {
		database: { ...database, queries },
		hold() {
			({ promise: gate, resolve: open } = Promise.withResolvers<void>());
		},
		release: () => open(),
	};
}
