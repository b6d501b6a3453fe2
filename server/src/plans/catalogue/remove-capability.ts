import { type ChangeContext, change } from "../../audit/change.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { Failure } from "../../core/error.ts";
import { deleteCapabilityRow, lockCapability } from "./capability-store.ts";
import { builtInCapability } from "./put-capability.ts";
import { holdersOfCapability } from "./use.ts";
import { readCapabilityUse } from "./use-store.ts";

/**
 * Takes a capability out of the catalogue. 404 `not_found`; 409 `conflict` for a built-in one, and while plans, permissions or rules for
 * forwarded requests name it: people would read its technical name in place of its words.
 */
export async function deleteCapability(context: ChangeContext, input: { capability: string }): Promise<void> {
	await change(context, async (tx) => {
		await reauthorize(tx);
		const capability = await lockCapability(tx, input.capability);
		if (!capability) throw new Failure("not_found", "There is no capability with this name that was described.");
		if (capability.built_in) throw builtInCapability();
		const use = await readCapabilityUse(tx, capability.name);
		const holders = holdersOfCapability(use);
		if (holders !== null) {
			throw new Failure("conflict", `The capability is named by ${holders}. Take it out of them first, or describe it in other words.`, {
				members: { plans: use.plans.length, permissions: use.permissions.length, forward_auth_rules: use.forward_auth_rules },
			});
		}
		await deleteCapabilityRow(tx, capability.name);
		return {
			result: undefined,
			audit: [{ action: "capability.deleted", target: { kind: "capability", id: capability.name }, facts: { capability } }],
		};
	});
}
