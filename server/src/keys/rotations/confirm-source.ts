import { type ChangeContext, change } from "../../audit/change.ts";
import { ApiError } from "../../core/error.ts";
import { readTenantForShare } from "../../tenants/store.ts";
import { assertTenantActive, tenantNotFound } from "../../tenants/tenant.ts";
import { keyNotFound } from "../guards.ts";
import { toKeyActor } from "../key.ts";
import { lockKey } from "../store.ts";
import { putConfirmation } from "./confirmation-store.ts";
import { type AssessedSource, mayBeConfirmed, sourceLabel } from "./evidence.ts";
import { type Observed, observeRotation } from "./observe.ts";
import { readRotationResponse, toRotationResponse } from "./response.ts";
import { rotationNotFound } from "./rotation.ts";
import type { RotationAnswer } from "./schema.ts";
import { readRotation } from "./store.ts";

/**
 * Records a person's confirmation that every program at a source has the new secret, where evidence cannot show it. It becomes void if the old secret
 * is used there again; a valid one is not recorded twice. 404 `not_found`; 409 `conflict` for a rotation that is not open or a source that needs none.
 */
export async function confirmSource(
	context: ChangeContext,
	input: { tenant_id: string; key_id: string; rotation_id: string; source_id: string },
): Promise<RotationAnswer> {
	const { tenant_id, key_id, rotation_id, source_id } = input;
	return change(context, async (tx) => {
		const now = context.clock.now();
		const found = await readTenantForShare(tx, tenant_id);
		if (!found) throw tenantNotFound();
		assertTenantActive(found.tenant);
		const key = await lockKey(tx, tenant_id, key_id);
		if (!key) throw keyNotFound();
		const rotation = await readRotation(tx, tenant_id, { id: rotation_id, key_id });
		if (!rotation) throw rotationNotFound();
		const seen = await observeRotation(tx, rotation, now);
		const assessed = sourceToConfirm(seen, source_id);
		if (assessed.confirmed) return { unchanged: toRotationResponse(seen, now) };
		await putConfirmation(tx, rotation, { source_id, confirmed_at: new Date(now), confirmed_by: toKeyActor(context.actor) });
		const { name, environment } = key;
		const details = { name, environment, rotation_id, source_id, source: sourceLabel(assessed.source), old_last_seen_at: timeText(assessed) };
		return {
			result: await readRotationResponse(tx, rotation, now),
			audit: [{ action: "rotation.source_confirmed", target: { kind: "key", id: key_id }, details, tenant_id }],
		};
	});
}

function timeText({ old }: AssessedSource): string | null {
	return old?.last_seen_at?.toISOString() ?? null;
}

function sourceToConfirm({ rotation, phase, evidence }: Observed, source_id: string): AssessedSource {
	if (rotation.state === "waiting") throw new ApiError("conflict", "The new secret has not been revealed yet, so no client can have it.");
	if (phase === "completed" || phase === "cancelled") throw new ApiError("conflict", `This rotation has ended: it was ${phase}.`);
	const assessed = evidence.sources.find(({ source }) => source.source_id === source_id);
	if (!assessed) throw new ApiError("not_found", "Neither secret of this rotation was used from a source with this id.");
	if (mayBeConfirmed(assessed)) return assessed;
	if (assessed.moved) throw new ApiError("conflict", "Nothing at this source needs the old secret, so there is nothing to confirm.");
	throw new ApiError(
		"conflict",
		"This source is identified and cannot be confirmed by hand. Wait for evidence that it has moved, or complete the rotation with force and a reason.",
	);
}
