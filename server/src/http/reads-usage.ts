import { assert } from "../core/error.ts";
import type { Route } from "./route.ts";

/** The action of a route, after the aggregation of usage where the route declares `reads_usage`. Other routes are not delayed by it. */
export function runAfterUsage<C>(route: Route<C>, run: Route<C>["run"], aggregateUsage: (() => Promise<void>) | undefined): Route<C>["run"] {
	const { reads_usage } = route;
	if (reads_usage === undefined) return run;
	assert(aggregateUsage !== undefined, "a route reads usage, and nothing aggregates it");
	return async (context, input) => {
		if (reads_usage === true || input.force !== true) await aggregateUsage();
		return run(context, input);
	};
}
