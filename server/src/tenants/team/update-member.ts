import { change } from "../../audit/change.ts";
import type { Role } from "../../core/caller.ts";
import { assertTenantActive } from "../tenant.ts";
import { type EndersContext, endedFacts, endMade } from "./ending.ts";
import { lockTeam, type TeamContext } from "./lock-team.ts";
import { describeMember, lastOwner, type MemberAnswer, memberNotFound } from "./member.ts";
import { countOwners, readMember, updateMemberRole } from "./member-store.ts";

/**
 * Gives a member another role, from their next request on. What they made, nobody used yet and the new role
 * may not make ends with it: nobody comes back by a link of their own. 404 `not_found`; 403 `role_not_allowed`, `tenant_suspended`; 409 `conflict` for the last owner.
 */
export async function updateMember(
	context: TeamContext & EndersContext,
	input: { tenant_id: string; member_id: string; role: Role },
): Promise<MemberAnswer> {
	const { tenant_id, member_id, role } = input;
	return change(context, async (tx) => {
		assertTenantActive(await lockTeam(tx, context, tenant_id, "owner"));
		const before = await readMember(tx, tenant_id, member_id);
		if (!before) throw memberNotFound();
		if (before.role === role) return { unchanged: describeMember(before, context.caller) };
		if (before.role === "owner" && (await countOwners(tx, tenant_id)) === 1) throw lastOwner();
		await updateMemberRole(tx, tenant_id, member_id, role);
		const because = "member.role_changed";
		const now = new Date(context.clock.now());
		const ending = { makers: [{ kind: "member", id: member_id }] as const, role_left: role, now, ended_by: context.actor, because };
		const ended = await endMade(tx, context, ending);
		const facts = { name: before.name, email: before.email, before: before.role, role, ended: endedFacts(ended) };
		return {
			result: describeMember({ ...before, role }, context.caller),
			...ended,
			audit: [{ action: because, target: { kind: "member", id: member_id }, tenant_id, facts }, ...ended.audit],
		};
	});
}
