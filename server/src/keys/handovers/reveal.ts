import { change } from "../../audit/change.ts";
import { ApiError } from "../../core/error.ts";
import type { Tx } from "../../database/transaction.ts";
import { readTenantForShare } from "../../tenants/store.ts";
import { isMakerAllowed } from "../../tenants/team/maker.ts";
import { assertTenantActive } from "../../tenants/tenant.ts";
import type { RecipientContext } from "../context.ts";
import { assertNotEnded } from "../guards.ts";
import type { Key } from "../key.ts";
import { beginHandedOver } from "../rotations/begin.ts";
import { lockReachable, type Reachable } from "../schedule/responsible-store.ts";
import { assertApiAccess } from "../scope.ts";
import { issueInPlace } from "../secrets/issue.ts";
import { lockKey } from "../store.ts";
import { findHandover, toOfferedKey } from "./find-handover.ts";
import { getHandoverStatus, type Handover, unknownHandover } from "./handover.ts";
import type { RevealedKey, RevealInput } from "./schema.ts";
import { claimWaitingHandover, lockHandover } from "./store.ts";

/** Claims the handover or throws the reason why that is not possible. Requires the key to be locked. */
async function claim(tx: Tx, tenant_id: string, wanted: { id: string; key_id: string; claimed_by: string; now: Date }): Promise<void> {
	if (await claimWaitingHandover(tx, tenant_id, wanted)) return;
	const handover = await lockHandover(tx, tenant_id, wanted);
	if (!handover) throw unknownHandover();
	if (getHandoverStatus(handover, wanted.now.getTime()) === "claimed") {
		throw new ApiError(
			"secret_already_issued",
			"The key was revealed already: a link works once. If it was not you, tell the sender of the link now; if the key is lost, ask for a new link.",
			{ members: { key_id: wanted.key_id } },
		);
	}
	throw handoverOver();
}

function handoverOver(): ApiError {
	return new ApiError("conflict", "This link was cancelled or has expired, and it revealed no key. Ask its sender for a new one.");
}

/** Whether the member to whom the link was mailed by schedule is still responsible for the key, at the address that has the mail. */
function isStillRecipient({ member_id, email }: Handover, recipient: Reachable | null, key: Key): boolean {
	return recipient !== null && recipient.email === email && key.owner.member_id === member_id;
}

/**
 * Issues the secret of a handed-over key and returns its raw key, once even under concurrency. Ends an unused earlier secret, or starts the
 * overlap of the link's rotation. `name` is the recipient's and is audited. 403 `tenant_suspended`, `capability_not_in_plan`; 404
 * `not_found`; 409 `secret_already_issued` for a used link, `conflict` for a cancelled or expired one or a key used since.
 */
export async function revealKey(context: RecipientContext, input: RevealInput): Promise<RevealedKey> {
	const claimed_by = input.name.trim();
	const { tenant_id, handover } = await findHandover(context, input.token);
	const { key_id } = handover;
	return change({ ...context, scope: tenant_id }, async (tx) => {
		const now = new Date(context.clock.now());
		const found = await readTenantForShare(tx, tenant_id);
		const may_still = await isMakerAllowed(tx, tenant_id, handover.created_by, "admin");
		const recipient = handover.member_id === null ? null : await lockReachable(tx, tenant_id, handover.member_id);
		const before = found && (await lockKey(tx, tenant_id, key_id));
		if (!found || !before) throw unknownHandover();
		const may_receive = handover.member_id === null || isStillRecipient(handover, recipient, before);
		if (!(may_still && may_receive) && getHandoverStatus(handover, now.getTime()) === "waiting") throw handoverOver();
		await claim(tx, tenant_id, { id: handover.id, key_id, claimed_by, now });
		assertTenantActive(found.tenant);
		assertApiAccess(found.plan);
		assertNotEnded(before, now.getTime());
		const { rotation_id } = handover;
		const { key, raw_key, kid, last4, replaced_kids } =
			rotation_id === null ? await issueInPlace(tx, context, before, now) : await beginHandedOver(tx, context, { key: before, rotation_id, now });
		const { name, environment } = key;
		const details = {
			name,
			environment,
			handover_id: handover.id,
			rotation_id,
			claimed_by,
			address: context.anonymous.address,
			kid,
			last4,
			replaced_kids,
		};
		return {
			result: { key: { id: key_id, tenant_id, ...toOfferedKey(key), allowed_ips: key.allowed_ips, kid, last4 }, raw_key },
			audit: [{ action: "handover.claimed", target: { kind: "key", id: key_id }, details, tenant_id }],
			invalidates: [{ kind: "key", id: key_id }],
			events: [{ tenant_id, type: "handover.claimed", data: { key_id, name, environment, handover_id: handover.id, claimed_by } }],
		};
	});
}
