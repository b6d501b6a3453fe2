import { type ChangeContext, change } from "../../audit/change.ts";
import { record } from "../../audit/record.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { readTenantForUpdate } from "../../tenants/store.ts";
import type { EndersContext } from "../../tenants/team/ending.ts";
import { isOperator, type OwnTenant, readMemberships, readOwnTenant } from "../../tenants/team/membership-store.ts";
import type { AnonymousContext } from "../anonymous.ts";
import { endPortal } from "../portal/end-portal.ts";
import { getMember, type SignedInByPortal, type SignedInContext, sessionEnded, wrongPassword } from "./session.ts";
import { clearSessionCookies, type SessionCookiesContext } from "./session-cookie.ts";
import type { SignInContext } from "./sign-in.ts";
import { confirmSession, deleteSession } from "./store.ts";

export interface SessionAsSeen {
	readonly person: { readonly kind: "member" | "portal"; readonly id: string; readonly name: string; readonly email: string | null };
	readonly tenants: readonly OwnTenant[];
	/** Whether the person is an operator. */
	readonly operator: boolean;
	readonly expires_at: string;
	/** Whether this server sends mail. */
	readonly mail: boolean;
}

export type SessionContext = DatabaseContext & SignedInContext & { readonly mail: boolean };

/** Returns the signed-in person, their tenants and whether they are an operator. */
export async function getSession(context: SessionContext): Promise<SessionAsSeen> {
	const { signed_in, database, mail } = context;
	const { kind, name, email } = signed_in;
	const id = kind === "portal" ? signed_in.id : signed_in.person_id;
	const { tenants, operator } = await read({ database, scope: ALL_TENANTS }, async (tx) => {
		if (signed_in.kind === "member")
			return { tenants: await readMemberships(tx, signed_in.person_id), operator: await isOperator(tx, signed_in.person_id) };
		const tenant = await readOwnTenant(tx, signed_in.tenant_id, signed_in.role);
		return { tenants: tenant ? [tenant] : [], operator: false };
	});
	return { person: { kind, id, name, email }, tenants, operator, expires_at: signed_in.expires_at.toISOString(), mail };
}

export type EndSessionContext = ChangeContext & EndersContext & SignedInContext & SessionCookiesContext;

/** Ends the session, member or portal; its cookie is invalid from the next request on. */
export async function endSession(context: EndSessionContext): Promise<void> {
	const { signed_in } = context;
	if (signed_in.kind === "portal") await endOwnPortalSession(context, signed_in);
	else await record(context, (tx) => deleteSession(tx, signed_in.session_id));
	clearSessionCookies(context);
}

/** Ends a portal session, and what was created in it and is unused. */
async function endOwnPortalSession(context: EndSessionContext, { tenant_id, id }: SignedInByPortal): Promise<void> {
	// A session may always end itself.
	const reauthorize = async () => undefined;
	await change({ ...context, scope: tenant_id, reauthorize }, async (tx) => {
		await readTenantForUpdate(tx, tenant_id);
		return (await endPortal(tx, context, { tenant_id, id })) ?? { unchanged: undefined };
	});
}

export type ConfirmContext = ChangeContext & SignedInContext & SignInContext & AnonymousContext;

/**
 * Confirms the password for this session. 400 `invalid_request` for a wrong one; 401 `credential_invalid` once the session has ended; 429
 * `rate_limited` after too many attempts.
 */
export async function confirmPassword(context: ConfirmContext, input: { password: string }): Promise<void> {
	const { person_id, session_id } = getMember(context);
	const { sign_in, clock } = context;
	await sign_in.guarded(
		[{ kind: "session", name: session_id }],
		() => sign_in.comparePerson(person_id, input.password),
		() => wrongPassword("/password"),
	);
	if (!(await record(context, (tx) => confirmSession(tx, session_id, new Date(clock.now()))))) throw sessionEnded();
}
