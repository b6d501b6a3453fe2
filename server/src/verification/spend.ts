import type { Instant } from "./checks.ts";
import { type Denial, deny } from "./denial.ts";
import type { Grant } from "./grant.ts";
import { nextMonthMs, type QuotaLedger } from "./quota.ts";

/** The first limit that has fewer than `cost` left, or null. Takes nothing. */
function exhaustedLimit(grant: Grant, cost: number, at: Instant): Denial | null {
	const { limits } = grant.tenant;
	for (let index = 0; index < limits.length; index += 1) {
		const limit = limits[index];
		const window = grant.windows[index];
		if (limit === undefined || window === undefined || window.peek(at.monotonic, limit.requests) >= cost) continue;
		const wait_ms = window.nextFreeMs(at.monotonic, limit.requests, cost);
		const possible = Number.isFinite(wait_ms);
		return deny(
			"rate_limited",
			possible
				? `The limit "${limit.name}" of ${limit.requests} requests in ${limit.window_seconds} seconds is reached for this ${limit.per}. Wait, then go on more slowly.`
				: `This request costs ${cost} and the limit "${limit.name}" allows ${limit.requests} in ${limit.window_seconds} seconds: it can never pass.`,
			{ retry_after_seconds: possible ? wait_ms / 1000 : limit.window_seconds, members: { limit: limit.name } },
		);
	}
	return null;
}

function take(grant: Grant, cost: number, at: Instant): null {
	for (const window of grant.windows) window.take(at.monotonic, cost);
	return null;
}

function quotaExceeded(grant: Grant, at: Instant): Denial {
	return deny(
		"quota_exceeded",
		`The ${grant.tenant.quota_requests_per_month} requests of this month are used up. The next month begins on the first, UTC; a larger plan has more.`,
		{
			retry_after_seconds: (nextMonthMs(at.now) - at.now) / 1000,
		},
	);
}

/**
 * Takes `cost` from every rate limit and from the quota, or nothing from any: null when it was taken, else the last denial.
 * A promise only while a block of the quota is leased.
 */
export function spend(grant: Grant, cost: number, at: Instant, quotas: QuotaLedger, reread: () => Instant): Denial | null | Promise<Denial | null> {
	const exhausted = exhaustedLimit(grant, cost, at);
	if (exhausted !== null) return exhausted;
	const quota = grant.tenant.quota_requests_per_month;
	if (quota === null) return take(grant, cost, at);
	const spent = quotas.spend(grant.tenant.id, quota, cost);
	if (spent === true) return take(grant, cost, at);
	if (spent === false) return quotaExceeded(grant, at);
	return spent.then((enough) => {
		const later = reread();
		if (!enough) return quotaExceeded(grant, later);
		const gone = exhaustedLimit(grant, cost, later);
		if (gone === null) return take(grant, cost, later);
		quotas.refund(grant.tenant.id, quota, at.now, cost);
		return gone;
	});
}

/** The `RateLimit` header (draft-ietf-httpapi-ratelimit-headers): what is left, and in how many seconds the oldest requests stop counting. */
export function rateLimitHeader(grant: Grant, at: Instant): string {
	const { limits } = grant.tenant;
	let text = "";
	for (let index = 0; index < limits.length; index += 1) {
		const limit = limits[index];
		const window = grant.windows[index];
		if (limit === undefined || window === undefined) continue;
		const reset = Math.ceil(window.resetMs(at.monotonic) / 1000);
		text += `${index === 0 ? "" : ", "}"${limit.name}";r=${window.peek(at.monotonic, limit.requests)};t=${reset}`;
	}
	return text;
}
