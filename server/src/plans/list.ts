import { Failure } from "../core/error.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/read.ts";
import { type Page, type PageRequest, toPage, windowByText } from "../http/input/cursor.ts";
import type { Plan } from "./plan.ts";
import { readPlan, readPlans } from "./store.ts";

/** One page of the plans, sorted by id. */
export async function listPlans(context: DatabaseContext, input: PageRequest): Promise<Page<Plan>> {
	const window = windowByText(input);
	return toPage(await read(context, (tx) => readPlans(tx, window)), window, (plan) => [plan.id]);
}

/** One plan; 404 `not_found` when there is none with this id. */
export async function getPlan(context: DatabaseContext, input: { plan_id: string }): Promise<Plan> {
	const plan = await read(context, (tx) => readPlan(tx, input.plan_id));
	if (!plan) throw planNotFound();
	return plan;
}

export function planNotFound(): Failure {
	return new Failure("not_found", "There is no plan with this id.");
}
