import { ALL_TENANTS } from "../../core/context.ts";
import { ApiError } from "../../core/error.ts";
import { digestOneTimeToken } from "../../core/one-time-token.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import type { OperatorInvitation } from "../operators/invitation.ts";
import { readOperatorInvitation } from "../operators/invitation-store.ts";
import { readWaitingInvitation, type WaitingInvitation } from "./store.ts";

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
