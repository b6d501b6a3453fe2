import { type ChangeContext, change } from "../../audit/change.ts";
import { claimOnce } from "../../audit/idempotency.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { makeServiceCredential, type ServiceCredential } from "../../core/credential.ts";
import { ApiError } from "../../core/error.ts";
import { newId } from "../../core/id.ts";
import type { DatabaseContext } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { type Page, type PageRequest, toPage, windowByTime } from "../../http/input/cursor.ts";
import { macMatches, SERVICE_MAC_VERSION, type Service, type ServiceContext, serviceFromRow, serviceMac } from "./service.ts";
import { countLiveServices, insertService, lockCredential, lockService, readServices, setServiceRevoked, updateServiceMac } from "./store.ts";

const SERVICES_MAX = 1_000;

/**
 * Creates a service and its credential, which only this response contains. 409 `secret_already_issued` with `service_id` for a repeat with
 * the same `Idempotency-Key`; 409 `conflict` beyond 1,000 services.
 */
export async function createService(context: ServiceContext, input: { name: string }): Promise<{ service: Service; credential: string }> {
	const { id: credential_id, secret, last4, text } = makeServiceCredential();
	const { id: pepper_id, key } = context.service_keys.current;
	const id = newId("svc");
	const row = {
		id,
		name: input.name.trim(),
		credential_id,
		mac: serviceMac(key, { service_id: id, credential_id, secret }),
		mac_version: SERVICE_MAC_VERSION,
		pepper_id,
		last4,
		created_at: new Date(context.clock.now()),
	};
	return change(context, async (tx) => {
		await reauthorize(tx);
		const earlier = await claimOnce(tx, context, { tenant_id: ALL_TENANTS, operation: "service.create", input, subject_id: id });
		if (earlier) {
			throw new ApiError(
				"secret_already_issued",
				"This Idempotency-Key has already created the service in `service_id`, whose credential is returned only once. If it is lost, delete the service and create another.",
				{
					members: { service_id: earlier.subject_id },
				},
			);
		}
		await insertService(tx, row);
		if ((await countLiveServices(tx)) > SERVICES_MAX)
			throw new ApiError("conflict", `There are already ${SERVICES_MAX} services, which is the limit. Revoke one first.`);
		return {
			result: { service: serviceFromRow({ ...row, revoked_at: null }), credential: text },
			audit: [{ action: "service.created", target: { kind: "service", id }, tenant_id: ALL_TENANTS, details: { name: row.name, last4 } }],
			invalidates: [{ kind: "service", id }],
		};
	});
}

/** Lists the services, revoked ones too, newest first. */
export async function listServices(context: DatabaseContext, input: PageRequest): Promise<Page<Service>> {
	const window = windowByTime(input);
	return toPage(await read(context, (tx) => readServices(tx, window)), window, (service) => [service.created_at, service.id]);
}

/**
 * Recomputes the stored MAC with the current pepper, for a credential just verified under an earlier one (only then is its secret known).
 * The accepted credentials stay the same, so nothing is invalidated. False when nothing is to be done.
 */
export async function rekeyService(context: ServiceContext, credential: ServiceCredential): Promise<boolean> {
	const { id: credential_id, secret } = credential;
	const { current, byId } = context.service_keys;
	return change(context, async (tx) => {
		const stored = await lockCredential(tx, credential_id);
		if (!stored || stored.pepper_id === current.id) return { unchanged: false };
		const earlier = byId.get(stored.pepper_id);
		const parts = { service_id: stored.id, credential_id, secret };
		if (!earlier || !macMatches(stored.mac, earlier, parts)) return { unchanged: false };
		await updateServiceMac(tx, stored.id, { mac: serviceMac(current.key, parts), mac_version: SERVICE_MAC_VERSION, pepper_id: current.id });
		const details = { pepper_id: current.id, pepper_id_before: stored.pepper_id };
		return {
			result: true,
			audit: [{ action: "service.rekeyed", target: { kind: "service", id: stored.id, name: stored.name }, tenant_id: ALL_TENANTS, details }],
		};
	});
}

/** Revokes a service permanently: once this returns, no node accepts its credential. 404 `not_found`; a repeat changes nothing. */
export async function revokeService(context: ChangeContext, input: { service_id: string }): Promise<void> {
	await change(context, async (tx) => {
		await reauthorize(tx);
		const service = await lockService(tx, input.service_id);
		if (!service) throw new ApiError("not_found", "There is no service with this id.");
		if (service.revoked_at !== null) return { unchanged: undefined };
		await setServiceRevoked(tx, service.id, new Date(context.clock.now()));
		return {
			result: undefined,
			audit: [
				{
					action: "service.revoked",
					target: { kind: "service", id: service.id },
					tenant_id: ALL_TENANTS,
					details: { name: service.name, last4: service.last4 },
				},
			],
			invalidates: [{ kind: "service", id: service.id }],
		};
	});
}
