import { type ChangeContext, change } from "../audit/change.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { Failure } from "../core/error.ts";
import { newId } from "../core/id.ts";
import { read } from "../database/read.ts";
import { normalEmail } from "../http/email.ts";
import { holdTenant } from "../tenants/store.ts";
import { assertTenantActive } from "../tenants/tenant.ts";
import { acceptWaitingInvitation, insertMember, type WaitingInvitation } from "./join-store.ts";
import { makeOperator } from "./operator-add.ts";
import { holdPerson, insertPerson, type PersonAccount, readPersonByEmail } from "./people-store.ts";
import { findInvitation, invitationNotFound } from "./read-invitation.ts";
import { forgetPortal, type SessionCookiesContext } from "./session-cookie.ts";
import type { SignInContext } from "./sign-in.ts";
import type { VisitorContext } from "./visitor.ts";

export type JoinContext = ChangeContext & SignInContext & VisitorContext & SessionCookiesContext;

export interface JoinInput {
	readonly token: string;
	readonly name?: string;
	readonly email?: string;
	readonly password: string;
}

/** Who joins: with an account that is there, or with one that is made in the same transaction. */
interface Joining extends PersonAccount {
	readonly password_hash: string | null;
}

/**
 * Makes the invited person a member, by the link of the first start an operator too, and signs them in. Makes their account, or takes the password of the one that the address has: 401
 * `credential_invalid` for a wrong one. 404 `not_found` for a token that does not wait; 409 `conflict` for a member of the tenant;
 * 403 `tenant_suspended`.
 */
export async function acceptInvitation(context: JoinContext, input: JoinInput): Promise<{ tenant_id: string }> {
	const invitation = await findInvitation(context, input.token);
	const email = emailOf(invitation, input);
	const joining = await whoJoins(context, email, input);
	const member_id = newId("mem");
	const { tenant_id, role } = invitation;
	const actor = { kind: "member", id: member_id, name: joining.name, email } as const;
	const scope = invitation.makes_operator ? ALL_TENANTS : tenant_id;
	// Who joins had no standing before: the invitation is asked, below.
	const reauthorize = async () => undefined;
	await change({ ...context, scope, actor, reauthorize }, async (tx) => {
		const now = new Date(context.clock.now());
		const held = await holdTenant(tx, tenant_id);
		if (!held || !(await acceptWaitingInvitation(tx, tenant_id, invitation.id, now))) throw invitationNotFound();
		assertTenantActive(held.tenant);
		const { password_hash, ...person } = joining;
		const has_account = password_hash === null ? holdPerson(tx, person.id) : insertPerson(tx, { ...person, password_hash, created_at: now });
		if (!(await has_account)) throw accountChanged();
		if (!(await insertMember(tx, { tenant_id, id: member_id, person_id: person.id, role, joined_at: now }))) throw memberAlready();
		const facts = { invitation_id: invitation.id, person_id: person.id, name: person.name, email, role };
		const joined = { action: "member.joined", target: { kind: "member", id: member_id }, tenant_id, facts };
		const operator = invitation.makes_operator ? await makeOperator(tx, person, { created_at: now, created_by: actor }) : null;
		return { result: undefined, audit: operator ? [joined, operator] : [joined] };
	});
	await context.sign_in.begin(context.visitor, { email, password: input.password, remember: true });
	forgetPortal(context);
	return { tenant_id };
}

function wrongField(pointer: string, detail: string): Failure {
	return new Failure("invalid_request", "The body is not valid. Correct what `errors` names.", { errors: [{ pointer, detail }] });
}

function emailOf(invitation: WaitingInvitation, input: JoinInput): string {
	if (invitation.email !== null) {
		if (input.email === undefined || normalEmail(input.email) === invitation.email) return invitation.email;
		throw wrongField("/email", "is not the address of the invitation; leave it out");
	}
	if (input.email === undefined) throw wrongField("/email", "is required, because the invitation names no address");
	return normalEmail(input.email);
}

async function whoJoins(context: JoinContext, email: string, input: JoinInput): Promise<Joining> {
	const { sign_in, visitor } = context;
	const known = await read(context, (tx) => readPersonByEmail(tx, email));
	if (known) {
		await sign_in.guarded(visitor, email, () => sign_in.isPassword(known.id, input.password));
		return { ...known, password_hash: null };
	}
	if (input.name === undefined) throw wrongField("/name", "is required for a new account");
	return { id: newId("per"), name: input.name.trim(), email, password_hash: await sign_in.passwordHash(input.password) };
}

function memberAlready(): Failure {
	return new Failure("conflict", "You are a member of this tenant already. Sign in; an owner can change your role.");
}

function accountChanged(): Failure {
	return new Failure("conflict", "The account of this address has just been made or removed. Open the invitation again.");
}
