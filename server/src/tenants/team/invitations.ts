import { change } from "../../audit/change.ts";
import { ApiError } from "../../core/error.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../../http/input/cursor.ts";
import { getInvitationStatus, type InvitationAnswer, invitationNotFound, toInvitationResponse } from "./invitation.ts";
import { cancelInvitationRow, lockInvitation, readInvitations } from "./invitation-store.ts";
import { lockTeam, type TeamContext } from "./lock-team.ts";

/** Lists a tenant's invitations in any status, newest first. No response contains a link. */
export async function listInvitations(context: DatabaseContext, input: PageRequest & { tenant_id: string }): Promise<Page<InvitationAnswer>> {
	const window = windowByTime(input);
	const rows = await read(context, (tx) => readInvitations(tx, input.tenant_id, window));
	const page = toPage(rows, window, ({ created_at, id }) => [created_at.toISOString(), id]);
	return { ...page, data: page.data.map((invitation) => toInvitationResponse(invitation, context.clock.now())) };
}

/**
 * Cancels an invitation, which invalidates its link; a repeat, or an expired one, changes nothing. 404 `not_found`; 403 `role_not_allowed`;
 * 409 `conflict` once it is accepted.
 */
export async function cancelInvitation(context: TeamContext, input: { tenant_id: string; invitation_id: string }): Promise<void> {
	const { tenant_id, invitation_id } = input;
	await change(context, async (tx) => {
		await lockTeam(tx, context, tenant_id, "owner");
		const invitation = await lockInvitation(tx, tenant_id, invitation_id);
		if (!invitation) throw invitationNotFound();
		const now = context.clock.now();
		const status = getInvitationStatus(invitation, now);
		if (status === "accepted") throw new ApiError("conflict", "The invitation has been accepted. Remove the member instead.");
		if (status !== "waiting") return { unchanged: undefined };
		await cancelInvitationRow(tx, tenant_id, invitation_id, new Date(now));
		const { email, role } = invitation;
		return {
			result: undefined,
			audit: [{ action: "invitation.cancelled", target: { kind: "invitation", id: invitation_id }, tenant_id, details: { email, role } }],
		};
	});
}
