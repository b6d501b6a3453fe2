import type { InputError } from "../core/error.ts";
import type { Plan } from "../plans/plan.ts";

/** A rate limit of one key, in addition to those of the plan: at most `requests` in any `window_seconds`. */
export interface KeyRateLimit {
	readonly name: string;
	readonly requests: number;
	readonly window_seconds: number;
}

/** Guarantee: the column was written from a value that the schema of keys had accepted. */
export function keyRateLimitsFromRow(rate_limits: unknown): readonly KeyRateLimit[] {
	return rate_limits as readonly KeyRateLimit[];
}

function isSame(a: KeyRateLimit, b: KeyRateLimit): boolean {
	return a.name === b.name && a.requests === b.requests && a.window_seconds === b.window_seconds;
}

/** The maximum that `limit` allows in any `window_seconds`: its requests times the number of its windows that cover that time. */
function allowedIn(limit: KeyRateLimit, window_seconds: number): number {
	return limit.requests * Math.ceil(window_seconds / limit.window_seconds);
}

/** Error text if a limit of the plan or of the key is stricter, so that this one could never be reached; null otherwise. */
function uselessBy(requested: readonly KeyRateLimit[], index: number, plan: Plan): string | null {
	const limit = requested[index];
	if (limit === undefined) return null;
	const { requests, window_seconds } = limit;
	const stricter =
		[...plan.rate_limits.filter((of_plan) => !of_plan.named_only), ...requested.slice(0, index)].find(
			(other) => allowedIn(other, window_seconds) <= requests,
		) ?? requested.slice(index + 1).find((other) => other.name !== limit.name && allowedIn(other, window_seconds) < requests);
	if (!stricter) return null;
	const time = `${window_seconds} ${window_seconds === 1 ? "second" : "seconds"}`;
	return `has no effect: the limit "${stricter.name}" already allows at most ${allowedIn(stricter, window_seconds)} in ${time}. Choose a smaller number, or leave it out`;
}

/**
 * Validates the rate limits of a key. Responses identify limits by name, so none may have the name of a plan's limit. Limits in `current` are exempt, since
 * the plan may have changed after they were set.
 */
export function validateRateLimits(requested: readonly KeyRateLimit[], plan: Plan, current: readonly KeyRateLimit[] = []): InputError[] {
	return requested.flatMap((limit, index) => {
		const earlier = requested.slice(0, index);
		if (earlier.some(({ name }) => name === limit.name))
			return [{ pointer: `/rate_limits/${index}/name`, detail: "is the name of an earlier rate limit: names are unique" }];
		if (current.some((other) => isSame(other, limit))) return [];
		if (plan.rate_limits.some(({ name }) => name === limit.name))
			return [{ pointer: `/rate_limits/${index}/name`, detail: "is the name of a limit of the plan: choose another" }];
		const useless = uselessBy(requested, index, plan);
		return useless === null ? [] : [{ pointer: `/rate_limits/${index}/requests`, detail: useless }];
	});
}
