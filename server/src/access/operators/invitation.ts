import type { Actor } from "../../core/context.ts";
import { ApiError } from "../../core/error.ts";
import { DAY_MS } from "../../core/time.ts";

/** Lifetime of an operator invitation. */
export const OPERATOR_INVITATION_MS = 7 * DAY_MS;

/** A pending operator invitation; the row is deleted once it is accepted or cancelled. */
export interface OperatorInvitation {
	readonly id: string;
	readonly email: string;
	readonly created_at: Date;
	readonly created_by: Actor;
	readonly expires_at: Date;
}

export interface OperatorInvitationAnswer {
	readonly id: string;
	readonly email: string;
	readonly created_at: string;
	readonly created_by: { readonly kind: string; readonly name: string };
	readonly expires_at: string;
}

export function toOperatorInvitationResponse(invitation: OperatorInvitation): OperatorInvitationAnswer {
	const { id, email, created_at, created_by, expires_at } = invitation;
	const { kind, name } = created_by;
	return { id, email, created_at: created_at.toISOString(), created_by: { kind, name }, expires_at: expires_at.toISOString() };
}

export function operatorInvitationNotFound(): ApiError {
	return new ApiError("not_found", "There is no operator invitation with this id.");
}
