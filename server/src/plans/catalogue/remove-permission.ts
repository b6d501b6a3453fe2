import { type ChangeContext, change } from "../../audit/change.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { Failure } from "../../core/error.ts";
import { deletePermissionRow, lockPermission, lockPlanIds } from "../store.ts";
import { builtIn } from "./put-permission.ts";
import { holdersOfPermission } from "./use.ts";
import { readPermissionUse } from "./use-store.ts";

/**
 * Takes a permission out of the catalogue. 404 `not_found`; 409 `conflict` for a built-in one, and while keys that may still be accepted or
 * rules for forwarded requests hold it: they would be refused from then on.
 */
export async function deletePermission(context: ChangeContext, input: { permission: string }): Promise<void> {
	await change(context, async (tx) => {
		await reauthorize(tx);
		const plan_ids = await lockPlanIds(tx);
		const permission = await lockPermission(tx, input.permission);
		if (!permission) throw new Failure("not_found", "There is no permission with this name.");
		if (permission.built_in) throw builtIn();
		const use = await readPermissionUse(tx, permission, new Date(context.clock.now()));
		const holders = holdersOfPermission(use);
		if (holders !== null) {
			throw new Failure("conflict", `The permission is held by ${holders}, whose requests would be refused. Take it away from them first.`, {
				members: { keys: use.keys, tenants: use.tenants, forward_auth_rules: use.forward_auth_rules },
			});
		}
		await deletePermissionRow(tx, permission.name);
		return {
			result: undefined,
			audit: [{ action: "permission.deleted", target: { kind: "permission", id: permission.name }, facts: { permission } }],
			invalidates: plan_ids.map((id) => ({ kind: "plan", id })),
		};
	});
}
