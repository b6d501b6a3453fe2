import { change } from "../../audit/change.ts";
import { claimOnce } from "../../audit/idempotency.ts";
import { reauthorize } from "../../audit/reauthorize.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { makeServiceCredential } from "../../core/credential.ts";
import { Failure } from "../../core/error.ts";
import { newId } from "../../core/id.ts";
import { SERVICE_MAC_VERSION, type Service, type ServiceContext, serviceFromRow, serviceMac } from "./service.ts";
import { countLiveServices, insertService } from "./store.ts";

const SERVICES_MAX = 1_000;

/**
 * Creates a service and its credential, which is in this answer and nowhere else. A repeat with the same `Idempotency-Key` makes none:
 * 409 `secret_already_issued` with `service_id`. 409 `conflict` beyond 1,000 services.
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
			throw new Failure("secret_already_issued", "This request made a service before; its credential was shown then and cannot be shown again.", {
				members: { service_id: earlier.subject_id },
			});
		}
		await insertService(tx, row);
		if ((await countLiveServices(tx)) > SERVICES_MAX)
			throw new Failure("conflict", `There are ${SERVICES_MAX} services already, which is the limit. Revoke one first.`);
		return {
			result: { service: serviceFromRow({ ...row, revoked_at: null }), credential: text },
			audit: [{ action: "service.created", target: { kind: "service", id }, tenant_id: ALL_TENANTS, facts: { name: row.name, last4 } }],
			invalidates: [{ kind: "service", id }],
		};
	});
}
