import { change } from "../../audit/change.ts";
import { type EndersContext, endedFacts, endMade } from "./ending.ts";
import { lockTeam, type TeamContext } from "./lock-team.ts";
import { isCaller, lastOwner, memberNotFound } from "./member.ts";
import { countOwners, deleteMember, readMember } from "./member-store.ts";

/**
 * Takes a member out of the tenant: an owner anybody, each member themselves. Their next request is a stranger's, and what they made and
 * nobody used yet ends with it: invitations, links to keys, rotations that wait for one. 404 `not_found`; 403 `role_not_allowed`; 409 `conflict` for the last owner.
 */
export async function removeMember(context: TeamContext & EndersContext, input: { tenant_id: string; member_id: string }): Promise<void> {
	const { tenant_id, member_id } = input;
	await change(context, async (tx) => {
		const left = isCaller({ id: member_id }, context.caller);
		await lockTeam(tx, context, tenant_id, left ? "viewer" : "owner");
		const member = await readMember(tx, tenant_id, member_id);
		if (!member) throw memberNotFound();
		if (member.role === "owner" && (await countOwners(tx, tenant_id)) === 1) throw lastOwner();
		await deleteMember(tx, tenant_id, member_id);
		const because = "member.removed";
		const now = new Date(context.clock.now());
		const ending = { makers: [{ kind: "member", id: member_id }] as const, role_left: null, now, ended_by: context.actor, because };
		const ended = await endMade(tx, context, ending);
		const note = { action: because, target: { kind: "member", id: member_id }, tenant_id, facts: { member, left, ended: endedFacts(ended) } };
		return { result: undefined, ...ended, audit: [note, ...ended.audit] };
	});
}
