import { parseAllowList } from "../../core/network.ts";
import type { SiteFacts } from "../facts.ts";
import type { Needs } from "../operations.ts";
import type { ReplayedKey, ReplayedRequests } from "./replay.ts";

/** Used once in a rotation period, which may be longer than what is looked at. */
export const SELDOM_USED = "key:rotate";

export interface Suggestion {
	/** Null, as the others: as it is, or not known. */
	readonly permissions: string[] | null;
	readonly site_ids: string[] | null;
	/** Where all requests came from. */
	readonly networks: string[] | null;
}

/** The narrowest key that would have been allowed every request. */
export function suggest(
	key: Pick<ReplayedKey, "environment" | "permissions" | "site_ids">,
	rows: readonly ReplayedRequests[],
	needsOf: Needs["needsOf"],
	sites: readonly SiteFacts[],
): Suggestion {
	const allowed = rows.filter(({ code }) => code === "allowed");
	if (allowed.length === 0 || allowed.some(({ overflowed }) => overflowed)) return { permissions: null, site_ids: null, networks: null };
	const needs = allowed.map(needsOf);
	const known = needs.every((one) => one !== null && !one.more);
	const needed = new Set(needs.flatMap((one) => one?.permissions ?? []));
	const permissions = key.permissions.filter((permission) => permission === SELDOM_USED || needed.has(permission));
	const usable = sites.filter(
		({ id, environment }) => (environment === null || environment === key.environment) && (key.site_ids?.includes(id) ?? true),
	);
	const visited = new Set(allowed.map(({ site_id }) => site_id));
	const site_ids = usable.map(({ id }) => id).filter((id) => visited.has(id));
	const networks = [...new Set(allowed.map(({ network }) => network))].sort();
	return {
		permissions: known && permissions.length > 0 && permissions.length < key.permissions.length ? permissions : null,
		site_ids: site_ids.length > 0 && site_ids.length < usable.length ? site_ids : null,
		networks: Array.isArray(parseAllowList(networks)) ? null : networks,
	};
}
