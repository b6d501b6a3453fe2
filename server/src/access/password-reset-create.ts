import { type ChangeContext, change } from "../audit/change.ts";
import { claimOnce } from "../audit/idempotency.ts";
import { reauthorize } from "../audit/reauthorize.ts";
import type { CallerContext } from "../core/caller.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { Failure } from "../core/error.ts";
import { normalEmail } from "../http/email.ts";
import { isOperator } from "../tenants/membership-store.ts";
import { RESET_LINK_SECONDS } from "./auth-library.ts";
import { personOf } from "./operator.ts";
import { readPersonByEmail } from "./people-store.ts";
import type { SignInContext } from "./sign-in.ts";

/**
 * A one-time link to set a new password, which the operator hands to a person whom no mail reaches. A repeat with the same `Idempotency-Key`
 * is a 409 `secret_already_issued`. 404 `not_found` when nobody signs in with the address; 403 `role_not_allowed` for an operator's own, but with
 * the operator token: nobody who is signed in becomes another operator.
 */
export async function createPasswordReset(
	context: ChangeContext & CallerContext & SignInContext & { readonly public_url: string },
	input: { email: string },
): Promise<{ url: string; expires_at: string }> {
	const expires_at = new Date(context.clock.now() + RESET_LINK_SECONDS * 1_000);
	const person = await change(context, async (tx) => {
		await reauthorize(tx);
		const person = await readPersonByEmail(tx, normalEmail(input.email));
		if (person && personOf(context.caller) !== null && (await isOperator(tx, person.id))) throw operatorsPassword();
		if (!person) throw new Failure("not_found", "Nobody signs in with this address. Invite the person to a tenant instead.");
		const earlier = await claimOnce(tx, context, { tenant_id: ALL_TENANTS, operation: "password_reset.create", input, subject_id: person.id });
		if (earlier) throw new Failure("secret_already_issued", "This request made a link before, which was in that answer only. Ask for another.");
		return {
			result: person,
			audit: [{ action: "password_reset.created", target: { kind: "person", id: person.id }, tenant_id: ALL_TENANTS }],
		};
	});
	const token = await context.sign_in.makeResetToken(person.id, expires_at);
	return { url: `${context.public_url}/reset-password#${token}`, expires_at: expires_at.toISOString() };
}

function operatorsPassword(): Failure {
	return new Failure(
		"role_not_allowed",
		"This person runs the instance: a link to their password is made with the operator token only, or mailed to them from the sign-in page.",
	);
}
