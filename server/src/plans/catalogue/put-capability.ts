import { type ChangeContext, change } from "../../audit/change.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { Failure } from "../../core/error.ts";
import { type Capability, isCapability } from "./capability.ts";
import { countCapabilities, insertCapability, lockCapability, updateCapability } from "./capability-store.ts";

const CAPABILITIES_MAX = 500;

export function builtInCapability(): Failure {
	return new Failure("conflict", "This capability comes with Keywright and cannot be changed or deleted. Choose another name for one of your own.");
}

/**
 * Says in words what a capability of the operator's own is, whether or not a plan includes it yet. Words decide nothing, so no grant is
 * forgotten. 400 `invalid_request` for a name that is none; 409 `conflict` for a built-in one and beyond 500.
 */
export async function putCapability(context: ChangeContext, input: { capability: string; description: string }): Promise<Capability> {
	if (!isCapability(input.capability)) {
		const detail = "must be lower-case letters, digits and _, beginning with a letter, at most 64 long";
		throw new Failure("invalid_request", "The name of the capability is not valid.", { errors: [{ pointer: "/path/capability", detail }] });
	}
	const capability = { name: input.capability, description: input.description.trim(), built_in: false };
	const target = { kind: "capability", id: capability.name };
	return change(context, async (tx) => {
		await reauthorize(tx);
		if (await insertCapability(tx, capability, new Date(context.clock.now()))) {
			if ((await countCapabilities(tx)) > CAPABILITIES_MAX)
				throw new Failure("conflict", `There are ${CAPABILITIES_MAX} capabilities already, which is the limit.`);
			return { result: capability, audit: [{ action: "capability.created", target, facts: { capability } }] };
		}
		const before = await lockCapability(tx, capability.name);
		if (!before) throw new Failure("conflict", "The capability was deleted at this moment. Send the request again.");
		if (before.built_in) throw builtInCapability();
		if (before.description === capability.description) return { unchanged: capability };
		await updateCapability(tx, capability);
		return { result: capability, audit: [{ action: "capability.updated", target, facts: { before, capability } }] };
	});
}
