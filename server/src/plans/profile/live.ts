import { ALL_TENANTS, type Context } from "../../core/context.ts";
import type { Log } from "../../core/log.ts";
import type { Database } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { Live } from "../../nodes/live.ts";
import type { Node } from "../../nodes/node.ts";
import { type ApiProfile, defaultProfile, effectiveProfile } from "./profile.ts";
import { readProfile } from "./store.ts";

/** The context of actions that use the operator's API profile. */
export interface ProfileContext extends Context {
	readonly profile: LiveProfile;
}

/**
 * The operator's API profile in memory. `known` is immediate and at most about a second stale; error types use it. `current` includes every
 * change that this node has been notified of.
 */
export class LiveProfile extends Live<ApiProfile> {
	readonly public_url: string;

	constructor(options: { database: Database; node: Node; log: Log; public_url: string }) {
		const { database, node, log, public_url } = options;
		super({
			...{ node, log, kind: "profile", initial: defaultProfile(public_url) },
			read: async () => effectiveProfile(await read({ database, scope: ALL_TENANTS }, readProfile), public_url),
		});
		this.public_url = public_url;
	}
}
