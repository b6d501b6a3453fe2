import { type ChangeContext, change } from "../../audit/change.ts";
import { claimOnce } from "../../audit/idempotency.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import type { CallerContext } from "../../core/caller.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { ApiError } from "../../core/error.ts";
import { normalEmail } from "../../http/input/fields.ts";
import { isOperator } from "../../tenants/team/membership-store.ts";
import { getPersonId } from "../operators/operator.ts";
import { makePasswordLink } from "./password-link.ts";
import { insertSignInLink } from "./sign-in-link-store.ts";
import { readAccounts } from "./store.ts";

/**
 * Creates a one-time password link for an operator to hand over when mail cannot reach the person; it verifies the address. 409
 * `secret_already_issued` for a repeat; 404 `not_found` without an account; 409 `conflict` for several unverified accounts; 403
 * `role_not_allowed` for an operator's own account, except with the operator token: a session must not take over another operator.
 */
export async function createPasswordReset(
	context: ChangeContext & CallerContext & { readonly public_url: string },
	input: { email: string },
): Promise<{ url: string; expires_at: string }> {
	const made = await change(context, async (tx) => {
		await reauthorize(tx);
		const accounts = await readAccounts(tx, normalEmail(input.email));
		const [person] = accounts;
		if (person && getPersonId(context.caller) !== null && (await isOperator(tx, person.id))) throw operatorsPassword();
		if (!person) throw new ApiError("not_found", "No account has this address. Invite the person to a tenant instead.");
		if (!person.proven && accounts.length > 1) throw severalAccounts();
		const { token, row } = makePasswordLink(person, context.actor, context.clock.now());
		const earlier = await claimOnce(tx, context, { tenant_id: ALL_TENANTS, operation: "password_reset.create", input, subject_id: person.id });
		if (earlier)
			throw new ApiError(
				"secret_already_issued",
				"This Idempotency-Key has already created a link, which is returned only once. Send a new Idempotency-Key to create another.",
			);
		await insertSignInLink(tx, row);
		return {
			result: { token, expires_at: row.expires_at.toISOString() },
			audit: [{ action: "password_reset.created", target: { kind: "person", id: person.id }, tenant_id: ALL_TENANTS }],
		};
	});
	return { url: `${context.public_url}/reset-password#${made.token}`, expires_at: made.expires_at };
}

function severalAccounts(): ApiError {
	return new ApiError(
		"conflict",
		"Several accounts have this address and none has verified it. Invite the person to their tenant again: the link of that invitation verifies it.",
	);
}

function operatorsPassword(): ApiError {
	return new ApiError(
		"role_not_allowed",
		"This person is an operator. Create the link with the operator token, or have them request a password link on the sign-in page.",
	);
}
