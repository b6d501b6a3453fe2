import { hash, randomBytes } from "node:crypto";
import type { Role } from "../../core/caller.ts";
import { asRole } from "../../core/caller.ts";
import type { SignedInByPortal } from "../people/session.ts";

/** Lifetimes of a link and of the session that it begins. */
export const PORTAL_LINK_SECONDS = 300;
export const PORTAL_SESSION_SECONDS = 3_600;

const SESSION_BYTES = 32;
const SESSION_VALUE = /^[0-9A-Za-z_-]{43}$/;

/** A person of the operator's product, as its back end names them when it creates a link. */
export interface PortalPerson {
	readonly external_user_id: string;
	readonly name: string;
	readonly email: string | null;
	readonly role: Role;
	/** Whether that product has just authenticated them. */
	readonly confirmed: boolean;
}

/** Creates a portal cookie's value; only its SHA-256 is stored. */
export function makeSessionValue(): { value: string; digest: Buffer } {
	const value = randomBytes(SESSION_BYTES).toString("base64url");
	return { value, digest: hash("sha256", value, "buffer") };
}

/** The SHA-256 of a portal cookie's value; null when the value is malformed. */
export function digestSessionValue(value: string): Buffer | null {
	return SESSION_VALUE.test(value) ? hash("sha256", value, "buffer") : null;
}

export function signedInFromRow(row: {
	tenant_id: string;
	id: string;
	external_user_id: string;
	name: string;
	email: string | null;
	role: string;
	confirmed: boolean;
	session_expires_at: Date;
}): SignedInByPortal {
	const { session_expires_at: expires_at, role, ...rest } = row;
	return { kind: "portal", ...rest, role: asRole(role), expires_at };
}
