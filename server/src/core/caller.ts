/** In ascending order: each role includes the rights of the roles before it. */
export const ROLES = ["viewer", "admin", "owner"] as const;
export type Role = (typeof ROLES)[number];

/** A signed-in member of the operator's team. */
export interface OperatorPerson {
	readonly person_id: string;
	readonly name: string;
	readonly email: string;
}

/** The authenticated caller. `person_id` belongs to the sign-in, `member_id` to the membership in the requested tenant. */
export type Caller =
	/** `person` for a signed-in operator; absent for the operator token. */
	| { readonly kind: "operator"; readonly person?: OperatorPerson }
	| { readonly kind: "service"; readonly id: string; readonly name: string }
	| {
			readonly kind: "member";
			readonly person_id: string;
			readonly member_id: string;
			readonly name: string;
			readonly email: string;
			readonly role: Role;
	  }
	| {
			readonly kind: "portal";
			readonly id: string;
			readonly external_user_id: string;
			readonly name: string;
			readonly email: string | null;
			readonly role: Role;
			/** The integrating product asserts that it has just authenticated the person. */
			readonly confirmed?: true;
			readonly session_expires_at: Date;
	  };

/** Part of the context of an action that depends on its caller. */
export interface CallerContext {
	readonly caller: Caller;
}

/**
 * The latest expiry of a one-time link that the caller creates, in Unix milliseconds. The links of a portal session expire with it, because
 * the product vouches for the person only until then.
 */
export function linkExpiryMax(caller: Caller): number {
	return caller.kind === "portal" ? caller.session_expires_at.getTime() : Number.POSITIVE_INFINITY;
}

/** Whether `role` includes `needed`. */
export function roleSuffices(role: Role, needed: Role): boolean {
	return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** Guarantee: the columns have check constraints with these values. */
export function asRole(text: string): Role {
	return text as Role;
}
