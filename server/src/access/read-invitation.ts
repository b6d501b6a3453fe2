import { ALL_TENANTS } from "../core/context.ts";
import { Failure } from "../core/error.ts";
import { digestOneTimeToken } from "../core/one-time-token.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/read.ts";
import { readWaitingInvitation, type WaitingInvitation } from "./join-store.ts";
import { readPersonByEmail } from "./people-store.ts";

export interface InvitationAsSeen {
	readonly tenant: { readonly id: string; readonly name: string };
	readonly role: WaitingInvitation["role"];
	readonly email: string | null;
	readonly invited_by: string;
	readonly expires_at: string;
	/** Whether the invited address can sign in already; false where the invitation names none. */
	readonly account_exists: boolean;
	/** Whether who joins runs this instance as well. */
	readonly makes_operator: boolean;
}

export function invitationNotFound(): Failure {
	return new Failure("not_found", "This invitation has been used or cancelled, is too old, or never was. Ask for a new one.");
}

/** The invitation that waits for `token`. 404 `not_found` when there is none, whatever became of it. */
export async function findInvitation(context: DatabaseContext, token: string): Promise<WaitingInvitation> {
	const digest = digestOneTimeToken("kwi", token);
	if (digest === null) throw invitationNotFound();
	const now = new Date(context.clock.now());
	const found = await read({ database: context.database, scope: ALL_TENANTS }, (tx) => readWaitingInvitation(tx, digest, now));
	if (!found) throw invitationNotFound();
	return found;
}

/** What the one who has the link of an invitation may know before accepting it. 404 `not_found`, the same for every reason. */
export async function readInvitation(context: DatabaseContext, input: { token: string }): Promise<InvitationAsSeen> {
	const { tenant_id, tenant_name, role, email, invited_by, expires_at, makes_operator } = await findInvitation(context, input.token);
	const account = email === null ? null : await read({ database: context.database, scope: tenant_id }, (tx) => readPersonByEmail(tx, email));
	return {
		tenant: { id: tenant_id, name: tenant_name },
		role,
		email,
		invited_by,
		expires_at: expires_at.toISOString(),
		account_exists: account !== null,
		makes_operator,
	};
}
