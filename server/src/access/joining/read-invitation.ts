import type { Role } from "../../core/caller.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { ApiError } from "../../core/error.ts";
import { digestOneTimeToken } from "../../core/one-time-token.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/read.ts";
import type { OperatorInvitation } from "../operators/invitation.ts";
import { readOperatorInvitation } from "../operators/invitation-store.ts";
import { readProvenAccount } from "../people/store.ts";
import { readWaitingInvitation, type WaitingInvitation } from "./store.ts";

export interface InvitationAsSeen {
	/** Null, as the role is: the invitation is to run the instance, and to no tenant. */
	readonly tenant: { readonly id: string; readonly name: string } | null;
	readonly role: Role | null;
	readonly email: string | null;
	readonly invited_by: string;
	readonly expires_at: string;
	/** Whether the address has a proven account; said only to who has shown by this link that the address is theirs, else false. */
	readonly account_exists: boolean;
	/** Whether who joins runs this instance as well. */
	readonly makes_operator: boolean;
}

/** What waits for a link: to join a tenant, or to run the instance. */
export type Found =
	| { readonly kind: "tenant"; readonly invitation: WaitingInvitation }
	| { readonly kind: "operator"; readonly invitation: OperatorInvitation };

export function invitationNotFound(): ApiError {
	return new ApiError("not_found", "This invitation does not exist, has expired, or was used or cancelled. Ask for a new one.");
}

/** The invitation that waits for `token`. 404 `not_found` when there is none, whatever became of it. */
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

/** What the one who has the link of an invitation may know before accepting it. 404 `not_found`, the same for every reason. */
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
