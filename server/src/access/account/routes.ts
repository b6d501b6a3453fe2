import Type from "typebox";
import { Email, Name } from "../../http/input/fields.ts";
import { type Route, route } from "../../http/route.ts";
import { type ConfirmContext, confirmPassword, type EndSessionContext, endSession, getSession, type SessionContext } from "../people/own-session.ts";
import { changePassword } from "../people/password.ts";
import { closed, NewPassword, NullableText, Password, RoleSchema, Time, Token } from "../schema.ts";
import { type AddressContext, changeAddress, requestAddressChange } from "./address.ts";
import { renamePerson } from "./name.ts";
import { endOtherSignIns, endSignIn, listOwnSignIns } from "./sign-ins.ts";

const SessionSchema = Type.Object({
	person: Type.Object({ kind: Type.Enum(["member", "portal"]), id: Type.String(), name: Type.String(), email: NullableText }),
	tenants: Type.Immutable(
		Type.Array(
			Type.Object({
				id: Type.String(),
				name: Type.String(),
				status: Type.Enum(["active", "suspended"]),
				role: RoleSchema,
				plan: Type.Object({ id: Type.String(), name: Type.String() }),
			}),
		),
	),
	operator: Type.Boolean({ description: "Whether this person is an operator of the instance" }),
	expires_at: Time,
	mail: Type.Boolean({ description: "Whether this server sends mail" }),
});

export type PersonRouteContext = SessionContext & ConfirmContext & EndSessionContext & AddressContext;

/** Routes for a signed-in person's own session. */
export const personRoutes: readonly Route<PersonRouteContext>[] = [
	route({
		method: "POST",
		path: "/api/auth/sign-out",
		access: "person",
		summary: "Sign out: end the session",
		status: 204,
		output: "none",
		run: endSession,
	}),
	route({
		method: "POST",
		path: "/api/auth/change-password",
		access: "person",
		summary: "Change one's own password; ends the other sign-ins",
		status: 204,
		body: Type.Object({ currentPassword: Password, newPassword: NewPassword }, closed),
		output: "none",
		run: changePassword,
	}),
	route({
		method: "GET",
		path: "/api/v1/session",
		access: "person",
		summary: "The signed-in person and their tenants",
		status: 200,
		output: SessionSchema,
		run: getSession,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/session",
		access: "person",
		summary: "End the session, of either kind",
		status: 204,
		output: "none",
		run: endSession,
	}),
	route({
		method: "PATCH",
		path: "/api/v1/session/person",
		access: "person",
		summary: "Change one's own name",
		status: 200,
		body: Type.Object({ name: Name }, closed),
		output: Type.Object({ name: Type.String() }),
		run: renamePerson,
	}),
	route({
		method: "POST",
		path: "/api/v1/session/address",
		access: "person",
		summary: "Mail a link to a new e-mail address; nothing changes until it is used",
		status: 200,
		body: Type.Object({ email: Email, password: Password }, closed),
		output: Type.Object({ mailed: Type.Boolean({ description: "Whether the mail server accepted the mail; false without a mail server" }) }),
		run: requestAddressChange,
	}),
	route({
		method: "POST",
		path: "/api/v1/session/address/confirm",
		access: "person",
		summary: "Change one's own e-mail address by the mailed link, in a session of the person who asked; ends the other sign-ins",
		status: 200,
		body: Type.Object({ token: Token }, closed),
		output: Type.Object({ email: Type.String() }),
		run: changeAddress,
	}),
	route({
		method: "GET",
		path: "/api/v1/session/sign-ins",
		access: "person",
		summary: "Where the person is signed in",
		status: 200,
		output: Type.Object({
			data: Type.Array(
				Type.Object({
					id: Type.String(),
					current: Type.Boolean({ description: "Whether it is the session of this request" }),
					user_agent: NullableText,
					begun_at: Time,
					ends_at: Time,
				}),
			),
		}),
		run: listOwnSignIns,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/session/sign-ins",
		access: "person",
		summary: "Sign out everywhere else; this session continues",
		status: 200,
		output: Type.Object({ ended: Type.Integer({ description: "How many sessions ended" }) }),
		run: endOtherSignIns,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/session/sign-ins/:sign_in_id",
		access: "person",
		summary: "Sign out somewhere else",
		status: 204,
		output: "none",
		run: endSignIn,
	}),
	route({
		method: "POST",
		path: "/api/v1/session/confirm",
		access: "person",
		summary: "Confirm the password, which is required after an hour before secrets are created or people invited",
		status: 204,
		body: Type.Object({ password: Password }, closed),
		output: "none",
		run: confirmPassword,
	}),
];
