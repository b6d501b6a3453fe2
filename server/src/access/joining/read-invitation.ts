import type { Role } from "../../core/caller.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { readProvenAccount } from "../people/store.ts";
import { findInvitation } from "./find-invitation.ts";

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
