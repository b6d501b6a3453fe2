import type { Role } from "../../core/caller.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { ApiError } from "../../core/error.ts";
import { digestOneTimeToken } from "../../core/one-time-token.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import type { OperatorInvitation } from "../operators/invitation.ts";
import { readOperatorInvitation } from "../operators/invitation-store.ts";
import { readProvenAccount } from "../people/store.ts";
import { readWaitingInvitation, type WaitingInvitation } from "./store.ts";

export interface InvitationAsSeen {
	/** Null, as is `role`, for an invitation to become an operator. */
	readonly tenant: { readonly id: string; readonly name: string } | null;
	readonly role: Role | null;
	readonly email: string | null;
	readonly invited_by: string;
	readonly expires_at: string;
	/**
	 * Whether the address has a verified account; always false unless the link verifies the address, so that others cannot probe for
	 * accounts.
	 */
	readonly account_exists: boolean;
	/** Whether the new member becomes an operator too. */
	readonly makes_operator: boolean;
}

/** A pending invitation: to a tenant, or to become an operator. */
export type Found =
	| { readonly kind: "tenant"; readonly invitation: WaitingInvitation }
	| { readonly kind: "operator"; readonly invitation: OperatorInvitation };

export function invitationNotFound(): ApiError {
	return new ApiError("not_found", "This invitation does not exist, has expired, or was used or cancelled. Ask for a new one.");
}

/** Reads the pending invitation of `token`. 404 `not_found`, whatever the reason. */
export async function findInvitation(context: DatabaseContext, token: string): Promise<Found> {
	const digest = digestOneTimeToken("kwi", token);
	if (digest === null) throw invitationNotFound();
	const now = new Date(context.clock.now());
	return read({ database: context.database, scope: ALL_TENANTS }, async (tx) => {
		const invitation = await readWaitingInvitation(tx, digest, now);
		if (invitation) return { kind: "tenant", invitation };
		const operator = await readOperatorInvitation(tx, digest, now);
		if (operator) return { kind: "operator", invitation: operator };
		throw invitationNotFound();
	});
}

/** Returns what the bearer of an invitation link may see before accepting it. 404 `not_found`, the same for every reason. */
export async function readInvitation(context: DatabaseContext, input: { token: string }): Promise<InvitationAsSeen> {
	const { kind, invitation } = await findInvitation(context, input.token);
	const { email } = invitation;
	const expires_at = invitation.expires_at.toISOString();
	const proves = kind === "operator" || invitation.proves;
	const known = email !== null && proves && (await read({ ...context, scope: ALL_TENANTS }, (tx) => readProvenAccount(tx, email)));
	const same = { email, expires_at, account_exists: Boolean(known) };
	if (kind === "operator") return { ...same, tenant: null, role: null, invited_by: invitation.created_by.name, makes_operator: true };
	const { tenant_id, tenant_name, role, invited_by, makes_operator } = invitation;
	return { ...same, tenant: { id: tenant_id, name: tenant_name }, role, invited_by, makes_operator };
}
