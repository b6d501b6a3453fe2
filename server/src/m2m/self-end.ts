import { Failure } from "../core/error.ts";
import { read } from "../database/read.ts";
import type { Tx } from "../database/transaction.ts";
import { type EndRequest, endByHand } from "../keys/rotations/end-by-hand.ts";
import type { Observed } from "../keys/rotations/observe.ts";
import type { SelfEnded } from "../keys/rotations/schema.ts";
import { readRotations } from "../keys/rotations/store.ts";
import { ownChange, type SelfContext } from "./self-rotate.ts";

async function endOwn(context: SelfContext, event: EndRequest["event"], assertMay: (seen: Observed) => void): Promise<SelfEnded> {
	const { scope: tenant_id, key_id } = context;
	const [latest] = await read(context, (tx) => readRotations(tx, { tenant_id, key_id }, { after: null, rows_max: 1 }));
	if (!latest) throw new Failure("conflict", "This key's secret is not being replaced. Begin with POST /api/v1/m2m/key/rotate.");
	const before = async (tx: Tx, seen: Observed): Promise<void> => {
		await context.recheck(tx);
		assertMay(seen);
	};
	const { waited_for: _nodes, ...rotation } = await endByHand(ownChange(context), { tenant_id, key_id, rotation_id: latest.id, event, before });
	return { rotation };
}

/**
 * A key ends its old secret, by a request with the new one: that it arrived shows that the new one works. 409 `old_secret_still_in_use` while other
 * places may need the old one; `conflict` when it is said with the old secret, or nothing goes on.
 */
export function completeSelf(context: SelfContext): Promise<SelfEnded> {
	return endOwn(context, "complete", (seen) => {
		if (seen.successor?.kid === context.grant.kid) return;
		throw new Failure("conflict", "Say this with the new secret: that shows that it works.");
	});
}

/**
 * A key takes the replacing of its secret back that it has begun itself, by a request with the old one. 409 `successor_in_use` once the new one is used;
 * `conflict` when it is said with the new secret, or a person began it.
 */
export function cancelSelf(context: SelfContext): Promise<SelfEnded> {
	return endOwn(context, "cancel", (seen) => {
		if (seen.predecessor.kid !== context.grant.kid) throw new Failure("conflict", "Say this with the old secret: the new one would end itself.");
		// Who has the old secret could keep it alive otherwise, whatever the people do to replace it.
		if (seen.rotation.started_by.kind !== context.actor.kind)
			throw new Failure("conflict", "This was not begun by the key itself. Ask a member of the tenant to cancel it.");
	});
}
