import type { Caller } from "../../core/caller.ts";

/** A person whose session may use the whole operator API and every tenant's management API. */
export interface Operator {
	readonly person_id: string;
	readonly name: string;
	readonly email: string;
	/** When they became an operator, and when their account was created. */
	readonly created_at: string;
	readonly account_created_at: string;
	readonly created_by: { readonly kind: string; readonly name: string };
}

export interface OperatorAnswer extends Operator {
	readonly is_you: boolean;
}

/** Guarantee: `created_by` holds an `Actor`. */
function toCreatedBy(created_by: unknown): Operator["created_by"] {
	const { kind, name } = created_by as Operator["created_by"];
	return { kind, name };
}

export function operatorFromRow(row: {
	person_id: string;
	name: string;
	email: string;
	created_at: Date;
	account_created_at: Date;
	created_by: unknown;
}): Operator {
	const { person_id, name, email, created_at, account_created_at, created_by } = row;
	return {
		person_id,
		name,
		email,
		created_at: created_at.toISOString(),
		account_created_at: account_created_at.toISOString(),
		created_by: toCreatedBy(created_by),
	};
}

/** The person id of an operator's call; null for the operator token. */
export function getPersonId(caller: Caller): string | null {
	return caller.kind === "operator" && caller.person ? caller.person.person_id : null;
}

export function toOperatorResponse(operator: Operator, caller: Caller): OperatorAnswer {
	return { ...operator, is_you: getPersonId(caller) === operator.person_id };
}

export const NO_OPERATOR = "Only an operator of this instance may do this. Ask an operator to invite you.";
