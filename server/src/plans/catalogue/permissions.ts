import { type ChangeContext, change } from "../../audit/change.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { ApiError } from "../../core/error.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { type Page, type PageRequest, toPage, windowByText } from "../../http/input/cursor.ts";
import {
	countPermissions,
	deletePermissionRow,
	lockPermission,
	lockPlanIds,
	readPermissions,
	readPermissionsOfTenant,
	savePermission,
} from "../store.ts";
import { isPermission, type Permission, type TenantPermission } from "./permission.ts";
import { formatPermissionUse } from "./use.ts";
import { readPermissionUse } from "./use-store.ts";

/** Lists the permission catalogue by name. */
export async function listPermissions(context: DatabaseContext, input: PageRequest): Promise<Page<Permission>> {
	const window = windowByText(input);
	return toPage(await read(context, (tx) => readPermissions(tx, window)), window, (permission) => [permission.name]);
}

/** Lists every permission and whether the tenant's plan includes it, by name. The catalogue is bounded, so there are no pages. */
export async function listPermissionsOfTenant(context: DatabaseContext, input: { tenant_id: string }): Promise<{ data: TenantPermission[] }> {
	return { data: await read(context, (tx) => readPermissionsOfTenant(tx, input.tenant_id)) };
}

const PERMISSIONS_MAX = 500;

export function builtIn(): ApiError {
	return new ApiError("conflict", "This permission comes with Keywright and cannot be changed or deleted. Choose another name for one of your own.");
}

/**
 * Adds or updates a permission of the operator's own. Invalidates every plan's grants. 400 `invalid_request` for a name that is not
 * `object:verb`; 409 `conflict` for a built-in one and beyond 500.
 */
export async function putPermission(
	context: ChangeContext,
	input: { permission: string; description: string; capability: string },
): Promise<Permission> {
	if (!isPermission(input.permission)) {
		const detail = "must be `object:verb`, each of lower-case letters, digits and _, beginning with a letter, at most 32 long";
		throw new ApiError("invalid_request", "The name of the permission is not valid.", { errors: [{ pointer: "/path/permission", detail }] });
	}
	const permission = { name: input.permission, description: input.description.trim(), capability: input.capability, built_in: false };
	return change(context, async (tx) => {
		await reauthorize(tx);
		const plan_ids = await lockPlanIds(tx);
		const before = await lockPermission(tx, permission.name);
		if (before?.built_in) throw builtIn();
		if (before?.description === permission.description && before.capability === permission.capability) return { unchanged: permission };
		await savePermission(tx, permission, new Date(context.clock.now()));
		if (!before && (await countPermissions(tx)) > PERMISSIONS_MAX)
			throw new ApiError("conflict", `There are already ${PERMISSIONS_MAX} permissions, which is the limit. Delete one first.`);
		return {
			result: permission,
			audit: [
				{
					action: before ? "permission.updated" : "permission.created",
					target: { kind: "permission", id: permission.name },
					details: { before, permission },
				},
			],
			invalidates: plan_ids.map((id) => ({ kind: "plan", id })),
		};
	});
}

/**
 * Deletes a permission. 404 `not_found`; 409 `conflict` for a built-in one, and while keys that may still be accepted or forward-auth rules
 * use it: their requests would be refused.
 */
export async function deletePermission(context: ChangeContext, input: { permission: string }): Promise<void> {
	await change(context, async (tx) => {
		await reauthorize(tx);
		const plan_ids = await lockPlanIds(tx);
		const permission = await lockPermission(tx, input.permission);
		if (!permission) throw new ApiError("not_found", "There is no permission with this name.");
		if (permission.built_in) throw builtIn();
		const use = await readPermissionUse(tx, permission, new Date(context.clock.now()));
		const holders = formatPermissionUse(use);
		if (holders !== null) {
			throw new ApiError("conflict", `The permission is used by ${holders}, whose requests would be refused. Remove it from them first.`, {
				members: { keys: use.keys, tenants: use.tenants, forward_auth_rules: use.forward_auth_rules },
			});
		}
		await deletePermissionRow(tx, permission.name);
		return {
			result: undefined,
			audit: [{ action: "permission.deleted", target: { kind: "permission", id: permission.name }, details: { permission } }],
			invalidates: plan_ids.map((id) => ({ kind: "plan", id })),
		};
	});
}
