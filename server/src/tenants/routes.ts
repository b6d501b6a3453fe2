import Type from "typebox";
import type { ChangeContext } from "../audit/change.ts";
import { pageQuery, pageSchema } from "../http/input/cursor.ts";
import { ForeignId } from "../http/input/fields.ts";
import { type Route, route } from "../http/route.ts";
import { type EraseContext, eraseTenant } from "./erase.ts";
import { getPolicy, putPolicy, TenantPolicy, TenantPolicyInput } from "./policy.ts";
import { SiteInput, SitePatch, SiteSchema, TenantInput, TenantPatch, TenantSchema } from "./schema.ts";
import { createSite, deleteSite, getSite, getVisibleSite, listSites, listVisibleSites, type SiteReadContext, updateSite } from "./sites/sites.ts";
import { createTenant, getTenant, listTenants, putTenant, updateTenant } from "./tenants.ts";

const SEARCH_CHARACTERS_MAX = 200;

const page = Type.Object(pageQuery, { additionalProperties: false });
const sitePage = Type.Object(
	{ ...pageQuery, search: Type.Optional(Type.String({ maxLength: SEARCH_CHARACTERS_MAX, description: "Part of a name or id, in any case" })) },
	{ additionalProperties: false },
);

export const operatorTenantRoutes: readonly Route<EraseContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/tenants",
		access: "operator",
		summary: "List the tenants, or find one by its external id",
		status: 200,
		query: Type.Object({ ...pageQuery, external_id: Type.Optional(ForeignId) }, { additionalProperties: false }),
		output: pageSchema(TenantSchema),
		run: listTenants,
	}),
	route({
		method: "POST",
		path: "/api/v1/operator/tenants",
		access: "operator",
		summary: "Create a tenant",
		status: 201,
		body: TenantInput,
		output: TenantSchema,
		run: createTenant,
	}),
	route({
		method: "GET",
		path: "/api/v1/operator/tenants/:tenant_id",
		access: "operator",
		summary: "Read a tenant",
		status: 200,
		output: TenantSchema,
		run: getTenant,
	}),
	route({
		method: "PUT",
		path: "/api/v1/operator/tenants/:tenant_id",
		access: "operator",
		summary: "Create or update the tenant with this id",
		status: 200,
		body: TenantInput,
		output: TenantSchema,
		run: putTenant,
	}),
	route({
		method: "PATCH",
		path: "/api/v1/operator/tenants/:tenant_id",
		access: "operator",
		summary: "Change a tenant: its name, plan, status or limits",
		status: 200,
		body: TenantPatch,
		output: TenantSchema,
		run: updateTenant,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/operator/tenants/:tenant_id",
		access: "operator",
		confirm: true,
		summary: "Revoke all keys of a tenant, then erase it",
		status: 204,
		output: "none",
		run: eraseTenant,
	}),
];

export const managementPolicyRoutes: readonly Route<ChangeContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/policy",
		access: "viewer",
		summary: "Read the policies for the keys: use from browsers and apps, reported leaks, what production keys must have",
		status: 200,
		output: TenantPolicy,
		run: getPolicy,
	}),
	route({
		method: "PUT",
		path: "/api/v1/tenants/:tenant_id/policy",
		access: "admin",
		summary: "Replace the policies that are given",
		status: 200,
		body: TenantPolicyInput,
		output: TenantPolicy,
		run: putPolicy,
	}),
];

export const managementSiteRoutes: readonly Route<ChangeContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/sites",
		access: "viewer",
		summary: "List the sites",
		status: 200,
		query: sitePage,
		output: pageSchema(SiteSchema),
		run: listSites,
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/sites",
		access: "admin",
		summary: "Create a site",
		status: 201,
		body: SiteInput,
		output: SiteSchema,
		run: createSite,
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/sites/:site_id",
		access: "viewer",
		summary: "Read a site",
		status: 200,
		output: SiteSchema,
		run: getSite,
	}),
	route({
		method: "PATCH",
		path: "/api/v1/tenants/:tenant_id/sites/:site_id",
		access: "admin",
		summary: "Change a site's name or environment",
		status: 200,
		body: SitePatch,
		output: SiteSchema,
		run: updateSite,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/tenants/:tenant_id/sites/:site_id",
		access: "admin",
		summary: "Delete a site without documents",
		status: 204,
		output: "none",
		run: deleteSite,
	}),
];

export const keyedSiteRoutes: readonly Route<SiteReadContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/m2m/tenants/:tenant_id/sites",
		access: "key",
		permission: "sites:read",
		summary: "List the sites that the key may see",
		status: 200,
		query: page,
		output: pageSchema(SiteSchema),
		run: listVisibleSites,
	}),
	route({
		method: "GET",
		path: "/api/v1/m2m/sites/:site_id",
		access: "key",
		permission: "sites:read",
		summary: "Read a site",
		status: 200,
		output: SiteSchema,
		run: getVisibleSite,
	}),
];
