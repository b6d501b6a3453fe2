import { asRole, type Role } from "../../core/caller.ts";
import { ApiError } from "../../core/error.ts";
import { DAY_SECONDS } from "../../core/time.ts";

/** Lifetime of an invitation. */
export const INVITATION_SECONDS_DEFAULT = 7 * DAY_SECONDS;
export const INVITATION_SECONDS_MIN = 300;
export const INVITATION_SECONDS_MAX = 30 * DAY_SECONDS;

export const INVITATION_STATUSES = ["waiting", "accepted", "cancelled", "expired"] as const;
export type InvitationStatus = (typeof INVITATION_STATUSES)[number];

/** The maker of an invitation as its row stores it; the name suffices for display. */
export interface Inviter {
	readonly kind: string;
	readonly id?: string;
	readonly name: string;
}

/** An invitation to join a tenant by a one-time link. `email` null: the bearer of the link enters an address. */
export interface Invitation {
	readonly id: string;
	readonly email: string | null;
	readonly role: Role;
	readonly created_at: Date;
	readonly created_by: Inviter;
	readonly expires_at: Date;
	readonly accepted_at: Date | null;
	readonly cancelled_at: Date | null;
}

export interface InvitationAnswer {
	readonly id: string;
	readonly email: string | null;
	readonly role: Role;
	readonly created_at: string;
	readonly created_by: { readonly name: string };
	readonly expires_at: string;
	readonly status: InvitationStatus;
}

/** Guarantee: the role has a check constraint, and `created_by` was written by `invite` or with an actor's kind and name. */
export function invitationFromRow(row: Omit<Invitation, "role" | "created_by"> & { role: string; created_by: unknown }): Invitation {
	return { ...row, role: asRole(row.role), created_by: row.created_by as Inviter };
}

/** The status of the invitation at the instant `now` (ms). */
export function getInvitationStatus(invitation: Pick<Invitation, "accepted_at" | "cancelled_at" | "expires_at">, now: number): InvitationStatus {
	if (invitation.accepted_at !== null) return "accepted";
	if (invitation.cancelled_at !== null) return "cancelled";
	return invitation.expires_at.getTime() <= now ? "expired" : "waiting";
}

export function toInvitationResponse(invitation: Invitation, now: number): InvitationAnswer {
	const { id, email, role, created_at, created_by, expires_at } = invitation;
	return {
		id,
		email,
		role,
		created_at: created_at.toISOString(),
		created_by: { name: created_by.name },
		expires_at: expires_at.toISOString(),
		status: getInvitationStatus(invitation, now),
	};
}

export function invitationNotFound(): ApiError {
	return new ApiError("not_found", "There is no invitation with this id.");
}
