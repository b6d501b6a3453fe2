import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TeamFixture, teamFixture } from "../../../testing/team.ts";
import { verifyChain } from "../../audit/verify.ts";
import type { Caller } from "../../core/caller.ts";
import { ApiError, type ErrorCode } from "../../core/error.ts";
import { updateTenant } from "../tenants.ts";
import { listInvitations } from "./invitations.ts";
import { invite } from "./invite.ts";
import { listMembers, removeMember, updateMember } from "./members.ts";

const RACES = 12;

let team: TeamFixture;
before(async () => {
	team = await teamFixture();
});
after(() => team.close());

function refusedWith(code: ErrorCode) {
	return (error: unknown) => error instanceof ApiError && error.code === code;
}

async function getRoles(tenant_id: string): Promise<Record<string, string>> {
	const rows = await team.superuser.query<{ id: string; role: string }>("select id, role from members where tenant_id = $1", [tenant_id]);
	return Object.fromEntries(rows.rows.map(({ id, role }) => [id, role]));
}

async function getAudit(tenant_id: string): Promise<unknown[]> {
	equal((await verifyChain(team.db.context(), tenant_id)).intact, true);
	const entries = await team.superuser.query(
		"select action, target_kind, target_id, details -> 'actor' ->> 'name' as by from audit_entries where chain = $1 order by seq offset 1",
		[tenant_id],
	);
	return entries.rows.map(({ action, target_kind, target_id, by }) => `${by}: ${action} ${target_kind} ${target_id}`);
}

test("the list has the members in the order of joining, page by page, and marks the caller", async () => {
	const tenant_id = await team.tenant();
	const members = [await team.member(tenant_id, "owner"), await team.member(tenant_id, "admin"), await team.member(tenant_id, "viewer")];
	const other_id = await team.tenant();
	await team.member(other_id, "owner");
	const [, , viewer] = members;
	const context = team.context(tenant_id, viewer);
	const first = await listMembers(context, { tenant_id, limit: 2 });
	const second = await listMembers(context, { tenant_id, limit: 2, cursor: first.next_cursor ?? "" });
	equal(second.next_cursor, null);
	deepEqual(
		[...first.data, ...second.data].map(({ id, name, email, role, is_you }) => ({ id, name, email, role, is_you })),
		members.map(({ member_id: id, name, email, role }) => ({ id, name, email, role, is_you: id === viewer?.member_id })),
	);
	deepEqual(
		(await listMembers(team.context(tenant_id), { tenant_id })).data.map(({ is_you }) => is_you),
		[false, false, false],
	);
});

test("an owner changes roles, which the audit log records; a repeat changes nothing", async () => {
	const tenant_id = await team.tenant();
	const [owner, viewer] = [await team.member(tenant_id, "owner"), await team.member(tenant_id, "viewer")];
	const input = { tenant_id, member_id: viewer.member_id, role: "admin" } as const;
	const changed = await updateMember(team.context(tenant_id, owner), input);
	deepEqual([changed.id, changed.role, changed.is_you], [viewer.member_id, "admin", false]);
	deepEqual(await updateMember(team.context(tenant_id, owner), input), changed);
	deepEqual(await getAudit(tenant_id), [`${owner.name}: member.role_changed member ${viewer.member_id}`]);
	const facts = await team.superuser.query(
		"select details -> 'facts' as facts from audit_entries where chain = $1 and action = 'member.role_changed'",
		[tenant_id],
	);
	deepEqual(facts.rows[0]?.facts, { name: viewer.name, email: viewer.email, before: "viewer", role: "admin", ended: [] });
});

test("the last owner cannot be demoted or removed by any caller, and cannot leave", async () => {
	const tenant_id = await team.tenant();
	const owner = await team.member(tenant_id, "owner");
	await team.member(tenant_id, "admin");
	const session_expires_at = new Date(Date.now() + 3_600_000);
	const portal: Caller = { kind: "portal", id: "ptl_1", external_user_id: "x", name: "P", email: null, role: "owner", session_expires_at };
	const { member_id } = owner;
	for (const caller of [owner, portal, { kind: "operator" } as const]) {
		await rejects(updateMember(team.context(tenant_id, caller), { tenant_id, member_id, role: "viewer" }), refusedWith("conflict"));
		await rejects(removeMember(team.context(tenant_id, caller), { tenant_id, member_id }), refusedWith("conflict"));
	}
	const second = await team.member(tenant_id, "owner");
	await removeMember(team.context(tenant_id, owner), { tenant_id, member_id });
	deepEqual(Object.keys(await getRoles(tenant_id)).includes(member_id), false);
	await rejects(removeMember(team.context(tenant_id, second), { tenant_id, member_id: second.member_id }), refusedWith("conflict"));
});

