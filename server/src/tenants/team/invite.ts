import { change } from "../../audit/change.ts";
import { claimOnce } from "../../audit/idempotency.ts";
import { linkExpiryMax, type Role } from "../../core/caller.ts";
import { ApiError } from "../../core/error.ts";
import { newId } from "../../core/id.ts";
import { makeOneTimeToken } from "../../core/one-time-token.ts";
import { DAY_MS } from "../../core/time.ts";
import type { Tx } from "../../database/transaction.ts";
import { normalEmail } from "../../http/input/fields.ts";
import type { MailContext } from "../../outbox/mail/mailer.ts";
import { composeMail } from "../../outbox/mail/mails.ts";
import type { ProfileContext } from "../../plans/profile/live.ts";
import { assertTenantActive } from "../tenant.ts";
import type { EndersContext } from "./ending.ts";
import { INVITATION_SECONDS_DEFAULT, type Invitation, type InvitationAnswer, type Inviter, toInvitationResponse } from "./invitation.ts";
import { cancelInvitationsTo, countInvitations, deleteInvitationsBefore, insertInvitation } from "./invitation-store.ts";
import { lockTeam, type TeamContext } from "./lock-team.ts";
import { isMembersAddress } from "./member-store.ts";
import type { InvitationInput } from "./schema.ts";

const INVITATIONS_WAITING_MAX = 100;
/** Bounds unsolicited mail: each invitation may send one. */
const INVITATIONS_PER_DAY_MAX = 200;
const AS: Readonly<Record<Role, string>> = { owner: "an owner", admin: "an admin", viewer: "a viewer" };
/** Longer than any link is valid; the addresses of people who never joined are then deleted. */
const INVITATIONS_KEPT_MS = 90 * DAY_MS;

export type InviteContext = TeamContext & EndersContext & ProfileContext & MailContext;

export interface MadeInvitation {
	readonly invitation: InvitationAnswer;
	/** Only in this response, never stored. The mail contains a different link, which verifies the address. */
	readonly url: string;
	readonly mailed: boolean;
}

/** The inviter's name as the invited person sees it; for an operator, the product's name. */
function getInviter(context: InviteContext, product_name: string): Inviter {
	const { actor } = context;
	const name = actor.kind === "operator" ? product_name : actor.name;
	return "id" in actor ? { kind: actor.kind, id: actor.id, name } : { kind: actor.kind, name: product_name };
}

async function assertRoomForInvitation(tx: Tx, tenant_id: string, now: Date): Promise<void> {
	const { waiting, made, first_made_at } = await countInvitations(tx, tenant_id, { now, since: new Date(now.getTime() - DAY_MS) });
	if (waiting >= INVITATIONS_WAITING_MAX) {
		throw new ApiError("conflict", `${waiting} invitations are already pending, which is the limit. Cancel one first.`, {
			members: { max: INVITATIONS_WAITING_MAX, used: waiting },
		});
	}
	if (made < INVITATIONS_PER_DAY_MAX || first_made_at === null) return;
	throw new ApiError(
		"rate_limited",
		`${made} invitations were made within 24 hours, which is the limit. Try again after the seconds in Retry-After.`,
		{
			retry_after_seconds: Math.ceil((first_made_at.getTime() + DAY_MS - now.getTime()) / 1_000),
		},
	);
}

/**
 * Creates a one-time invitation link, mailed to `email` if given and mail is configured; one from a portal session expires with it. Cancels pending invitations to the same address.
 * 409 `secret_already_issued` with `invitation_id` for a repeat with the same Idempotency-Key; 403 `role_not_allowed`, `tenant_suspended`;
 * 409 `conflict` for a member's address and beyond 100 pending; 429 `rate_limited` beyond 200 in 24 hours.
 */
export async function invite(context: InviteContext, input: InvitationInput & { tenant_id: string }): Promise<MadeInvitation> {
	const { tenant_id, role } = input;
	const token = makeOneTimeToken("kwi");
	const mailed_token = makeOneTimeToken("kwi");
	const { product_name } = await context.profile.current();
	const created_at = new Date(context.clock.now());
	const wanted_ms = created_at.getTime() + (input.expires_in_seconds ?? INVITATION_SECONDS_DEFAULT) * 1_000;
	const invitation: Invitation = {
		id: newId("inv"),
		email: input.email === undefined ? null : normalEmail(input.email),
		role,
		created_at,
		created_by: getInviter(context, product_name),
		expires_at: new Date(Math.min(wanted_ms, linkExpiryMax(context.caller))),
		accepted_at: null,
		cancelled_at: null,
	};
	const { id, email, created_by, expires_at } = invitation;
	const links = {
		token_digest: token.digest,
		...(email !== null && context.mailer.enabled ? { mail_token_digest: mailed_token.digest } : {}),
		link_proves: email !== null && context.caller.kind === "operator",
	};
	const tenant = await change(context, async (tx) => {
		const locked = await lockTeam(tx, context, tenant_id, "owner");
		assertTenantActive(locked);
		const earlier = await claimOnce(tx, context, { tenant_id, operation: "invitation.create", input, subject_id: id });
		if (earlier) throw shownBefore(earlier.subject_id);
		if (email !== null && (await isMembersAddress(tx, tenant_id, email))) throw memberAlready();
		const replaced = email === null ? [] : await cancelInvitationsTo(tx, tenant_id, email, created_at);
		await assertRoomForInvitation(tx, tenant_id, created_at);
		await deleteInvitationsBefore(tx, tenant_id, new Date(created_at.getTime() - INVITATIONS_KEPT_MS));
		await insertInvitation(tx, tenant_id, invitation, links);
		const details = { email, role, expires_at: expires_at.toISOString(), replaced_invitation_ids: replaced };
		return { result: locked, audit: [{ action: "invitation.created", target: { kind: "invitation", id }, tenant_id, details }] };
	});
	const join_url = `${context.profile.public_url}/join#`;
	const inviter = created_by.kind === "operator" || created_by.id === undefined ? null : created_by.name;
	const link = { href: join_url + mailed_token.text };
	const words = { inviter, tenant_name: tenant.name, product_name, as: AS[role], link, expires_at };
	const mailed = email !== null && (await context.mailer.send(composeMail("invitation", email, words)));
	return { invitation: toInvitationResponse(invitation, context.clock.now()), url: join_url + token.text, mailed };
}

function shownBefore(invitation_id: string): ApiError {
	return new ApiError(
		"secret_already_issued",
		"This Idempotency-Key has already created an invitation, whose link is returned only once. If it is lost, invite again with a new key.",
		{
			members: { invitation_id },
		},
	);
}

function memberAlready(): ApiError {
	return new ApiError("conflict", "This address already belongs to a member of the tenant. An owner can change the member's role.");
}
