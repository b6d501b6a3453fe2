import Type from "typebox";
import { Email } from "../../http/input/fields.ts";
import { type Route, route } from "../../http/route.ts";
import type { EndersContext } from "../../tenants/team/ending.ts";
import { cancelOperatorInvitation, type InviteOperatorContext, inviteOperator, listOperatorInvitations } from "./invitations.ts";
import { listOperators, removeOperator } from "./operators.ts";

const Time = Type.String({ format: "date-time" });
const OperatorSchema = Type.Object({
	person_id: Type.String(),
	name: Type.String(),
	email: Type.String(),
	created_at: Time,
	account_created_at: Time,
	created_by: Type.Object({ kind: Type.String(), name: Type.String() }),
	is_you: Type.Boolean(),
});
const InvitationSchema = Type.Object({
	id: Type.String(),
	email: Type.String(),
	created_at: Time,
	created_by: Type.Object({ kind: Type.String(), name: Type.String() }),
	expires_at: Time,
});

export const operatorsRoutes: readonly Route<InviteOperatorContext & EndersContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/operators",
		access: "operator",
		summary: "The operators of this instance",
		status: 200,
		output: Type.Object({ data: Type.Immutable(Type.Array(OperatorSchema)) }),
		run: listOperators,
	}),
	route({
		method: "POST",
		path: "/api/v1/operator/operators",
		access: "operator",
		confirm: true,
		summary: "Invite an operator by a one-time link, which proves the address",
		status: 201,
		body: Type.Object({ email: Email }, { additionalProperties: false }),
		output: Type.Object({
			invitation: InvitationSchema,
			url: Type.String({ description: "Works once; only in this response and in the mail" }),
			mailed: Type.Boolean({ description: "Whether the mail server accepted the mail" }),
		}),
		run: inviteOperator,
	}),
	route({
		method: "GET",
		path: "/api/v1/operator/operator-invitations",
		access: "operator",
		summary: "The pending invitations of operators",
		status: 200,
		output: Type.Object({ data: Type.Immutable(Type.Array(InvitationSchema)) }),
		run: listOperatorInvitations,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/operator/operator-invitations/:invitation_id",
		access: "operator",
		confirm: true,
		summary: "Cancel an invitation of an operator",
		status: 204,
		output: "none",
		run: cancelOperatorInvitation,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/operator/operators/:person_id",
		access: "operator",
		confirm: true,
		summary: "Remove an operator",
		status: 204,
		output: "none",
		run: removeOperator,
	}),
];
