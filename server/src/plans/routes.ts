import Type from "typebox";
import type { ChangeContext } from "../audit/change.ts";
import { pageOf, pageQuery } from "../http/cursor.ts";
import { type Row, route } from "../http/route.ts";
import { getPlan, listPlans } from "./list.ts";
import { listPermissions } from "./list-permissions.ts";
import { putPlan } from "./put.ts";
import { putPermission } from "./put-permission.ts";
import { deletePlan } from "./remove.ts";
import { deletePermission } from "./remove-permission.ts";
import { PermissionInput, PermissionSchema, PlanInput, PlanSchema } from "./schema.ts";

const query = Type.Object(pageQuery, { additionalProperties: false });

export const operatorPlanRoutes: readonly Row<ChangeContext>[] = [
	route({
		method: "GET",
		path: "/api/v1/operator/plans",
		access: "operator",
		summary: "List the plans",
		status: 200,
		query,
		output: pageOf(PlanSchema),
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
		summary: "Create a plan or replace it whole",
		status: 200,
		body: PlanInput,
		output: PlanSchema,
		run: putPlan,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/operator/plans/:plan_id",
		access: "operator",
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
		output: pageOf(PermissionSchema),
		run: listPermissions,
	}),
	route({
		method: "PUT",
		path: "/api/v1/operator/permissions/:permission",
		access: "operator",
		summary: "Add a permission of your own, or change it",
		status: 200,
		body: PermissionInput,
		output: PermissionSchema,
		run: putPermission,
	}),
	route({
		method: "DELETE",
		path: "/api/v1/operator/permissions/:permission",
		access: "operator",
		summary: "Delete a permission of your own",
		status: 204,
		output: "none",
		run: deletePermission,
	}),
];
