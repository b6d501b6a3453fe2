/** From the least to the most: each may do what those before it may. */
export const ROLES = ["viewer", "admin", "owner"] as const;
export type Role = (typeof ROLES)[number];

/** Somebody of the operator's team, in a session of theirs. */
export interface OperatorPerson {
	readonly person_id: string;
	readonly name: string;
	readonly email: string;
}

/** Who is asking, once a credential has been believed. `person_id` is of the sign-in, `member_id` of the membership in the tenant that is asked about. */
export type Caller =
	/** `person` when it is somebody signed in who runs the instance; without, the operator token. */
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
			/** The product that the person came from says that they have just proved who they are. */
			readonly confirmed?: true;
	  };

/** What an action needs that asks who calls it. */
export interface CallerContext {
	readonly caller: Caller;
}

/** Whether `role` may do what needs `needed`. */
export function roleReaches(role: Role, needed: Role): boolean {
	return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** Guarantee: the columns have check constraints with these values. */
export function asRole(text: string): Role {
	return text as Role;
}
