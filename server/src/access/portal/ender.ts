import type { EndedObject, Ender } from "../../tenants/team/ending.ts";
import { endPortalSessionsMadeBy, type LivePortalSession, readPortalSessionsMadeBy } from "./store.ts";

function toEndedThing({ tenant_id, id, name, redeemed }: LivePortalSession): EndedObject {
	return { kind: redeemed ? "portal_session" : "portal_link", tenant_id, id, name };
}

/** Pending portal links and the live sessions begun by one: a link that an operator created grants access to a tenant. */
export const portalEnder: Ender = {
	column: "portal_sessions.created_by",
	needs: "operator",
	async find(tx, { makers, now }) {
		return (await readPortalSessionsMadeBy(tx, makers, now)).map(toEndedThing);
	},
	async end(tx, { makers, now, because }) {
		const ended = await endPortalSessionsMadeBy(tx, makers, now);
		return {
			things: ended.map(toEndedThing),
			audit: ended.map(({ tenant_id, id, name, role }) => ({
				action: "portal_session.ended",
				target: { kind: "portal_session", id },
				tenant_id,
				details: { name, role, because },
			})),
			invalidates: [],
			events: [],
			makers: ended.map(({ id }) => ({ kind: "portal", id })),
		};
	},
};