test(`two owners who concurrently demote or remove each other or leave keep one owner, in ${RACES} races`, async () => {
	const ways = [
		(by: Caller, tenant_id: string, member_id: string) => updateMember(team.context(tenant_id, by), { tenant_id, member_id, role: "viewer" }),
		(by: Caller, tenant_id: string, member_id: string) => removeMember(team.context(tenant_id, by), { tenant_id, member_id }),
	];
	for (let race = 0; race < RACES; race += 1) {
		const tenant_id = await team.tenant();
		const [one, two] = [await team.member(tenant_id, "owner"), await team.member(tenant_id, "owner")];
		const themselves = race % 3 === 0;
		const [first = ways[1], second = ways[0]] = [ways[race % 2], ways[(race >> 1) % 2]];
		const answers = await Promise.allSettled([
			first?.(one, tenant_id, themselves ? one.member_id : two.member_id),
			second?.(two, tenant_id, themselves ? two.member_id : one.member_id),
		]);
		equal(answers.filter(({ status }) => status === "fulfilled").length, 1);
		const owners = Object.values(await getRoles(tenant_id)).filter((role) => role === "owner");
		equal(owners.length, 1);
		for (const answer of answers)
			if (answer.status === "rejected")
				ok(
					["conflict", "role_not_allowed", "not_found"].some((code) => refusedWith(code as ErrorCode)(answer.reason)),
					answer.reason,
				);
	}
});

test("a member who was demoted or removed in the meantime can no longer change anything", async () => {
	const tenant_id = await team.tenant();
	const [owner, admin, viewer, other] = [
		await team.member(tenant_id, "owner"),
		await team.member(tenant_id, "admin"),
		await team.member(tenant_id, "viewer"),
		await team.member(tenant_id, "owner"),
	];
	const input = { tenant_id, member_id: viewer.member_id };
	await updateMember(team.context(tenant_id, owner), { tenant_id, member_id: other.member_id, role: "admin" });
	for (const caller of [other, admin]) {
		await rejects(updateMember(team.context(tenant_id, caller), { ...input, role: "owner" }), refusedWith("role_not_allowed"));
		await rejects(removeMember(team.context(tenant_id, caller), input), refusedWith("role_not_allowed"));
		await rejects(invite(team.context(tenant_id, caller), { tenant_id, role: "owner" }), refusedWith("role_not_allowed"));
	}
	await removeMember(team.context(tenant_id, owner), { tenant_id, member_id: other.member_id });
	await rejects(removeMember(team.context(tenant_id, other), input), refusedWith("not_found"));
	equal((await getRoles(tenant_id))[viewer.member_id], "viewer");
});

test("a viewer can leave but cannot remove other members", async () => {
	const tenant_id = await team.tenant();
	const [owner, viewer] = [await team.member(tenant_id, "owner"), await team.member(tenant_id, "viewer")];
	const context = team.context(tenant_id, viewer);
	const refused = removeMember(context, { tenant_id, member_id: owner.member_id });
	await rejects(
		refused,
		(error) => error instanceof ApiError && error.metadata.members?.role_needed === "owner" && error.metadata.members.role === "viewer",
	);
	await rejects(removeMember(context, { tenant_id, member_id: "mem_nobody" }), refusedWith("role_not_allowed"));
	await removeMember(context, { tenant_id, member_id: viewer.member_id });
	deepEqual(await getRoles(tenant_id), { [owner.member_id]: "owner" });
	deepEqual(await getAudit(tenant_id), [`${viewer.name}: member.removed member ${viewer.member_id}`]);
});

test("a former owner's invitations are cancelled; those of others stay pending", async () => {
	const tenant_id = await team.tenant();
	const [owner, demoted, removed] = [
		await team.member(tenant_id, "owner"),
		await team.member(tenant_id, "owner"),
		await team.member(tenant_id, "owner"),
	];
	for (const caller of [owner, demoted, removed]) await invite(team.context(tenant_id, caller), { tenant_id, role: "owner" });
	await updateMember(team.context(tenant_id, owner), { tenant_id, member_id: demoted.member_id, role: "admin" });
	await removeMember(team.context(tenant_id, owner), { tenant_id, member_id: removed.member_id });
	const { data } = await listInvitations(team.context(tenant_id, owner), { tenant_id });
	deepEqual(Object.fromEntries(data.map(({ created_by, status }) => [created_by.name, status])), {
		[owner.name]: "waiting",
		[demoted.name]: "cancelled",
		[removed.name]: "cancelled",
	});
});

test("in a suspended tenant roles cannot be changed, but members can be removed", async () => {
	const tenant_id = await team.tenant();
	const [owner, viewer] = [await team.member(tenant_id, "owner"), await team.member(tenant_id, "viewer")];
	await updateTenant(team.db.context(), { tenant_id, status: "suspended" });
	const { member_id } = viewer;
	await rejects(updateMember(team.context(tenant_id, owner), { tenant_id, member_id, role: "admin" }), refusedWith("tenant_suspended"));
	await removeMember(team.context(tenant_id, owner), { tenant_id, member_id });
	deepEqual(await getRoles(tenant_id), { [owner.member_id]: "owner" });
});

test("another tenant's member is 404, as an unknown one is", async () => {
	const [tenant_id, other_id] = [await team.tenant(), await team.tenant()];
	const owner = await team.member(tenant_id, "owner");
	const stranger = await team.member(other_id, "viewer");
	for (const member_id of [stranger.member_id, "mem_nobody"])
		for (const caller of [owner, { kind: "operator" } as const]) {
			await rejects(updateMember(team.context(tenant_id, caller), { tenant_id, member_id, role: "admin" }), refusedWith("not_found"));
			await rejects(removeMember(team.context(tenant_id, caller), { tenant_id, member_id }), refusedWith("not_found"));
		}
	deepEqual(await getRoles(other_id), { [stranger.member_id]: "viewer" });
});
