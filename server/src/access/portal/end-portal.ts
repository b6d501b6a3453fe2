import type { Change, ChangeContext } from "../../audit/change.ts";
import type { Tx } from "../../database/transaction.ts";
import { type EndersContext, endedDetails, endMade } from "../../tenants/team/ending.ts";
import { endPortalSession } from "./store.ts";

export interface Named {
	readonly tenant_id: string;
	readonly id: string;
}

/**
 * Ends a live portal session or a pending link, and what was created in it and is unused; null when there is none with the id. Call it
 * after locking the tenant.
 */
export async function endPortal(tx: Tx, context: ChangeContext & EndersContext, { tenant_id, id }: Named): Promise<Change<undefined> | null> {
	const now = new Date(context.clock.now());
	const portal = await endPortalSession(tx, { tenant_id, id }, now);
	if (portal === null) return null;
	const because = "portal_session.ended";
	const makers = [{ kind: "portal", id }] as const;
	const ended = await endMade(tx, context, { makers, role_left: null, now, ended_by: context.actor, because });
	const details = { name: portal.name, role: portal.role, ended: endedDetails(ended) };
	return { result: undefined, ...ended, audit: [{ action: because, target: { kind: "portal_session", id }, tenant_id, details }, ...ended.audit] };
}
