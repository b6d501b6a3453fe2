import { type ChangeContext, change } from "../../audit/change.ts";
import { claimOnce } from "../../audit/idempotency.ts";
import type { Role } from "../../core/caller.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { ApiError } from "../../core/error.ts";
import { newId } from "../../core/id.ts";
import { digestOneTimeToken, makeOneTimeToken } from "../../core/one-time-token.ts";
import { read } from "../../database/transaction.ts";
import { normalEmail } from "../../http/input/fields.ts";
import { readTenantForShare } from "../../tenants/store.ts";
import { isMakerAllowed } from "../../tenants/team/maker.ts";
import { tenantNotFound } from "../../tenants/tenant.ts";
import { type SessionCookiesContext, setPortalCookie } from "../people/session-cookie.ts";
import { makeSessionValue, PORTAL_LINK_SECONDS, PORTAL_SESSION_SECONDS } from "./session.ts";
import { insertPortalLink, readPortalLink, redeemPortalLink } from "./store.ts";

export type PortalLinkContext = ChangeContext & { readonly public_url: string };

export interface PortalLinkInput {
	readonly tenant_id: string;
	readonly external_user_id: string;
	readonly name: string;
	readonly email?: string;
	readonly role: Role;
	/** The product has just authenticated the person: the session may grant access to others. */
	readonly confirmed?: boolean;
}

/**
 * Creates a one-time link, valid for five minutes, by which a person of the operator's product opens the API Access page. 409
 * `secret_already_issued` for a repeat with the same `Idempotency-Key`; 404 `not_found` for an unknown tenant.
 */
export async function createPortalLink(context: PortalLinkContext, input: PortalLinkInput): Promise<{ url: string; expires_at: string }> {
	const { tenant_id, external_user_id, role, confirmed = false } = input;
	const token = makeOneTimeToken("kwp");
	const id = newId("ptl");
	const created_at = new Date(context.clock.now());
	const expires_at = new Date(created_at.getTime() + PORTAL_LINK_SECONDS * 1_000);
	const person = { external_user_id, name: input.name.trim(), email: input.email === undefined ? null : normalEmail(input.email), role, confirmed };
	return change(context, async (tx) => {
		if (!(await readTenantForShare(tx, tenant_id))) throw tenantNotFound();
		const earlier = await claimOnce(tx, context, { tenant_id, operation: "portal_session.create", input, subject_id: id });
		if (earlier)
			throw new ApiError(
				"secret_already_issued",
				"This Idempotency-Key has already created a link, which is returned only once. Send a new Idempotency-Key to create another.",
			);
		await insertPortalLink(tx, { tenant_id, id, ...person, created_by: context.actor, token_digest: token.digest, created_at, expires_at });
		return {
			result: { url: `${context.public_url}/portal#${token.text}`, expires_at: expires_at.toISOString() },
			audit: [{ action: "portal_session.created", target: { kind: "portal_session", id }, tenant_id, details: person }],
		};
	});
}

function linkNotFound(): ApiError {
	return new ApiError("not_found", "This link does not exist, has expired or was used. Go back and open it again from there.");
}

/** Redeems a portal link once: begins a session and sets its cookie. 404 `not_found`, the same for every reason. */
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
		if (created_by !== null && !(await isMakerAllowed(tx, tenant_id, created_by, "owner"))) throw linkNotFound();
		const person = await redeemPortalLink(tx, { token_digest, session_digest, now, session_expires_at });
		if (!person) throw linkNotFound();
		const { id, external_user_id, name, email, role } = person;
		const details = { external_user_id, name, email, role };
		return { result: undefined, audit: [{ action: "portal_session.redeemed", target: { kind: "portal_session", id }, details }] };
	});
	setPortalCookie(context, value, PORTAL_SESSION_SECONDS);
	return { tenant_id };
}
