import type { Ender } from "../../tenants/team/ending.ts";
import { deleteLinksMadeBy, readLinksMadeBy } from "../people/sign-in-link-store.ts";
import { deleteOperatorInvitationsMadeBy, readOperatorInvitationsMadeBy } from "./invitation-store.ts";

/** Unused password links that an operator created: their bearer could take over the account. */
export const passwordLinkEnder: Ender = {
	column: "sign_in_links.created_by",
	needs: "operator",
	async find(tx, { makers, now }) {
		const found = await readLinksMadeBy(tx, makers, now);
		return found.map(({ person_id, email }) => ({ kind: "password_reset", tenant_id: null, id: person_id, name: email }));
	},
	async end(tx, { makers, because }) {
		const ended = await deleteLinksMadeBy(tx, makers);
		return {
			things: ended.map(({ person_id, email }) => ({ kind: "password_reset", tenant_id: null, id: person_id, name: email })),
			audit: ended.map(({ person_id, purpose }) => ({
				action: "password_reset.cancelled",
				target: { kind: "person", id: person_id },
				details: { purpose, because },
			})),
			invalidates: [],
			events: [],
			makers: [],
		};
	},
};

/** Pending operator invitations. */
export const operatorInvitationEnder: Ender = {
	column: "operator_invitations.created_by",
	needs: "operator",
	async find(tx, { makers }) {
		const found = await readOperatorInvitationsMadeBy(tx, makers);
		return found.map(({ id, email }) => ({ kind: "operator_invitation", tenant_id: null, id, name: email }));
	},
	async end(tx, { makers, because }) {
		const ended = await deleteOperatorInvitationsMadeBy(tx, makers);
		return {
			things: ended.map(({ id, email }) => ({ kind: "operator_invitation", tenant_id: null, id, name: email })),
			audit: ended.map(({ id, email }) => ({
				action: "operator.invitation_cancelled",
				target: { kind: "operator_invitation", id },
				details: { email, because },
			})),
			invalidates: [],
			events: [],
			makers: [],
		};
	},
};
