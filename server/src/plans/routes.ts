import Type from "typebox";
import type { ChangeContext } from "../audit/change.ts";
import { pageQuery, pageSchema } from "../http/input/cursor.ts";
import { type Route, route } from "../http/route.ts";
import { deletePermission, listPermissions, listPermissionsOfTenant, putPermission } from "./catalogue/permissions.ts";
import { getPermissionUse } from "./catalogue/read-use.ts";
import { deletePlan, getPlan, listPlans, putPlan } from "./plans.ts";
import { getProfile, putProfile } from "./profile/edit.ts";
import type { ProfileContext } from "./profile/live.ts";
import {
	PermissionInput,
	PermissionSchema,
	PermissionUseSchema,
	PlanInput,
	PlanSchema,
	PROFILE_BODY_BYTES_MAX,
	ProfileInput,
	ProfileSchema,
	TenantPermissionSchema,
} from "./schema.ts";

const query = Type.Object(pageQuery, { additionalProperties: false });

export const operatorPlanRoutes: readonly Route<ChangeContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/plans",
		access: "operator",
		summary: "List the plans",
		status: 200,
		query,
		output: pageSchema(PlanSchema),
		run: listPlans,
	}),
	route({
		method: "GET",
		path: "/api/v1/operator/plans/:plan_id",
		access: "operator",
		summary: "Read a plan",
		status: 200,
		output: PlanSchema,
		run: getPlan,
	}),
	route({
		method: "PUT",
		path: "/api/v1/operator/plans/:plan_id",
		access: "operator",
		summary: "Create or replace a plan",
		status: 200,
		body: PlanInput,
		output: PlanSchema,
		run: putPlan,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/operator/plans/:plan_id",
		access: "operator",
		confirm: true,
		summary: "Delete a plan that no tenant has",
		status: 204,
		output: "none",
		run: deletePlan,
	}),
	route({
		method: "GET",
		path: "/api/v1/operator/permissions",
		access: "operator",
		summary: "List the permissions that keys can have",
		status: 200,
		query,
		output: pageSchema(PermissionSchema),
		run: listPermissions,
	}),
	route({
		method: "PUT",
		path: "/api/v1/operator/permissions/:permission",
		access: "operator",
		summary: "Create or change a custom permission",
		status: 200,
		body: PermissionInput,
		output: PermissionSchema,
		run: putPermission,
	}),
	route({
		method: "GET",
		path: "/api/v1/operator/permissions/:permission/uses",
		access: "operator",
		summary: "Show where a permission is in use, before it is deleted",
		status: 200,
		output: PermissionUseSchema,
		run: getPermissionUse,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/operator/permissions/:permission",
		access: "operator",
		confirm: true,
		summary: "Delete a custom permission that no key or rule uses",
		status: 204,
		output: "none",
		run: deletePermission,
	}),
];

export const operatorProfileRoutes: readonly Route<ChangeContext & ProfileContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/api-profile",
		access: "operator",
		summary: "Read the API profile",
		status: 200,
		output: ProfileSchema,
		run: getProfile,
	}),
	route({
		method: "PUT",
		path: "/api/v1/operator/api-profile",
		access: "operator",
		summary: "Replace the API profile",
		status: 200,
		body: ProfileInput,
		body_bytes_max: PROFILE_BODY_BYTES_MAX,
		output: ProfileSchema,
		run: putProfile,
	}),
];

export const managementPermissionRoutes: readonly Route<ChangeContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/permissions",
		access: "viewer",
		summary: "List the permissions that keys can have, and which of them the plan includes",
		status: 200,
		output: Type.Object({ data: Type.Array(TenantPermissionSchema) }),
		run: listPermissionsOfTenant,
	}),
];
