import { ALL_TENANTS, type Context } from "../core/context.ts";
import type { Log } from "../core/log.ts";
import type { Database } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import { Live } from "../nodes/live.ts";
import type { Node } from "../nodes/node.ts";
import { RuleMatcher } from "./matcher.ts";
import { readRules } from "./store.ts";

/** The cached and compiled rules of forwarded requests. */
export type LiveForwardAuth = Live<RuleMatcher>;

export interface ForwardAuthContext extends Context {
	readonly forward_auth: LiveForwardAuth;
}

export function liveForwardAuth(options: { database: Database; node: Node; log: Log }): LiveForwardAuth {
	const { database, node, log } = options;
	return new Live<RuleMatcher>({
		...{ node, log, kind: "forward_auth", initial: new RuleMatcher([]) },
		read: async () => new RuleMatcher((await read({ database, scope: ALL_TENANTS }, readRules)).rules),
	});
}
