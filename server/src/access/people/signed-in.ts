import type { Role } from "../../core/caller.ts";
import type { Actor } from "../../core/context.ts";
import type { Refusal } from "../../http/problem.ts";

/** A person of an account of ours, in one session of theirs. */
export interface SignedInMember {
	readonly kind: "member";
	readonly person_id: string;
	readonly session_id: string;
	readonly name: string;
	readonly email: string;
	/** When the password was last proved. */
	readonly confirmed_at: Date;
	readonly expires_at: Date;
}

/** A person of the operator's own product who came by a portal link; without an account of ours, and in one tenant. */
export interface SignedInByPortal {
	readonly kind: "portal";
	readonly id: string;
	readonly tenant_id: string;
	readonly external_user_id: string;
	readonly name: string;
	readonly email: string | null;
	readonly role: Role;
	/** The product that the person came from says that they have just proved who they are. */
	readonly confirmed: boolean;
	readonly expires_at: Date;
}

/** Whoever a session cookie stands for, before any tenant is asked about. */
export type SignedIn = SignedInMember | SignedInByPortal;

/** What an action about the session itself needs. */
export interface SignedInContext {
	readonly signed_in: SignedIn;
}

/** How audit entries name a person outside of any one tenant. */
export function actorOfPerson(signed_in: SignedIn): Actor {
	const { name, email } = signed_in;
	return signed_in.kind === "portal" ? { kind: "portal", id: signed_in.id, name, email } : { kind: "member", id: signed_in.person_id, name, email };
}

export const SESSION_ENDED: Refusal = { code: "credential_invalid", detail: "The session has ended. Sign in again, or open a new link." };
