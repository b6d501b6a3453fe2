import { type ChangeContext, changeEverywhere } from "../../audit/change.ts";
import { Failure } from "../../core/error.ts";
import type { Tx } from "../../database/transaction.ts";
import { holdTenant } from "../../tenants/store.ts";
import { tenantNotFound } from "../../tenants/tenant.ts";
import { settleIfQuick, settleUsage } from "../../usage/aggregate.ts";
import { keyNotFound } from "../read.ts";
import { lockKey, lockSecrets } from "../store.ts";
import { dueEvent, endRotation, stepOfClock } from "./end.ts";
import { sourceLabel } from "./evidence.ts";
import { rotationNotFound } from "./get.ts";
import { NOTHING, type RotationEvent, stepOf } from "./machine.ts";
import { type Observed, observeRotation } from "./observe.ts";
import { describeOne } from "./response.ts";
import type { RotationEnded } from "./schema.ts";
import { readRotation } from "./store.ts";

export interface EndRequest {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly rotation_id: string;
	readonly event: Extract<RotationEvent, "complete" | "force_complete" | "cancel" | "force_cancel">;
	readonly force_reason?: string;
	/** Asked with the key locked, before anything is ended. */
	readonly before?: (tx: Tx, seen: Observed) => Promise<void> | void;
}

/** The refusal of the table in words, with what stands against it. */
function refusalOf(seen: Observed, refused: { refused: Failure["code"]; because: string }): Failure {
	const { evidence, rotation } = seen;
	switch (refused.because) {
		case "still_in_use": {
			const stragglers = evidence.sources.filter((source) => !source.moved).map(({ source }) => sourceLabel(source));
			const detail = evidence.blockers.map((blocker) => blocker.detail).join(" ");
			return new Failure(
				"old_secret_still_in_use",
				`${detail} Wait until all have moved, confirm those that only a person can answer for, or force with a reason.`,
				{
					members: { rotation_id: rotation.id, stragglers },
				},
			);
		}
		case "in_use":
			return new Failure(
				"successor_in_use",
				"The new secret is in use already, and what uses it would stop working. Complete the rotation, or force.",
				{
					members: { rotation_id: rotation.id },
				},
			);
		case "not_revealed":
			return new Failure("conflict", "The new secret has not been revealed yet, so there is nothing to go on with. Cancel the rotation, or wait.");
		case "key_ended":
			return new Failure(
				"conflict",
				"The key has ended, and neither of its secrets works. Give the key a later end to go on with replacing its secret, or force.",
				{ members: { rotation_id: rotation.id } },
			);
		default:
			return new Failure("conflict", `This rotation has ended: it was ${seen.phase}. Begin another one to replace the secret again.`);
	}
}

/**
 * Ends a rotation because somebody says so, if the table lets it. A rotation that has ended so already stays as it is. Uses of the last second or two
 * may not be settled yet: to complete without force, the old secret has to be silent for ten minutes wherever nobody confirmed, which is far longer.
 */
export async function endByHand(context: ChangeContext, request: EndRequest): Promise<RotationEnded> {
	const { tenant_id, key_id, rotation_id, event } = request;
	// What is forced goes by no evidence, and may be urgent.
	await (event === "complete" || event === "cancel" ? settleUsage : settleIfQuick)(context);
	const { result, waited_for } = await changeEverywhere(context, async (tx) => {
		const now = context.clock.now();
		// In the order in which everybody locks them, for what is asked before.
		if (!(await holdTenant(tx, tenant_id))) throw tenantNotFound();
		const key = await lockKey(tx, tenant_id, key_id);
		if (!key) throw keyNotFound();
		const rotation = await readRotation(tx, tenant_id, { id: rotation_id, key_id });
		if (!rotation) throw rotationNotFound();
		await lockSecrets(tx, tenant_id, key_id);
		const seen = await observeRotation(tx, rotation, now);
		await request.before?.(tx, seen);
		const over = dueEvent(seen, now) === "time_over" ? stepOfClock(seen, "time_over") : null;
		const outcome = over !== null && event !== "cancel" && event !== "force_cancel" ? over : stepOf(seen.phase, event, false);
		if (outcome === NOTHING) return { unchanged: await describeOne(tx, rotation, now) };
		if ("refused" in outcome) throw refusalOf(seen, outcome);
		const ended = await endRotation(tx, context, key, seen, outcome, outcome.how === "forced" ? (request.force_reason ?? null) : null);
		return {
			result: await describeOne(tx, ended.rotation, now),
			audit: [ended.audit],
			invalidates: [{ kind: "key", id: key_id }],
			events: [ended.event],
		};
	});
	return { ...result, waited_for };
}
