import { type ChangeContext, change } from "../../audit/change.ts";
import type { CallerContext } from "../../core/caller.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { ApiError } from "../../core/error.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { type EndersContext, endedDetails, endMade } from "../../tenants/team/ending.ts";
import { type OperatorAnswer, toOperatorResponse } from "./operator.ts";
import { deleteOperator, lockOperators, readOperator, readOperators } from "./store.ts";

/** Lists all operators, in the order in which they were added. */
export async function listOperators(context: DatabaseContext & CallerContext): Promise<{ data: readonly OperatorAnswer[] }> {
	const operators = await read(context, readOperators);
	return { data: operators.map((operator) => toOperatorResponse(operator, context.caller)) };
}

/**
 * Removes an operator, effective on their next request. Ends what they created as an operator and is unused: invitations, handovers, portal
 * links and sessions begun by one. The last operator may be removed too, because the operator token remains. 404 `not_found`.
 */
export async function removeOperator(context: ChangeContext & CallerContext & EndersContext, input: { person_id: string }): Promise<void> {
	const { person_id } = input;
	await change(context, async (tx) => {
		await lockOperators(tx);
		const operator = await readOperator(tx, person_id);
		if (!operator) throw new ApiError("not_found", "There is no operator with this id.");
		await deleteOperator(tx, person_id);
		const because = "operator.removed";
		const now = new Date(context.clock.now());
		const ending = { makers: [{ kind: "operator", id: person_id }] as const, role_left: null, now, ended_by: context.actor, because };
		const ended = await endMade(tx, context, ending);
		const details = { name: operator.name, email: operator.email, ended: endedDetails(ended) };
		const note = { action: because, target: { kind: "person", id: person_id }, tenant_id: ALL_TENANTS, details };
		return { result: undefined, ...ended, audit: [note, ...ended.audit] };
	});
}
