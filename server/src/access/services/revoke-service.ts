import { type ChangeContext, change } from "../../audit/change.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { Failure } from "../../core/error.ts";
import { lockService, setServiceRevoked } from "./store.ts";

/** Ends a service for good: once this has returned, no node accepts its credential. 404 `not_found`; a repeat changes nothing. */
export async function revokeService(context: ChangeContext, input: { service_id: string }): Promise<void> {
	await change(context, async (tx) => {
		await reauthorize(tx);
		const service = await lockService(tx, input.service_id);
		if (!service) throw new Failure("not_found", "There is no service with this id.");
		if (service.revoked_at !== null) return { unchanged: undefined };
		await setServiceRevoked(tx, service.id, new Date(context.clock.now()));
		return {
			result: undefined,
			audit: [
				{
					action: "service.revoked",
					target: { kind: "service", id: service.id },
					tenant_id: ALL_TENANTS,
					facts: { name: service.name, last4: service.last4 },
				},
			],
			invalidates: [{ kind: "service", id: service.id }],
		};
	});
}
