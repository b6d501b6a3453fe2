import { type Change, type ChangeContext, change } from "../../audit/change.ts";
import { Failure } from "../../core/error.ts";
import type { Tx } from "../../database/transaction.ts";
import { type EndersContext, endedFacts, endMade } from "../../tenants/team/ending.ts";
import { lockTeam, type TeamContext } from "../../tenants/team/lock-team.ts";
import { endPortalSession } from "./store.ts";

interface Named {
	readonly tenant_id: string;
	readonly id: string;
}

/**
 * Ends a portal session that lives, or a link that waits, with what was made in it and nobody used yet; null when there is none with the id.
 * Call it after the tenant's lock.
 */
export async function endPortal(tx: Tx, context: ChangeContext & EndersContext, { tenant_id, id }: Named): Promise<Change<undefined> | null> {
	const now = new Date(context.clock.now());
	const portal = await endPortalSession(tx, { tenant_id, id }, now);
	if (portal === null) return null;
	const because = "portal_session.ended";
	const makers = [{ kind: "portal", id }] as const;
	const ended = await endMade(tx, context, { makers, role_left: null, now, ended_by: context.actor, because });
	const facts = { name: portal.name, role: portal.role, ended: endedFacts(ended) };
	return { result: undefined, ...ended, audit: [{ action: because, target: { kind: "portal_session", id }, tenant_id, facts }, ...ended.audit] };
}

/**
 * Ends a portal session from its person's next request on, or makes a link that waits worth nothing, as an owner or the operator. 404 `not_found`
 * when there is none, or none any more; 403 `role_not_allowed`.
 */
export async function endPortalOfTenant(
	context: TeamContext & EndersContext,
	input: { tenant_id: string; portal_session_id: string },
): Promise<void> {
	const { tenant_id, portal_session_id: id } = input;
	await change(context, async (tx) => {
		await lockTeam(tx, context, tenant_id, "owner");
		const ended = await endPortal(tx, context, { tenant_id, id });
		if (ended === null) throw new Failure("not_found", "There is no portal session with this id, or it has ended.");
		return ended;
	});
}
