import { type ChangeContext, change } from "../../audit/change.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { ApiError } from "../../core/error.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { type Page, type PageRequest, toPage, windowByText } from "../../http/input/cursor.ts";
import { type Capability, isCapability, type TenantCapability } from "./capability.ts";
import {
	countCapabilities,
	deleteCapabilityRow,
	insertCapability,
	lockCapability,
	readCapabilities,
	readCapabilitiesOfTenant,
	updateCapability,
} from "./capability-store.ts";
import { formatCapabilityUse } from "./use.ts";
import { readCapabilityUse } from "./use-store.ts";

/** Lists the capabilities by name: described ones, and those that only a plan or a permission refers to. */
export async function listCapabilities(context: DatabaseContext, input: PageRequest): Promise<Page<Capability>> {
	const window = windowByText(input);
	return toPage(await read(context, (tx) => readCapabilities(tx, window)), window, ({ name }) => [name]);
}

/** Lists what plans can include and whether the tenant's plan does, by name. The catalogue is bounded, so there are no pages. */
export async function listCapabilitiesOfTenant(context: DatabaseContext, input: { tenant_id: string }): Promise<{ data: TenantCapability[] }> {
	return { data: await read(context, (tx) => readCapabilitiesOfTenant(tx, input.tenant_id)) };
}

const CAPABILITIES_MAX = 500;

export function builtInCapability(): ApiError {
	return new ApiError("conflict", "This capability comes with Keywright and cannot be changed or deleted. Choose another name for one of your own.");
}

/**
 * Describes a capability of the operator's own, whether or not a plan includes it yet. Descriptions do not affect decisions, so no grant is
 * invalidated. 400 `invalid_request` for a malformed name; 409 `conflict` for a built-in one and beyond 500.
 */
export async function putCapability(context: ChangeContext, input: { capability: string; description: string }): Promise<Capability> {
	if (!isCapability(input.capability)) {
		const detail = "must be lower-case letters, digits and _, beginning with a letter, at most 64 long";
		throw new ApiError("invalid_request", "The name of the capability is not valid.", { errors: [{ pointer: "/path/capability", detail }] });
	}
	const capability = { name: input.capability, description: input.description.trim(), built_in: false };
	const target = { kind: "capability", id: capability.name };
	return change(context, async (tx) => {
		await reauthorize(tx);
		if (await insertCapability(tx, capability, new Date(context.clock.now()))) {
			if ((await countCapabilities(tx)) > CAPABILITIES_MAX)
				throw new ApiError("conflict", `There are already ${CAPABILITIES_MAX} capabilities, which is the limit. Delete one first.`);
			return { result: capability, audit: [{ action: "capability.created", target, details: { capability } }] };
		}
		const before = await lockCapability(tx, capability.name);
		if (!before) throw new ApiError("conflict", "The capability was deleted while the request ran. Send the request again.");
		if (before.built_in) throw builtInCapability();
		if (before.description === capability.description) return { unchanged: capability };
		await updateCapability(tx, capability);
		return { result: capability, audit: [{ action: "capability.updated", target, details: { before, capability } }] };
	});
}

/**
 * Deletes a capability's description. 404 `not_found`; 409 `conflict` for a built-in one, and while plans, permissions or forward-auth
 * rules refer to it: people would see its technical name instead.
 */
export async function deleteCapability(context: ChangeContext, input: { capability: string }): Promise<void> {
	await change(context, async (tx) => {
		await reauthorize(tx);
		const capability = await lockCapability(tx, input.capability);
		if (!capability) throw new ApiError("not_found", "There is no description of a capability with this name.");
		if (capability.built_in) throw builtInCapability();
		const use = await readCapabilityUse(tx, capability.name);
		const holders = formatCapabilityUse(use);
		if (holders !== null) {
			throw new ApiError("conflict", `The capability is used by ${holders}. Remove it from them first, or change its description.`, {
				members: { plans: use.plans.length, permissions: use.permissions.length, forward_auth_rules: use.forward_auth_rules },
			});
		}
		await deleteCapabilityRow(tx, capability.name);
		return {
			result: undefined,
			audit: [{ action: "capability.deleted", target: { kind: "capability", id: capability.name }, details: { capability } }],
		};
	});
}
