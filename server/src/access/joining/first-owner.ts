import { type ChangeContext, change } from "../../audit/change.ts";
import { newId } from "../../core/id.ts";
import { makeOneTimeToken } from "../../core/one-time-token.ts";
import { INVITATION_SECONDS_DEFAULT } from "../../tenants/team/invitation.ts";
import { insertInvitation } from "../../tenants/team/invitation-store.ts";
import { countOwners } from "../../tenants/team/member-store.ts";
import { countOperators } from "../operators/store.ts";
import { cancelInvitationsOfSystem } from "./store.ts";

const MAKER = "Keywright";

/**
 * Creates a one-time token that makes its bearer the owner of a tenant without one, and an operator if there is none. Invalidates the token
 * of an earlier start. Null when the tenant has an owner.
 */
export async function inviteFirstOwner(context: ChangeContext, tenant_id: string): Promise<string | null> {
	const token = makeOneTimeToken("kwi");
	const created_by = { kind: "system", name: MAKER } as const;
	return change({ ...context, scope: tenant_id, actor: created_by }, async (tx) => {
		if ((await countOwners(tx, tenant_id)) > 0) return { unchanged: null };
		const created_at = new Date(context.clock.now());
		const expires_at = new Date(created_at.getTime() + INVITATION_SECONDS_DEFAULT * 1_000);
		await cancelInvitationsOfSystem(tx, tenant_id, MAKER, created_at);
		const id = newId("inv");
		const invitation = { id, email: null, role: "owner", created_at, created_by, expires_at, accepted_at: null, cancelled_at: null } as const;
		const makes_operator = (await countOperators(tx)) === 0;
		const links = { token_digest: token.digest, link_proves: makes_operator };
		await insertInvitation(tx, tenant_id, { ...invitation, ...(makes_operator ? { makes_operator } : {}) }, links);
		return {
			result: token.text,
			audit: [
				{
					action: "invitation.created",
					target: { kind: "invitation", id },
					details: { role: "owner", makes_operator, expires_at: expires_at.toISOString() },
				},
			],
		};
	});
}
