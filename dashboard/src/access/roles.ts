import type { Role } from "./session.ts";

export interface RoleWords {
	readonly name: string;
	/** With its article: "an owner". */
	readonly article: string;
	/** What the role may do, on one line. */
	readonly may: string;
	/** The same, addressed to the person who gets the role. */
	readonly you: string;
}

/** In ascending order: each role includes the permissions of those before it. */
export const ROLES: readonly Role[] = ["viewer", "admin", "owner"];

/** Formats a person's role in a tenant. */
export function roleName(role: Role | "operator"): string {
	return role === "operator" ? "Operator" : ROLE_WORDS[role].name;
}

export const ROLE_WORDS: Readonly<Record<Role, RoleWords>> = {
	viewer: {
		name: "Viewer",
		article: "a viewer",
		may: "Sees keys, where they are used, sites and the team. Changes nothing.",
		you: "You will see keys, where they are used, sites and the team, and change nothing.",
	},
	admin: {
		name: "Admin",
		article: "an admin",
		may: "Sees everything; creates, hands over, changes and revokes keys; manages sites and webhooks.",
		you: "You will see everything, create, hand over, change and revoke keys, and manage sites and webhooks.",
	},
	owner: {
		name: "Owner",
		article: "an owner",
		may: "Does everything that an admin does, and decides who is on the team.",
		you: "You will do everything that an admin does, and decide who is on the team.",
	},
};
