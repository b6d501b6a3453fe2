import { type ChangeContext, change } from "../audit/change.ts";
import type { AuditNote } from "../audit/entry.ts";
import type { CallerContext } from "../core/caller.ts";
import { type Actor, ALL_TENANTS } from "../core/context.ts";
import { assert, Failure } from "../core/error.ts";
import type { Tx } from "../database/transaction.ts";
import { normalEmail } from "../http/email.ts";
import { describeOperator, type OperatorAnswer } from "./operator.ts";
import { endSignIns, insertOperator, lockOperators, readOperator } from "./operator-store.ts";
import { holdPerson, type PersonAccount, readPersonByEmail } from "./people-store.ts";

const OPERATORS_MAX = 100;

/**
 * Has the person run the instance, from their next sign-in on: a session that began before, wherever it is open, does not gain by it. Null when
 * they run it already.
 */
export async function makeOperator(tx: Tx, person: PersonAccount, made: { created_at: Date; created_by: Actor }): Promise<AuditNote | null> {
	if (!(await insertOperator(tx, { person_id: person.id, ...made }))) return null;
	await endSignIns(tx, person.id);
	const facts = { name: person.name, email: person.email };
	return { action: "operator.added", target: { kind: "person", id: person.id }, tenant_id: ALL_TENANTS, facts };
}

/**
 * Adds a person to those who run the instance. 404 `not_found` when nobody signs in with the address; 409 `conflict` beyond 100. A repeat
 * changes nothing.
 */
export async function addOperator(context: ChangeContext & CallerContext, input: { email: string }): Promise<OperatorAnswer> {
	return change(context, async (tx) => {
		const person_ids = await lockOperators(tx);
		const person = await readPersonByEmail(tx, normalEmail(input.email));
		if (!person || !(await holdPerson(tx, person.id))) {
			throw new Failure("not_found", "Nobody signs in with this address. Invite the person to a tenant first, then add them here.");
		}
		const note = await makeOperator(tx, person, { created_at: new Date(context.clock.now()), created_by: context.actor });
		const operator = await readOperator(tx, person.id);
		assert(operator, "an operator that was just added is there");
		const result = describeOperator(operator, context.caller);
		if (note === null) return { unchanged: result };
		if (person_ids.length >= OPERATORS_MAX)
			throw new Failure("conflict", `There are ${OPERATORS_MAX} operators, which is the limit. Remove one first.`);
		return { result, audit: [note] };
	});
}
