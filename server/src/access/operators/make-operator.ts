import type { NewAuditEntry } from "../../audit/entry.ts";
import { type Actor, ALL_TENANTS } from "../../core/context.ts";
import { ApiError } from "../../core/error.ts";
import type { Tx } from "../../database/transaction.ts";
import { endSignIns, type PersonAccount } from "../people/store.ts";
import { insertOperator } from "./store.ts";

export const OPERATORS_MAX = 100;

/**
 * Makes a person with a verified address an operator from their next sign-in on: older sessions, which may be open elsewhere, gain nothing.
 * Null when they are already an operator.
 */
export async function makeOperator(
	tx: Tx,
	person: Pick<PersonAccount, "id" | "name" | "email">,
	made: { created_at: Date; created_by: Actor },
): Promise<NewAuditEntry | null> {
	if (!(await insertOperator(tx, { person_id: person.id, ...made }))) return null;
	await endSignIns(tx, [person.id]);
	const details = { name: person.name, email: person.email };
	return { action: "operator.added", target: { kind: "person", id: person.id }, tenant_id: ALL_TENANTS, details };
}

/** 409 `conflict` when operators and pending operator invitations have reached the limit. */
export function assertRoomForOperator(used: number): void {
	if (used >= OPERATORS_MAX)
		throw new ApiError("conflict", `There are already ${OPERATORS_MAX} operators and pending invitations, which is the limit. Remove one first.`);
}
