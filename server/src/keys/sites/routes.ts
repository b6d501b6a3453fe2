import type { DatabaseContext } from "../../database/database.ts";
import { type Route, route } from "../../http/route.ts";
import { SiteActivity, SiteActivityQuery, SiteRemovalPreview } from "./schema.ts";
import { previewSiteRemoval, sitesActivity } from "./sites.ts";

export const siteUseRoutes: readonly Route<DatabaseContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/sites/:site_id/removal-preview",
		access: "viewer",
		summary: "What stops working when a site is deleted: its keys and requests",
		status: 200,
		output: SiteRemovalPreview,
		reads_usage: true,
		run: previewSiteRemoval,
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/site-activity",
		access: "viewer",
		summary: "Keys and hourly requests of several sites",
		status: 200,
		query: SiteActivityQuery,
		output: SiteActivity,
		reads_usage: true,
		run: sitesActivity,
	}),
];
