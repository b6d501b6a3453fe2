import { ApiError } from "../../core/error.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { readPermission } from "../store.ts";
import { type CapabilityUse, formatCapabilityUse, formatPermissionUse, type PermissionUse } from "./use.ts";
import { readCapabilityUse, readPermissionUse } from "./use-store.ts";

/** Reports where a permission is in use and whether it can be deleted. 404 `not_found`. */
export async function getPermissionUse(context: DatabaseContext, input: { permission: string }): Promise<PermissionUse & { in_use: boolean }> {
	const use = await read(context, async (tx) => {
		const permission = await readPermission(tx, input.permission);
		if (!permission) throw new ApiError("not_found", "There is no permission with this name.");
		return readPermissionUse(tx, permission, new Date(context.clock.now()));
	});
	return { ...use, in_use: formatPermissionUse(use) !== null };
}

/** Reports where a capability is in use, described or not, and whether its description can be deleted. */
export async function getCapabilityUse(context: DatabaseContext, input: { capability: string }): Promise<CapabilityUse & { in_use: boolean }> {
	const use = await read(context, (tx) => readCapabilityUse(tx, input.capability));
	return { ...use, in_use: formatCapabilityUse(use) !== null };
}
