import { MINUTE_MS } from "../core/time.ts";
import type { RecordTx } from "../database/transaction.ts";
import type { Batch, Target } from "./batch.ts";
import { columns, NO_CLIENT } from "./flush-text-store.ts";
import type { Source } from "./sources/source.ts";

/** Appends a batch. Returns false, without a change, when this flush is already stored. */
export async function appendFlush(tx: RecordTx, flush: { flusher_id: string; flush_number: number; batch: Batch }): Promise<boolean> {
	const { keys, uses, operations, key_checks, secret_operations } = flush.batch;
	const places = new Map<Source, number>();
	const targets = new Map<Target, number>();
	const enter = (source: Source, target: Target | null) => {
		if (!places.has(source)) places.set(source, places.size + 1);
		if (target !== null && !targets.has(target)) targets.set(target, targets.size + 1);
	};
	for (const fact of keys) enter(fact.source, fact.last_success);
	for (const use of uses) enter(use.source, use.target);
	const placeOf = (target: Target | null) => (target === null ? 0 : (targets.get(target) ?? 0));
	const entered = await tx
		.insertInto("usage_flushes")
		.values({
			node_id: flush.flusher_id,
			flush_number: flush.flush_number,
			counted_from: keys.length === 0 ? null : new Date(keys.reduce((first, fact) => Math.min(first, fact.first_ms), Number.POSITIVE_INFINITY)),
			keys: columns(keys, [
				(fact) => fact.tenant_id,
				(fact) => fact.key_id,
				(fact) => fact.kid,
				(fact) => fact.minute,
				(fact) => fact.code,
				(fact) => fact.requests,
				(fact) => fact.first_ms - fact.minute * MINUTE_MS,
				(fact) => fact.last_ms - fact.minute * MINUTE_MS,
				(fact) => places.get(fact.source) ?? 0,
				(fact) => placeOf(fact.last_success),
			]),
			uses: columns(uses, [
				(use) => use.tenant_id,
				(use) => use.key_id,
				(use) => use.day,
				(use) => use.code,
				(use) => use.requests,
				(use) => places.get(use.source) ?? 0,
				(use) => placeOf(use.target),
			]),
			success_operations: columns([...targets.keys()], [(target) => target.operation]),
			success_sites: columns([...targets.keys()], [(target) => target.site_id]),
			sources: columns(
				[...places.keys()],
				[(source) => source.id, (source) => source.network, (source) => source.agent, (source) => source.client ?? NO_CLIENT],
			),
			operations: columns(operations, [
				(fact) => fact.tenant_id,
				(fact) => fact.site_id,
				(fact) => fact.operation,
				(fact) => fact.minute,
				(fact) => fact.code,
				(fact) => fact.requests,
			]),
			key_checks: columns(key_checks, [(check) => check.tenant_id, (check) => check.key_id, (check) => check.last_check_ms]),
			secret_operations: columns(secret_operations, [
				(done) => done.tenant_id,
				(done) => done.key_id,
				(done) => done.kid,
				(done) => done.operation,
				(done) => done.last_ms,
			]),
		})
		.onConflict((conflict) => conflict.doNothing())
		.executeTakeFirst();
	return entered.numInsertedOrUpdatedRows === 1n;
}
