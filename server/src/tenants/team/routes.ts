import Type from "typebox";
import { pageQuery, pageSchema } from "../../http/input/cursor.ts";
import { type Route, route } from "../../http/route.ts";
import { cancelInvitation, listInvitations } from "./invitations.ts";
import { type InviteContext, invite } from "./invite.ts";
import { listMembers, removeMember, updateMember } from "./members.ts";
import { InvitationInput, InvitationSchema, MadeInvitationSchema, MemberPatch, MemberSchema } from "./schema.ts";

const page = Type.Object(pageQuery, { additionalProperties: false });

export const managementTeamRoutes: readonly Route<InviteContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/members",
		access: "viewer",
		summary: "List the members",
		status: 200,
		query: page,
		output: pageSchema(MemberSchema),
		run: listMembers,
	}),
	route({
		method: "PATCH",
		path: "/api/v1/tenants/:tenant_id/members/:member_id",
		access: "owner",
		lets_people_in: true,
		summary: "Give a member another role",
		status: 200,
		body: MemberPatch,
		output: MemberSchema,
		run: updateMember,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/tenants/:tenant_id/members/:member_id",
		access: "viewer",
		summary: "Leave the tenant; an owner may remove others too",
		status: 204,
		while_suspended: true,
		output: "none",
		run: removeMember,
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/invitations",
		access: "admin",
		summary: "List the invitations with their status",
		status: 200,
		query: page,
		output: pageSchema(InvitationSchema),
		run: listInvitations,
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/invitations",
		access: "owner",
		confirm: true,
		lets_people_in: true,
		summary: "Invite a person by a one-time link; it is mailed if there is an address and a mail server",
		status: 201,
		body: InvitationInput,
		output: MadeInvitationSchema,
		run: invite,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/tenants/:tenant_id/invitations/:invitation_id",
		access: "owner",
		summary: "Cancel a pending invitation",
		status: 204,
		while_suspended: true,
		output: "none",
		run: cancelInvitation,
	}),
];
