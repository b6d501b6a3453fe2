import { type ChangeContext, change } from "../../audit/change.ts";
import { claimOnce } from "../../audit/idempotency.ts";
import type { CallerContext } from "../../core/caller.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { ApiError } from "../../core/error.ts";
import { newId } from "../../core/id.ts";
import { makeOneTimeToken } from "../../core/one-time-token.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { normalEmail } from "../../http/input/fields.ts";
import type { MailContext } from "../../outbox/mail/mailer.ts";
import { composeMail } from "../../outbox/mail/mails.ts";
import type { ProfileContext } from "../../plans/profile/live.ts";
import { isOperator } from "../../tenants/team/membership-store.ts";
import { readProvenAccount } from "../people/store.ts";
import {
	OPERATOR_INVITATION_MS,
	type OperatorInvitation,
	type OperatorInvitationAnswer,
	operatorInvitationNotFound,
	toOperatorInvitationResponse,
} from "./invitation.ts";
import { cancelOperatorInvitationsTo, insertOperatorInvitation, readOperatorInvitations, takeOperatorInvitation } from "./invitation-store.ts";
import { assertRoomForOperator } from "./make-operator.ts";
import { lockOperators } from "./store.ts";

export type InviteOperatorContext = ChangeContext & CallerContext & ProfileContext & MailContext;

export interface MadeOperatorInvitation {
	readonly invitation: OperatorInvitationAnswer;
	/** Only in this response and in the mail; never stored. */
	readonly url: string;
	readonly mailed: boolean;
}

/**
 * Invites a person to become an operator, by a link that works once within a week and verifies the address. Cancels pending invitations to
 * the same address. 409 `secret_already_issued` for a repeat with the same `Idempotency-Key`; 409 `conflict` for an operator's address and
 * beyond 100.
 */
export async function inviteOperator(context: InviteOperatorContext, input: { email: string }): Promise<MadeOperatorInvitation> {
	const email = normalEmail(input.email);
	const { text, digest: token_digest } = makeOneTimeToken("kwi");
	const { product_name } = await context.profile.current();
	const created_at = new Date(context.clock.now());
	const expires_at = new Date(created_at.getTime() + OPERATOR_INVITATION_MS);
	const invitation: OperatorInvitation = { id: newId("inv"), email, created_at, created_by: context.actor, expires_at };
	await change(context, async (tx) => {
		const person_ids = await lockOperators(tx);
		const earlier = await claimOnce(tx, context, { tenant_id: ALL_TENANTS, operation: "operator.invite", input, subject_id: invitation.id });
		if (earlier)
			throw new ApiError(
				"secret_already_issued",
				"This Idempotency-Key has already created a link, which is returned only once. Send a new Idempotency-Key to invite again.",
			);
		const known = await readProvenAccount(tx, email);
		if (known && (await isOperator(tx, known.id))) throw operatorAlready();
		await cancelOperatorInvitationsTo(tx, email);
		assertRoomForOperator(person_ids.length + (await readOperatorInvitations(tx, created_at)).length);
		await insertOperatorInvitation(tx, { ...invitation, token_digest });
		const details = { email, expires_at: expires_at.toISOString() };
		const target = { kind: "operator_invitation", id: invitation.id };
		return { result: undefined, audit: [{ action: "operator.invited", target, tenant_id: ALL_TENANTS, details }] };
	});
	const url = `${context.profile.public_url}/join#${text}`;
	const mailed = await context.mailer.send(composeMail("operator_invitation", email, { product_name, link: { href: url }, expires_at }));
	return { invitation: toOperatorInvitationResponse(invitation), url, mailed };
}

/** Lists the pending operator invitations, oldest first; at most 100. */
export async function listOperatorInvitations(context: DatabaseContext): Promise<{ data: readonly OperatorInvitationAnswer[] }> {
	const now = new Date(context.clock.now());
	const invitations = await read(context, (tx) => readOperatorInvitations(tx, now));
	return { data: invitations.map(toOperatorInvitationResponse) };
}

/** Cancels a pending invitation, which invalidates its link. 404 `not_found`. */
export async function cancelOperatorInvitation(context: ChangeContext & CallerContext, input: { invitation_id: string }): Promise<void> {
	const id = input.invitation_id;
	await change(context, async (tx) => {
		await lockOperators(tx);
		const taken = await takeOperatorInvitation(tx, id);
		if (!taken) throw operatorInvitationNotFound();
		const target = { kind: "operator_invitation", id };
		return { result: undefined, audit: [{ action: "operator.invitation_cancelled", target, tenant_id: ALL_TENANTS, details: taken }] };
	});
}

function operatorAlready(): ApiError {
	return new ApiError("conflict", "The person with this address is already an operator.");
}
