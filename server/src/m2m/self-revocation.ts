import Type, { type Static } from "typebox";
import { change } from "../audit/change.ts";
import { read } from "../database/transaction.ts";
import { applyRevocation } from "../keys/revocation/revocation.ts";
import { endByHand } from "../keys/rotations/end.ts";
import { readRotations } from "../keys/rotations/store.ts";
import { RevokeInput } from "../keys/schema.ts";
import { Time } from "../keys/secrets/schema-parts.ts";
import { lockOwnKey, ownChange, type SelfContext } from "./own-key.ts";

export const SelfRevokeInput = Type.Partial(RevokeInput, { additionalProperties: false });
export type SelfRevokeInput = Static<typeof SelfRevokeInput>;

export const SelfRevoked = Type.Object({
	key_id: Type.String(),
	ended: Type.Enum(["key", "old_secret"], { description: "`old_secret`: the key works on with the secret that replaces the one of this request" }),
	ended_at: Time,
});
export type SelfRevoked = Static<typeof SelfRevoked>;

/**
 * Ends what the request was made with: the calling key, or only its old secret while the secret is being replaced. After it returns, no node accepts
 * it. Needs no permission: who found a key can end it, and could do worse. Also the errors of verification.
 */
export async function revokeSelf(context: SelfContext, { reason = "suspected_exposure", note = null }: SelfRevokeInput): Promise<SelfRevoked> {
	const { scope: tenant_id, key_id, grant } = context;
	const own = ownChange(context);
	const [latest] = await read(context, (tx) => readRotations(tx, { tenant_id, key_id }, { after: null, rows_max: 1 }));
	const now = () => new Date(context.clock.now()).toISOString();
	if (latest?.state === "open" && latest.predecessor_kid === grant.kid) {
		const force_reason = note === null ? reason : `${reason}: ${note}`;
		const end = { tenant_id, key_id, rotation_id: latest.id, event: "force_complete", force_reason } as const;
		const { ended_at } = await endByHand(own, { ...end, before: (tx) => context.recheck(tx) });
		return { key_id, ended: "old_secret", ended_at: ended_at ?? now() };
	}
	const { revoked_at } = await change(own, async (tx) => {
		const { key } = await lockOwnKey(tx, context);
		return applyRevocation(tx, own, key, { reason, note });
	});
	return { key_id, ended: "key", ended_at: revoked_at?.toISOString() ?? now() };
}
