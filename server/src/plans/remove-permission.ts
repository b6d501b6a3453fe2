import { type ChangeContext, change } from "../audit/change.ts";
import { Failure } from "../core/error.ts";
import { builtIn } from "./put-permission.ts";
import { deletePermissionRow, lockPermission, lockPlanIds } from "./store.ts";

/** Takes a permission out of the catalogue. Keys keep its name, which then allows nothing. 404 `not_found`; 409 `conflict` for a built-in one. */
export async function deletePermission(context: ChangeContext, input: { permission: string }): Promise<void> {
	await change(context, async (tx) => {
		const plan_ids = await lockPlanIds(tx);
		const permission = await lockPermission(tx, input.permission);
		if (!permission) throw new Failure("not_found", "There is no permission with this name.");
		if (permission.built_in) throw builtIn();
		await deletePermissionRow(tx, permission.name);
		return {
			result: undefined,
			audit: [{ action: "permission.deleted", target: { kind: "permission", id: permission.name }, facts: { permission } }],
			invalidates: plan_ids.map((id) => ({ kind: "plan", id })),
		};
	});
}
