import { type ChangeContext, change } from "../audit/change.ts";
import type { CallerContext } from "../core/caller.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { Failure } from "../core/error.ts";
import { cancelOperatorInvitationsBy } from "./operator-invitation-store.ts";
import { cancelOperatorsInvitations, deleteOperator, lockOperators, readOperator } from "./operator-store.ts";

/**
 * Takes a person out of those who run the instance, from their next request on; invitations that they made as an operator are cancelled. The last
 * one may go too: the operator token stays. 404 `not_found`.
 */
export async function removeOperator(context: ChangeContext & CallerContext, input: { person_id: string }): Promise<void> {
	const { person_id } = input;
	await change(context, async (tx) => {
		await lockOperators(tx);
		const operator = await readOperator(tx, person_id);
		if (!operator) throw new Failure("not_found", "Nobody who runs this instance has this id.");
		await deleteOperator(tx, person_id);
		const cancelled_invitations =
			(await cancelOperatorsInvitations(tx, person_id, new Date(context.clock.now()))) + (await cancelOperatorInvitationsBy(tx, person_id));
		const facts = { name: operator.name, email: operator.email, cancelled_invitations };
		return { result: undefined, audit: [{ action: "operator.removed", target: { kind: "person", id: person_id }, tenant_id: ALL_TENANTS, facts }] };
	});
}
