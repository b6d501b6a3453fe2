import type { ChangeContext } from "../src/audit/change.ts";
import { auditKeysFrom } from "../src/audit/entry.ts";
import { type Clock, systemClock } from "../src/core/clock.ts";
import { ALL_TENANTS } from "../src/core/context.ts";
import { parsePeppers } from "../src/core/pepper.ts";
import { newRequestId } from "../src/core/request-id.ts";
import { Node } from "../src/nodes/node.ts";
import { type BareTestDatabase, bareTestDatabase, testLog } from "./database.ts";

export const TEST_PEPPER = "pepper-of-the-tests-0123456789-abcdefghij";

const PEOPLE: ReadonlySet<string> = new Set(["member", "portal"]);

export interface TestDatabase extends BareTestDatabase {
	readonly node: Node;
	/** An operator's context over all tenants unless overridden. Its person stays an operator for the whole test. */
	context(overrides?: Partial<ChangeContext>): ChangeContext;
}

/** A fresh database with a node, and contexts for actions. */
export async function testDatabase(options: { clock?: Clock } = {}): Promise<TestDatabase> {
	const bare = await bareTestDatabase();
	const clock = options.clock ?? systemClock;
	const node = new Node({ database: bare.database, clock, log: testLog, lease_seconds: 5, version: "test", single_node: true });
	await node.start();
	const audit_keys = auditKeysFrom(parsePeppers(TEST_PEPPER));
	return {
		...bare,
		node,
		context: (overrides = {}) => ({
			actor: { kind: "operator", name: "operator token" },
			scope: ALL_TENANTS,
			request_id: newRequestId(),
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
