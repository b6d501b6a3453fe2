import { hash } from "node:crypto";
import { canonicalJson } from "../core/canonical.ts";
import type { Clock } from "../core/clock.ts";
import type { Context } from "../core/context.ts";
import { ApiError } from "../core/error.ts";
import { DAY_MS } from "../core/time.ts";
import type { Database } from "../database/database.ts";
import type { Tx } from "../database/transaction.ts";
import { record } from "./record.ts";
import { claimIdempotencyKey, deleteExpired, readIdempotencyKey, saveIdempotentResult } from "./store.ts";

export const KEPT_MS = DAY_MS;

export interface EarlierRequest {
	readonly subject_id: string;
	/** The response of the earlier request; null when it contained a secret and was not stored. */
	readonly result: unknown;
}

function getCaller(context: Context): string {
	return "id" in context.actor ? `${context.actor.kind}:${context.actor.id}` : context.actor.kind;
}

/**
 * Makes a creating request happen once per tenant, caller and `Idempotency-Key` within 24 hours, inside the creating transaction. Returns
 * null for the first request and without a key, or the earlier request for a repeat. 409 `idempotency_mismatch` for a repeat with other
 * input.
 */
export async function claimOnce(
	tx: Tx,
	context: Context,
	request: { tenant_id: string; operation: string; input: unknown; subject_id: string },
): Promise<EarlierRequest | null> {
	if (context.idempotency_key === null) return null;
	const row = {
		tenant_id: request.tenant_id,
		caller: getCaller(context),
		idempotency_key: context.idempotency_key,
		fingerprint: hash("sha256", canonicalJson([request.operation, request.input]), "buffer"),
		subject_id: request.subject_id,
	};
	if (await claimIdempotencyKey(tx, row, new Date(context.clock.now() - KEPT_MS))) return null;
	const earlier = await readIdempotencyKey(tx, row);
	if (!earlier?.fingerprint.equals(row.fingerprint)) {
		throw new ApiError(
			"idempotency_mismatch",
			"This Idempotency-Key was used with another request in the last 24 hours. Use a new one for a new request.",
		);
	}
	return { subject_id: earlier.subject_id, result: earlier.result };
}

/** Stores the response for repeats; only for responses without a secret. */
export async function keepResult(tx: Tx, context: Context, tenant_id: string, result: unknown): Promise<void> {
	if (context.idempotency_key === null) return;
	await saveIdempotentResult(tx, { tenant_id, caller: getCaller(context), idempotency_key: context.idempotency_key }, result);
}

const ROWS_PER_STEP = 5_000;

/** Deletes idempotency keys after 24 hours, in bounded steps. */
export async function sweepExpired(context: { readonly database: Database; readonly clock: Clock }): Promise<void> {
	const before = new Date(context.clock.now() - KEPT_MS);
	while ((await record(context, (tx) => deleteExpired(tx, before, ROWS_PER_STEP))) > 0);
}
