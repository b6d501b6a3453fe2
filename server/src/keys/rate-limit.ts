import type { InputError } from "../core/error.ts";
import type { Plan } from "../plans/plan.ts";

/** A limit of one key's own, besides those of its tenant's plan: at most `requests` in any `window_seconds`. */
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

/** What of the plan, or of the limits before it, makes a limit useless: it would look like a bound and never be one. */
function stricterThan(wanted: KeyRateLimit, plan: Plan, earlier: readonly KeyRateLimit[]): string | null {
	const stricter = [...plan.rate_limits.filter((limit) => !limit.named_only), ...earlier].find(
		(limit) => limit.window_seconds === wanted.window_seconds && limit.requests <= wanted.requests,
	);
	if (!stricter) return null;
	return `is never reached: the limit "${stricter.name}" allows ${stricter.requests} in the same time already. Choose a smaller number, or leave it out`;
}

/**
 * What is wrong with the limits wanted for a key. Names are those by which callers tell limits apart, so none may be the plan's. Limits that
 * the key has already may stay, whatever became of the plan.
 */
export function unusableRateLimits(wanted: readonly KeyRateLimit[], plan: Plan, held: readonly KeyRateLimit[] = []): InputError[] {
	return wanted.flatMap((limit, index) => {
		const earlier = wanted.slice(0, index);
		if (earlier.some(({ name }) => name === limit.name))
			return [{ pointer: `/rate_limits/${index}/name`, detail: "is the name of an earlier rate limit: names are unique" }];
		if (held.some((other) => isSame(other, limit))) return [];
		if (plan.rate_limits.some(({ name }) => name === limit.name))
			return [{ pointer: `/rate_limits/${index}/name`, detail: "is the name of a limit of the plan: choose another" }];
		const stricter = stricterThan(limit, plan, earlier);
		return stricter === null ? [] : [{ pointer: `/rate_limits/${index}/requests`, detail: stricter }];
	});
}
