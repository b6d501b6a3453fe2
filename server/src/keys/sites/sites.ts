import { ApiError } from "../../core/error.ts";
import { DAY_MS, HOUR_MS } from "../../core/time.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { siteNotFound } from "../../tenants/sites/site.ts";
import { countSiteDocuments, readSite, readSitesById } from "../../tenants/sites/store.ts";
import { countSiteRequests, readSiteHours, type SiteHourRow } from "../../usage/site-report-store.ts";
import { ACTIVITY_SITES_MAX, BOUND_KEYS_MAX, type SiteActivity, type SiteRemovalPreview } from "./schema.ts";
import { countKeysOfSites, readBoundKeys } from "./store.ts";

const HOURS = 24;

/** What stops working when the site is deleted: the keys that are bound to it, and its requests. Changes nothing. 404 `not_found`. */
export async function previewSiteRemoval(context: DatabaseContext, input: { tenant_id: string; site_id: string }): Promise<SiteRemovalPreview> {
	const { tenant_id, site_id } = input;
	return read(context, async (tx) => {
		const now = context.clock.now();
		if (!(await readSite(tx, tenant_id, site_id))) throw siteNotFound();
		const since = [HOUR_MS, DAY_MS, 7 * DAY_MS].map((ms) => new Date(now - ms));
		const [last_hour, last_day, last_week] = await countSiteRequests(tx, input, since);
		const { bound, everywhere } = await countKeysOfSites(tx, tenant_id, [site_id], new Date(now));
		return {
			documents: await countSiteDocuments(tx, tenant_id, site_id),
			requests: { last_hour: last_hour ?? 0, last_day: last_day ?? 0, last_week: last_week ?? 0 },
			keys: await readBoundKeys(tx, input, new Date(now), BOUND_KEYS_MAX),
			keys_bound: bound.get(site_id) ?? 0,
			keys_everywhere: everywhere,
		};
	});
}

/**
 * Keys and hourly requests over 24 hours of each site, in the order of `site_ids`; normally up to a second behind. 400 `invalid_request` unless
 * 1 to 100 sites are named; 404 `not_found` when one is not a site of the tenant.
 */
export async function sitesActivity(context: DatabaseContext, input: { tenant_id: string; site_ids: string }): Promise<SiteActivity> {
	const { tenant_id } = input;
	const site_ids = [...new Set(input.site_ids.split(",").filter((site_id) => site_id !== ""))];
	if (site_ids.length === 0 || site_ids.length > ACTIVITY_SITES_MAX) throw wrongNumber();
	const now = context.clock.now();
	const from_ms = Math.floor(now / HOUR_MS) * HOUR_MS - (HOURS - 1) * HOUR_MS;
	return read(context, async (tx) => {
		const existing = await readSitesById(tx, tenant_id, site_ids);
		if (existing.length < site_ids.length) throw new ApiError("not_found", "There is no site with one of these ids.");
		const { bound, everywhere } = await countKeysOfSites(tx, tenant_id, site_ids, new Date(now));
		const rows = Map.groupBy(await readSiteHours(tx, { tenant_id, site_ids, from: new Date(from_ms) }), (row) => row.site_id);
		return {
			data: site_ids.map((site_id) => ({ site_id, keys: bound.get(site_id) ?? 0, hours: hoursFrom(from_ms, rows.get(site_id) ?? []) })),
			keys_everywhere: everywhere,
		};
	});
}

function hoursFrom(from_ms: number, rows: readonly SiteHourRow[]): SiteActivity["data"][number]["hours"] {
	const byStart = new Map(rows.map((row) => [row.start.getTime(), row]));
	return Array.from({ length: HOURS }, (_hour, index) => {
		const start_ms = from_ms + index * HOUR_MS;
		const row = byStart.get(start_ms);
		return { start: new Date(start_ms).toISOString(), allowed: row?.allowed ?? 0, refused: row?.refused ?? 0 };
	});
}

function wrongNumber(): ApiError {
	return new ApiError("invalid_request", `Name 1 to ${ACTIVITY_SITES_MAX} sites in \`site_ids\`, separated by commas.`, {
		errors: [{ pointer: "/query/site_ids", detail: `must name 1 to ${ACTIVITY_SITES_MAX} sites, separated by commas` }],
	});
}
