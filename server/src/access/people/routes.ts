import Type from "typebox";
import type { CallerContext } from "../../core/caller.ts";
import { Email, ForeignId, Name } from "../../http/input/fields.ts";
import { type Route, route } from "../../http/route.ts";
import { acceptInvitation, type JoinContext } from "../joining/accept-invitation.ts";
import { readInvitation } from "../joining/read-invitation.ts";
import { createPortalLink, type PortalLinkContext, redeemPortalSession } from "../portal/links.ts";
import { closed, NewPassword, NullableText, Password, RoleSchema, Time, Token } from "../schema.ts";
import { requestPasswordReset, resetPassword, signInByEmail } from "./password.ts";
import type { PasswordLinkContext } from "./password-link.ts";
import { createPasswordReset } from "./password-reset.ts";
import { signInByLink } from "./sign-in-by-link.ts";

const Confirmed = Type.Boolean({
	description:
		"The person has just proved to you who they are, such as by a password: the session may then invite people and change roles. Default false",
});
const Link = Type.Object({ url: Type.String(), expires_at: Time });
const Invited = Type.Union([Type.Object({ id: Type.String(), name: Type.String() }), Type.Null()], {
	description: "Null: an invitation to become an operator, to no tenant",
});
const ofTenant = Type.Object({ tenant_id: Type.String() });

export type AnonymousRouteContext = JoinContext & PasswordLinkContext & Parameters<typeof signInByEmail>[0];

/** Routes for anonymous callers. */
export const anonymousPeopleRoutes: readonly Route<AnonymousRouteContext>[] = [
	route({
		method: "POST",
		path: "/api/auth/sign-in/email",
		access: "public",
		summary: "Sign in with e-mail address and password; sets the session's cookie",
		status: 200,
		body: Type.Object({ email: Email, password: Password, rememberMe: Type.Optional(Type.Boolean()) }, closed),
		output: Type.Object({ signed_in: Type.Literal(true) }),
		run: signInByEmail,
	}),
	route({
		method: "POST",
		path: "/api/auth/sign-in/link",
		access: "public",
		summary: "Sign in by the one-time link that was mailed because password attempts were used up",
		status: 200,
		body: Type.Object({ token: Token }, closed),
		output: Type.Object({ signed_in: Type.Literal(true) }),
		run: signInByLink,
	}),
	route({
		method: "POST",
		path: "/api/auth/request-password-reset",
		access: "public",
		summary: "Mail a link to set a new password, if the address has an account",
		status: 200,
		body: Type.Object({ email: Email, redirectTo: Type.Optional(Type.Literal("/reset-password")) }, closed),
		output: Type.Object({ mail: Type.Boolean({ description: "Whether this server sends mail; if not, the operator must help" }) }),
		run: requestPasswordReset,
	}),
	route({
		method: "POST",
		path: "/api/auth/reset-password",
		access: "public",
		summary: "Set a new password by a mailed link; ends every sign-in of the person",
		status: 204,
		body: Type.Object({ token: Token, newPassword: NewPassword }, closed),
		output: "none",
		run: resetPassword,
	}),
	route({
		method: "POST",
		path: "/api/v1/invitations/read",
		access: "public",
		summary: "Read an invitation by its link",
		status: 200,
		body: Type.Object({ token: Token }, closed),
		output: Type.Object({
			tenant: Invited,
			role: Type.Union([RoleSchema, Type.Null()]),
			email: NullableText,
			invited_by: Type.String(),
			expires_at: Time,
			account_exists: Type.Boolean({
				description: "Whether the address has an account; always false unless the link proves the address (mailed to it, or created by an operator)",
			}),
			makes_operator: Type.Boolean({ description: "Whether the person who accepts also becomes an operator" }),
		}),
		run: readInvitation,
	}),
	route({
		method: "POST",
		path: "/api/v1/invitations/accept",
		access: "public",
		summary: "Accept an invitation and sign in: with the account that has the address and password, else with a new one",
		status: 200,
		body: Type.Object({ token: Token, name: Type.Optional(Name), email: Type.Optional(Email), password: NewPassword }, closed),
		output: Type.Object({ tenant_id: NullableText }),
		run: acceptInvitation,
	}),
	route({
		method: "POST",
		path: "/api/v1/portal-sessions/redeem",
		access: "public",
		summary: "Start a session with a portal link, which works once; sets the session's cookie",
		status: 200,
		body: Type.Object({ token: Token }, closed),
		output: ofTenant,
		run: redeemPortalSession,
	}),
];

export const operatorPeopleRoutes: readonly Route<PortalLinkContext & CallerContext>[] = [
	route({
		method: "POST",
		path: "/api/v1/operator/tenants/:tenant_id/portal-sessions",
		access: "operator",
		confirm: true,
		summary: "Create a one-time link by which a person of your own product opens the API Access page",
		status: 201,
		body: Type.Object(
			{ external_user_id: ForeignId, name: Name, email: Type.Optional(Email), role: RoleSchema, confirmed: Type.Optional(Confirmed) },
			closed,
		),
		output: Link,
		run: createPortalLink,
	}),
	route({
		method: "POST",
		path: "/api/v1/operator/password-resets",
		access: "operator",
		confirm: true,
		summary: "Create a one-time link to set a new password, for a person whom no mail reaches",
		status: 201,
		body: Type.Object({ email: Email }, closed),
		output: Link,
		run: createPasswordReset,
	}),
];
