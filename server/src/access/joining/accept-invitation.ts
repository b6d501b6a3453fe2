import { type ChangeContext, change } from "../../audit/change.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { ApiError } from "../../core/error.ts";
import { newId } from "../../core/id.ts";
import { normalEmail } from "../../http/input/fields.ts";
import { readTenantForShare } from "../../tenants/store.ts";
import { isMakerAllowed } from "../../tenants/team/maker.ts";
import { assertTenantActive } from "../../tenants/tenant.ts";
import type { AnonymousContext } from "../anonymous.ts";
import type { OperatorInvitation } from "../operators/invitation.ts";
import { takeOperatorInvitation } from "../operators/invitation-store.ts";
import { assertRoomForOperator, makeOperator } from "../operators/make-operator.ts";
import { lockOperators } from "../operators/store.ts";
import { clearPortalCookie, type SessionCookiesContext } from "../people/session-cookie.ts";
import type { SignInContext } from "../people/sign-in.ts";
import { findJoiningAccount, type Joining, resolveAccount } from "./account.ts";
import { findInvitation, invitationNotFound } from "./find-invitation.ts";
import { acceptWaitingInvitation, insertMember, type WaitingInvitation } from "./store.ts";

export type JoinContext = ChangeContext & SignInContext & AnonymousContext & SessionCookiesContext;

export interface JoinInput {
	readonly token: string;
	readonly name?: string;
	readonly email?: string;
	readonly password: string;
}

/**
 * Makes the invited person a member (by an operator's link an operator) and signs them in, with the account that has the address and
 * password or a new one. 401 `credential_invalid` for a wrong password; 404 `not_found` unless the token is pending; 409 `conflict` for an
 * existing member; 403 `tenant_suspended`. A mailed link, or one from an operator, verifies the address.
 */
export async function acceptInvitation(context: JoinContext, input: JoinInput): Promise<{ tenant_id: string | null }> {
	const found = await findInvitation(context, input.token);
	const email = getEmail(found.invitation, input);
	const proves = found.kind === "operator" || found.invitation.proves;
	const { name, password } = input;
	const joining = await findJoiningAccount(context, { email, password, proves, ...(name === undefined ? {} : { name }) });
	if (found.kind === "operator") await becomeOperator(context, found.invitation, joining);
	else await joinTenant(context, found.invitation, joining);
	await context.sign_in.beginSession(context.anonymous, joining.account.id);
	clearPortalCookie(context);
	return { tenant_id: found.kind === "operator" ? null : found.invitation.tenant_id };
}

/** No earlier authorization needs a repeat: the transaction reads the invitation again. */
const BY_INVITATION = async () => undefined;

async function joinTenant(context: JoinContext, invitation: WaitingInvitation, joining: Joining): Promise<void> {
	const { id: person_id, name, email } = joining.account;
	const { tenant_id, role } = invitation;
	const member_id = newId("mem");
	const actor = { kind: "member", id: member_id, name, email } as const;
	const scope = invitation.makes_operator ? ALL_TENANTS : tenant_id;
	await change({ ...context, scope, actor, reauthorize: BY_INVITATION }, async (tx) => {
		const now = new Date(context.clock.now());
		const held = await readTenantForShare(tx, tenant_id);
		if (!(await isMakerAllowed(tx, tenant_id, invitation.made_by, "owner"))) throw invitationNotFound();
		if (!held || !(await acceptWaitingInvitation(tx, tenant_id, invitation.id, now))) throw invitationNotFound();
		assertTenantActive(held.tenant);
		const proof = await resolveAccount(tx, joining, now);
		if (!(await insertMember(tx, { tenant_id, id: member_id, person_id, role, joined_at: now }))) throw memberAlready();
		const details = { invitation_id: invitation.id, person_id, name, email, role };
		const joined = { action: "member.joined", target: { kind: "member", id: member_id }, tenant_id, details };
		const operator = invitation.makes_operator ? await makeOperator(tx, joining.account, { created_at: now, created_by: actor }) : null;
		return { result: undefined, audit: [joined, ...proof, ...(operator ? [operator] : [])] };
	});
}

async function becomeOperator(context: JoinContext, invitation: OperatorInvitation, joining: Joining): Promise<void> {
	const { id, name, email } = joining.account;
	const actor = { kind: "operator", id, name, email } as const;
	await change({ ...context, scope: ALL_TENANTS, actor, reauthorize: BY_INVITATION }, async (tx) => {
		const now = new Date(context.clock.now());
		const person_ids = await lockOperators(tx);
		if (!(await isMakerAllowed(tx, ALL_TENANTS, invitation.created_by, "owner"))) throw invitationNotFound();
		if (!(await takeOperatorInvitation(tx, invitation.id))) throw invitationNotFound();
		assertRoomForOperator(person_ids.length);
		const proof = await resolveAccount(tx, joining, now);
		const operator = await makeOperator(tx, joining.account, { created_at: now, created_by: invitation.created_by });
		if (operator === null) throw new ApiError("conflict", "You are already an operator of this instance. Sign in.");
		return { result: undefined, audit: [operator, ...proof] };
	});
}

function wrongField(pointer: string, detail: string): ApiError {
	return new ApiError("invalid_request", "The body is not valid. Correct what `errors` names.", { errors: [{ pointer, detail }] });
}

function getEmail(invitation: { readonly email: string | null }, input: JoinInput): string {
	if (invitation.email !== null) {
		if (input.email === undefined || normalEmail(input.email) === invitation.email) return invitation.email;
		throw wrongField("/email", "is not the address of the invitation; leave it out");
	}
	if (input.email === undefined) throw wrongField("/email", "is required, because the invitation has no address");
	return normalEmail(input.email);
}

function memberAlready(): ApiError {
	return new ApiError("conflict", "You are already a member of this tenant. Sign in; an owner can change your role.");
}
