import Type from "typebox";
import type { ChangeContext } from "../audit/change.ts";
import type { CallerContext } from "../core/caller.ts";
import { Email } from "../http/email.ts";
import { type Row, route } from "../http/route.ts";
import { addOperator } from "./operator-add.ts";
import { listOperators } from "./operator-list.ts";
import { removeOperator } from "./operator-remove.ts";

const Time = Type.String({ format: "date-time" });
const OperatorSchema = Type.Object({
	person_id: Type.String(),
	name: Type.String(),
	email: Type.String(),
	created_at: Time,
	account_created_at: Time,
	created_by: Type.Object({ kind: Type.String(), name: Type.String() }),
	is_you: Type.Boolean(),
});

export const operatorsRoutes: readonly Row<ChangeContext & CallerContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/operators",
		access: "operator",
		summary: "The people who run this instance",
		status: 200,
		output: Type.Object({ data: Type.Immutable(Type.Array(OperatorSchema)) }),
		run: listOperators,
	}),
	route({
		method: "POST",
		path: "/api/v1/operator/operators",
		access: "operator",
		confirm: true,
		summary: "Have a person with an account run this instance; they sign in anew",
		status: 200,
		body: Type.Object({ email: Email }, { additionalProperties: false }),
		output: OperatorSchema,
		run: addOperator,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/operator/operators/:person_id",
		access: "operator",
		confirm: true,
		summary: "Take a person out of those who run this instance",
		status: 204,
		output: "none",
		run: removeOperator,
	}),
];
