import type { Role } from "../../core/caller.ts";
import type { Actor } from "../../core/context.ts";
import { ApiError } from "../../core/error.ts";
import { DAY_SECONDS, HOUR_MS } from "../../core/time.ts";
import type { ProblemDetails } from "../../http/problem.ts";

/** Lifetime of a session; better-auth shortens it to one day without "remember me". Use does not extend it. */
export const SESSION_SECONDS = 14 * DAY_SECONDS;

/** How long a password confirmation lasts, for routes that issue secrets, delete things or grant access. */
export const CONFIRMED_FOR_MS = HOUR_MS;

/** A person with an account, in one of their sessions. */
export interface SignedInMember {
	readonly kind: "member";
	readonly person_id: string;
	readonly session_id: string;
	readonly name: string;
	readonly email: string;
	/** When the password was last entered. */
	readonly confirmed_at: Date;
	readonly expires_at: Date;
}

/** A person of the operator's product who came by a portal link: without an account here, and in one tenant. */
export interface SignedInByPortal {
	readonly kind: "portal";
	readonly id: string;
	readonly tenant_id: string;
	readonly external_user_id: string;
	readonly name: string;
	readonly email: string | null;
	readonly role: Role;
	/** The product asserts that it has just authenticated the person. */
	readonly confirmed: boolean;
	readonly expires_at: Date;
}

/** The session of a cookie, before any tenant is considered. */
export type SignedIn = SignedInMember | SignedInByPortal;

/** The context of actions on the session itself. */
export interface SignedInContext {
	readonly signed_in: SignedIn;
}

/** Converts a signed-in person to the actor of audit entries outside a tenant. */
export function toActor(signed_in: SignedIn): Actor {
	const { name, email } = signed_in;
	return signed_in.kind === "portal" ? { kind: "portal", id: signed_in.id, name, email } : { kind: "member", id: signed_in.person_id, name, email };
}

export const SESSION_ENDED: ProblemDetails = { code: "credential_invalid", detail: "The session has ended. Sign in again, or open a new link." };

/** The signed-in account. 409 `conflict` for a portal session, which has no password here. */
export function getMember(context: SignedInContext): SignedInMember {
	if (context.signed_in.kind === "member") return context.signed_in;
	throw new ApiError("conflict", "This session began with a portal link and has no password here. Sign in to the product that the link came from.");
}

export function wrongPassword(pointer: string): ApiError {
	return new ApiError("invalid_request", "The password is incorrect.", { errors: [{ pointer, detail: "is not your password" }] });
}

export function sessionEnded(): ApiError {
	return new ApiError(SESSION_ENDED.code, SESSION_ENDED.detail);
}
