import { type ChangeContext, change } from "../audit/change.ts";
import { Failure } from "../core/error.ts";
import { deleteCapabilityRow, lockCapability } from "./capability-store.ts";
import { builtInCapability } from "./put-capability.ts";

/**
 * Takes the words of a capability out of the catalogue; plans and permissions that name it go on as they are. 404 `not_found`; 409 `conflict`
 * for a built-in one.
 */
export async function deleteCapability(context: ChangeContext, input: { capability: string }): Promise<void> {
	await change(context, async (tx) => {
		const capability = await lockCapability(tx, input.capability);
		if (!capability) throw new Failure("not_found", "There is no capability with this name that was described.");
		if (capability.built_in) throw builtInCapability();
		await deleteCapabilityRow(tx, capability.name);
		return {
			result: undefined,
			audit: [{ action: "capability.deleted", target: { kind: "capability", id: capability.name }, facts: { capability } }],
		};
	});
}
