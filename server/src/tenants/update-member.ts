import { change } from "../audit/change.ts";
import type { Role } from "../core/caller.ts";
import { cancelInvitationsBy } from "./invitation-store.ts";
import { lockTeam, type TeamContext } from "./lock-team.ts";
import { describeMember, lastOwner, type MemberAnswer, memberNotFound } from "./member.ts";
import { countOwners, readMember, updateMemberRole } from "./member-store.ts";
import { assertTenantActive } from "./tenant.ts";

/**
 * Gives a member another role, from their next request on. Who is no owner any more takes the invitations along that they made: nobody comes
 * back by a link of their own. 404 `not_found`; 403 `role_not_allowed`, `tenant_suspended`; 409 `conflict` for the last owner.
 */
export async function updateMember(context: TeamContext, input: { tenant_id: string; member_id: string; role: Role }): Promise<MemberAnswer> {
	const { tenant_id, member_id, role } = input;
	return change(context, async (tx) => {
		assertTenantActive(await lockTeam(tx, context, tenant_id, "owner"));
		const before = await readMember(tx, tenant_id, member_id);
		if (!before) throw memberNotFound();
		if (before.role === role) return { unchanged: describeMember(before, context.caller) };
		if (before.role === "owner" && (await countOwners(tx, tenant_id)) === 1) throw lastOwner();
		await updateMemberRole(tx, tenant_id, member_id, role);
		const now = new Date(context.clock.now());
		const cancelled_invitation_ids = before.role === "owner" ? await cancelInvitationsBy(tx, tenant_id, member_id, now) : [];
		const facts = { name: before.name, email: before.email, before: before.role, role, cancelled_invitation_ids };
		return {
			result: describeMember({ ...before, role }, context.caller),
			audit: [{ action: "member.role_changed", target: { kind: "member", id: member_id }, tenant_id, facts }],
		};
	});
}
