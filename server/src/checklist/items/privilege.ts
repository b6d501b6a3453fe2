import { DAY_MS } from "../../core/time.ts";
import { type KeyFacts, type TenantFacts, WINDOW_DAYS } from "../facts.ts";
import { type Finding, met, notMet, unknown } from "../item.ts";
import { SELDOM_USED } from "../narrowing/suggest.ts";
import { isUsed } from "./traffic.ts";

const NAMES_MAX = 10;

/** What a key may do, and what of it the allowed requests of the last 30 days needed. */
interface Replay {
	readonly unused_permissions: readonly string[];
	readonly unused_sites: readonly string[];
	/** Requests whose permissions are not known completely. */
	readonly vague: number;
}

/** Replays the key's requests of the last 30 days: what no request needed could be taken away, and none of them would have been refused. */
export function replayUses(key: KeyFacts, { sites, needsOf }: Pick<TenantFacts, "sites" | "needsOf">): Replay {
	const permissions = new Set<string>();
	const used_sites = new Set<string>();
	let vague = 0;
	for (const use of key.uses) {
		const { site_id, requests } = use;
		if (site_id !== "") used_sites.add(site_id);
		const needs = needsOf(use);
		for (const permission of needs?.permissions ?? []) permissions.add(permission);
		if (needs === null || needs.more) vague += requests;
	}
	const usable = sites.filter(
		({ id, environment }) => (environment === null || environment === key.environment) && (key.site_ids?.includes(id) ?? true),
	);
	return {
		unused_permissions: key.permissions.filter((permission) => permission !== SELDOM_USED && !permissions.has(permission)),
		unused_sites: usable.map(({ id }) => id).filter((id) => !used_sites.has(id)),
		vague,
	};
}

/** Whether the key may do more than it did. Not known of a key that is new, quiet, or was used in ways that are not counted separately. */
export function assessPrivilege(key: KeyFacts, tenant: TenantFacts): Finding {
	const { now } = tenant;
	const { last_used_at, created_at } = key;
	if (!isUsed(key, now)) return unknown("quiet", last_used_at);
	const { unused_permissions, unused_sites, vague } = replayUses(key, tenant);
	const names = new Map(tenant.sites.map(({ id, name }) => [id, name]));
	const facts = {
		permissions: unused_permissions.slice(0, NAMES_MAX),
		sites: unused_sites.slice(0, NAMES_MAX).map((id) => names.get(id) ?? id),
		unused: unused_permissions.length + unused_sites.length,
		requests: key.uses.reduce((total, { requests }) => total + requests, 0),
	};
	if (facts.unused === 0) return met("all_used", last_used_at, { facts });
	const rest = { facts, weight: facts.unused };
	if (key.overflowed) return unknown("overflowed", last_used_at, rest);
	if (vague > 0 && unused_permissions.length > 0) return unknown("not_known", last_used_at, rest);
	if (now.getTime() - created_at.getTime() < WINDOW_DAYS * DAY_MS) return unknown("new", last_used_at, rest);
	return notMet("more_than_used", last_used_at, rest);
}
