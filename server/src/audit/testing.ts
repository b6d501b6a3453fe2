import { type Clock, systemClock } from "../core/clock.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { newId } from "../core/id.ts";
import { parsePeppers } from "../core/pepper.ts";
import { type BareTestDatabase, bareTestDatabase, testLog } from "../database/testing.ts";
import { Node } from "../nodes/node.ts";
import type { ChangeContext } from "./change.ts";
import { auditKeysFrom } from "./entry.ts";

export const TEST_PEPPER = "pepper-of-the-tests-0123456789-abcdefghij";

const PEOPLE: ReadonlySet<string> = new Set(["member", "portal"]);

export interface TestDatabase extends BareTestDatabase {
	readonly node: Node;
	/** An operator's context over all tenants unless overridden. Nobody ends the standing of a person who has it. */
	context(overrides?: Partial<ChangeContext>): ChangeContext;
}

/** A fresh database with a node on it, and contexts for actions. */
export async function testDatabase(options: { clock?: Clock } = {}): Promise<TestDatabase> {
	const bare = await bareTestDatabase();
	const clock = options.clock ?? systemClock;
	const node = new Node({ database: bare.database, clock, log: testLog, lease_seconds: 5, version: "test", sole: true });
	await node.start();
	const audit_keys = auditKeysFrom(parsePeppers(TEST_PEPPER));
	return {
		...bare,
		node,
		context: (overrides = {}) => ({
			actor: { kind: "operator", name: "operator token" },
			scope: ALL_TENANTS,
			request_id: newId("req"),
			idempotency_key: null,
			clock,
			log: testLog,
			database: bare.database,
			node,
			audit_keys,
			...(overrides.actor && PEOPLE.has(overrides.actor.kind) ? { reauthorize: async () => undefined } : {}),
			...overrides,
		}),
		async close() {
			await node.stop();
			await bare.close();
		},
	};
}
