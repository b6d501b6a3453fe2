import { change } from "../../audit/change.ts";
import type { CallerContext, Role } from "../../core/caller.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../../http/input/cursor.ts";
import { assertTenantActive } from "../tenant.ts";
import { type EndersContext, endedDetails, endMade } from "./ending.ts";
import { lockTeam, type TeamContext } from "./lock-team.ts";
import { isCaller, lastOwner, type MemberAnswer, memberNotFound, toMemberResponse } from "./member.ts";
import { countOwners, deleteMember, readMember, readMembers, updateMemberRole } from "./member-store.ts";

/** Lists a tenant's members, in the order of joining. */
export async function listMembers(context: DatabaseContext & CallerContext, input: PageRequest & { tenant_id: string }): Promise<Page<MemberAnswer>> {
	const window = windowByTime(input);
	const page = toPage(await read(context, (tx) => readMembers(tx, input.tenant_id, window)), window, (member) => [member.joined_at, member.id]);
	return { ...page, data: page.data.map((member) => toMemberResponse(member, context.caller)) };
}

/**
 * Changes a member's role, effective on their next request. Ends the unused objects that they created and may no longer create, so that
 * they cannot regain access by their own link. 404 `not_found`; 403 `role_not_allowed`, `tenant_suspended`; 409 `conflict` for the last
 * owner.
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
		if (before.role === role) return { unchanged: toMemberResponse(before, context.caller) };
		if (before.role === "owner" && (await countOwners(tx, tenant_id)) === 1) throw lastOwner();
		await updateMemberRole(tx, tenant_id, member_id, role);
		const because = "member.role_changed";
		const now = new Date(context.clock.now());
		const ending = { makers: [{ kind: "member", id: member_id }] as const, role_left: role, now, ended_by: context.actor, because };
		const ended = await endMade(tx, context, ending);
		const details = { name: before.name, email: before.email, before: before.role, role, ended: endedDetails(ended) };
		return {
			result: toMemberResponse({ ...before, role }, context.caller),
			...ended,
			audit: [{ action: because, target: { kind: "member", id: member_id }, tenant_id, details }, ...ended.audit],
		};
	});
}

/**
 * Removes a member: owners remove any member, others only themselves. Effective on the next request. Ends the unused objects that they
 * created: invitations, handovers, rotations that await one. 404 `not_found`; 403 `role_not_allowed`; 409 `conflict` for the last owner.
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
		const note = { action: because, target: { kind: "member", id: member_id }, tenant_id, details: { member, left, ended: endedDetails(ended) } };
		return { result: undefined, ...ended, audit: [note, ...ended.audit] };
	});
}
