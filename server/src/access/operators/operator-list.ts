import type { CallerContext } from "../../core/caller.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/read.ts";
import { describeOperator, type OperatorAnswer } from "./operator.ts";
import { readOperators } from "./store.ts";

/** Everybody who runs the instance, in the order in which they were added. */
export async function listOperators(context: DatabaseContext & CallerContext): Promise<{ data: readonly OperatorAnswer[] }> {
	const operators = await read(context, readOperators);
	return { data: operators.map((operator) => describeOperator(operator, context.caller)) };
}
