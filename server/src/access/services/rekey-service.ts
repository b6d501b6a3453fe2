import { change } from "../../audit/change.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import type { ServiceCredential } from "../../core/credential.ts";
import { isMacOf, SERVICE_MAC_VERSION, type ServiceContext, serviceMac } from "./service.ts";
import { lockCredential, updateServiceMac } from "./store.ts";

/**
 * Makes the stored MAC of a credential anew with the current pepper. For one that has just been presented and matched under an earlier pepper:
 * only then is its secret in hand. What is accepted stays the same, so nothing is invalidated. False when there is nothing to do.
 */
export async function rekeyService(context: ServiceContext, credential: ServiceCredential): Promise<boolean> {
	const { id: credential_id, secret } = credential;
	const { current, byId } = context.service_keys;
	return change(context, async (tx) => {
		const stored = await lockCredential(tx, credential_id);
		if (!stored || stored.pepper_id === current.id) return { unchanged: false };
		const earlier = byId.get(stored.pepper_id);
		const parts = { service_id: stored.id, credential_id, secret };
		if (!earlier || !isMacOf(stored.mac, earlier, parts)) return { unchanged: false };
		await updateServiceMac(tx, stored.id, { mac: serviceMac(current.key, parts), mac_version: SERVICE_MAC_VERSION, pepper_id: current.id });
		const facts = { pepper_id: current.id, pepper_id_before: stored.pepper_id };
		return { result: true, audit: [{ action: "service.rekeyed", target: { kind: "service", id: stored.id }, tenant_id: ALL_TENANTS, facts }] };
	});
}
