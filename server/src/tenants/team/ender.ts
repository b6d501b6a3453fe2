import type { Ender } from "./ending.ts";
import { cancelInvitationsMadeBy, readInvitationsMadeBy } from "./invitation-store.ts";

/** Pending invitations; only owners create them. */
export const invitationEnder: Ender = {
	column: "invitations.created_by",
	needs: "owner",
	async find(tx, { makers, now }) {
		const found = await readInvitationsMadeBy(tx, makers, now);
		return found.map(({ tenant_id, id, email }) => ({ kind: "invitation", tenant_id, id, name: email }));
	},
	async end(tx, { makers, now, because }) {
		const cancelled = await cancelInvitationsMadeBy(tx, makers, now);
		return {
			things: cancelled.map(({ tenant_id, id, email }) => ({ kind: "invitation", tenant_id, id, name: email })),
			audit: cancelled.map(({ tenant_id, id, email, role }) => ({
				action: "invitation.cancelled",
				target: { kind: "invitation", id },
				tenant_id,
				details: { email, role, because },
			})),
			invalidates: [],
			events: [],
			makers: [],
		};
	},
};
