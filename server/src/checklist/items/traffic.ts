import { DAY_MS, HOUR_MS } from "../../core/time.ts";
import { type KeyFacts, type TenantFacts, WINDOW_DAYS } from "../facts.ts";
import { type Finding, met, notMet, unknown } from "../item.ts";

/** Checks are regular on at least this many of the last seven days … */
const CHECK_DAYS = 3;
/** … or if there were at least this many since yesterday, one an hour. */
const CHECKS_OF_TWO_DAYS = 24;
/** A check that runs by itself has run within this time. */
const CHECK_AGE_MS = 2 * DAY_MS;
/** A key of this age has had the time to be checked regularly. */
const SETTLED_MS = 7 * DAY_MS;

/** When the key was last used; null: not in the last 30 days. */
export function lastSeen({ last_used_at, sources }: Pick<KeyFacts, "last_used_at" | "sources">): Date | null {
	const times = [...(last_used_at === null ? [] : [last_used_at]), ...sources.map(({ last_seen_at }) => last_seen_at)];
	return times.reduce<Date | null>((latest, time) => (latest === null || time > latest ? time : latest), null);
}

/** Whether the key was used in the last 30 days. */
export function isUsed(key: Pick<KeyFacts, "last_used_at">, now: Date): boolean {
	return key.last_used_at !== null && now.getTime() - key.last_used_at.getTime() < WINDOW_DAYS * DAY_MS;
}

/** Whether a working secret was used from a browser or an app, or was found in public, in the last 30 days. */
export function assessServerSide(key: KeyFacts, { now }: TenantFacts): Finding {
	const { exposed, stored_in, last_used_at } = key;
	if (exposed !== null) {
		const { kind, requests, first_at, last_at } = exposed;
		const facts = { kind, requests, first_at: first_at.toISOString(), last_at: last_at.toISOString(), stored_in };
		return notMet("used_outside", last_at, { facts, weight: requests });
	}
	if (!isUsed(key, now)) return unknown("quiet", last_used_at, { facts: { stored_in } });
	return met("server_only", last_used_at, { facts: { stored_in } });
}

/** For production keys: whether something checks the connection by itself. */
export function assessConnectivity(key: KeyFacts, { now }: TenantFacts): Finding {
	const { checks, last_check_at, created_at } = key;
	const facts = {
		days: checks?.days ?? 0,
		checks: checks?.recent ?? 0,
		sources: checks?.sources ?? 0,
		last_at: last_check_at?.toISOString() ?? null,
	};
	const is_recent = last_check_at !== null && now.getTime() - last_check_at.getTime() <= CHECK_AGE_MS;
	const is_regular = checks !== null && (checks.days >= CHECK_DAYS || checks.recent >= CHECKS_OF_TWO_DAYS);
	if (is_recent && is_regular) return met("regular", last_check_at, { facts, weight: -last_check_at.getTime() });
	if (!isUsed(key, now)) return unknown("quiet", last_check_at, { facts });
	if (now.getTime() - created_at.getTime() < SETTLED_MS) return unknown("new", last_check_at, { facts });
	return notMet(last_check_at === null ? "never_checked" : "irregular", last_check_at, { facts });
}

/** For keys that are not paused: whether they are used at all. */
export function assessIdle(key: KeyFacts, { now, idle_days }: TenantFacts): Finding {
	const { last_used_at, created_at } = key;
	const silent_ms = now.getTime() - (last_used_at ?? created_at).getTime();
	const facts = { days: Math.floor(silent_ms / DAY_MS), limit_days: idle_days, last_used_at: last_used_at?.toISOString() ?? null };
	const rest = { facts, weight: Math.floor(silent_ms / HOUR_MS) };
	if (silent_ms >= idle_days * DAY_MS) return notMet(last_used_at === null ? "never_used" : "idle", last_used_at, rest);
	return last_used_at === null ? unknown("not_used_yet", null, rest) : met("used", last_used_at, rest);
}
