import { type ChangeContext, change } from "../../audit/change.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { Failure } from "../../core/error.ts";
import { digestOneTimeToken } from "../../core/one-time-token.ts";
import { read } from "../../database/read.ts";
import { makerMayStill } from "../../tenants/team/maker.ts";
import { givePortal, type SessionCookiesContext } from "../people/session-cookie.ts";
import { makeSessionValue, PORTAL_SESSION_SECONDS } from "./session.ts";
import { readPortalLink, redeemPortalLink } from "./store.ts";

function linkNotFound(): Failure {
	return new Failure("not_found", "This link has been used, is too old, or never was. Go back and follow it anew.");
}

/** Makes a session of a portal link, once, and gives the visitor its cookie. 404 `not_found` for every reason that it cannot. */
export async function redeemPortalSession(context: ChangeContext & SessionCookiesContext, input: { token: string }): Promise<{ tenant_id: string }> {
	const token_digest = digestOneTimeToken("kwp", input.token);
	if (token_digest === null) throw linkNotFound();
	const now = new Date(context.clock.now());
	const link = await read({ database: context.database, scope: ALL_TENANTS }, (tx) => readPortalLink(tx, token_digest, now));
	if (link === null) throw linkNotFound();
	const { tenant_id, created_by } = link;
	const { value, digest: session_digest } = makeSessionValue();
	const session_expires_at = new Date(now.getTime() + PORTAL_SESSION_SECONDS * 1_000);
	await change({ ...context, scope: tenant_id }, async (tx) => {
		if (created_by !== null && !(await makerMayStill(tx, tenant_id, created_by, "owner"))) throw linkNotFound();
		const person = await redeemPortalLink(tx, { token_digest, session_digest, now, session_expires_at });
		if (!person) throw linkNotFound();
		const { id, external_user_id, name, email, role } = person;
		const facts = { external_user_id, name, email, role };
		return { result: undefined, audit: [{ action: "portal_session.redeemed", target: { kind: "portal_session", id }, facts }] };
	});
	givePortal(context, value, PORTAL_SESSION_SECONDS);
	return { tenant_id };
}
