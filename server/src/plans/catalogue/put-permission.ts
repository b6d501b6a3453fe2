import { type ChangeContext, change } from "../../audit/change.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { Failure } from "../../core/error.ts";
import { countPermissions, lockPermission, lockPlanIds, savePermission } from "../store.ts";
import { isPermission, type Permission } from "./permission.ts";

const PERMISSIONS_MAX = 500;

export function builtIn(): Failure {
	return new Failure("conflict", "This permission comes with Keywright and cannot be changed or deleted. Choose another name for one of your own.");
}

/**
 * Adds a permission of the operator's own to the catalogue, or changes what it says. 400 `invalid_request` for a name that is no `object:verb`;
 * 409 `conflict` for a built-in one and beyond 500. Every plan's grants are forgotten.
 */
export async function putPermission(
	context: ChangeContext,
	input: { permission: string; description: string; capability: string },
): Promise<Permission> {
	if (!isPermission(input.permission)) {
		const detail = "must be `object:verb`, each of lower-case letters, digits and _, beginning with a letter, at most 32 long";
		throw new Failure("invalid_request", "The name of the permission is not valid.", { errors: [{ pointer: "/path/permission", detail }] });
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
			throw new Failure("conflict", `There are ${PERMISSIONS_MAX} permissions already, which is the limit.`);
		return {
			result: permission,
			audit: [
				{
					action: before ? "permission.updated" : "permission.created",
					target: { kind: "permission", id: permission.name },
					facts: { before, permission },
				},
			],
			invalidates: plan_ids.map((id) => ({ kind: "plan", id })),
		};
	});
}
