import { toAcknowledger } from "../alerts/alert.ts";
import { change, changeEverywhere } from "../audit/change.ts";
import { ApiError } from "../core/error.ts";
import { newId } from "../core/id.ts";
import { DAY_MS, HOUR_MS } from "../core/time.ts";
import type { DatabaseContext } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import type { KeysContext } from "../keys/context.ts";
import { keyNotFound } from "../keys/guards.ts";
import type { Key } from "../keys/key.ts";
import { createdDetails, createdEvent, makeKey } from "../keys/make.ts";
import { applyRevocation } from "../keys/revocation/revocation.ts";
import { issueSecret } from "../keys/secrets/issue.ts";
import { lockKey } from "../keys/store.ts";
import { readTenantForUpdate } from "../tenants/store.ts";
import { assertTenantActive, tenantNotFound } from "../tenants/tenant.ts";
import { VALID_DAYS } from "./items/tenant.ts";
import {
	insertRehearsal,
	type Rehearsal,
	readRehearsal,
	readRehearsals,
	readRehearsalTimes,
	storeAcknowledged,
	storeConfirmed,
} from "./rehearsal-store.ts";
import type { RehearsalAnswer } from "./schema.ts";

/** Each makes a key that stays in the list of revoked ones. */
const PER_HOUR_MAX = 6;
/** A person confirms what they have just seen. */
const CONFIRMED_WITHIN_MS = DAY_MS;
const LISTED_MAX = 10;
const CANARY_NAME = "revocation-rehearsal";

/**
 * Makes a real canary key, revokes it on every node and measures how long it took until all had confirmed. 429 `rate_limited` for more than six in an hour;
 * 403 `capability_not_in_plan` without API access; 409 `conflict` with too many canary keys.
 */
export async function rehearseRevocation(context: KeysContext, input: { tenant_id: string }): Promise<RehearsalAnswer> {
	const { tenant_id } = input;
	const { id, key } = await begin(context, tenant_id);
	const began = context.clock.monotonic();
	const { waited_for } = await changeEverywhere<Key>(context, async (tx) => {
		if (!(await readTenantForUpdate(tx, tenant_id))) throw tenantNotFound();
		const before = await lockKey(tx, tenant_id, key.id);
		if (!before) throw keyNotFound();
		return applyRevocation(tx, context, before, { reason: "other", note: "Rehearsal of a revocation" });
	});
	const acknowledged_ms = Math.ceil(context.clock.monotonic() - began);
	return change(context, async (tx) => {
		if (!(await readTenantForUpdate(tx, tenant_id))) throw tenantNotFound();
		await storeAcknowledged(tx, { tenant_id, id }, acknowledged_ms, waited_for);
		const made = await readRehearsal(tx, tenant_id, id);
		if (!made) throw rehearsalNotFound();
		const details = { name: CANARY_NAME, key_id: key.id, acknowledged_ms, nodes: waited_for.length };
		return {
			result: toRehearsalResponse(made),
			audit: [{ action: "revocation.rehearsed", target: { kind: "rehearsal", id }, tenant_id, details }],
		};
	});
}

/** The canary key, whose secret leaves this function nowhere. */
async function begin(context: KeysContext, tenant_id: string): Promise<{ id: string; key: Key }> {
	const [id, key_id] = [newId("reh"), newId("key")];
	const owner = context.actor.name;
	const asked = { tenant_id, name: CANARY_NAME, environment: "prod" as const, owner, canary: true };
	return change({ ...context, idempotency_key: null }, async (tx) => {
		const { key } = await makeKey(tx, { ...context, idempotency_key: null }, asked, { key_id, asked });
		const started_at = key.created_at;
		assertPace(await readRehearsalTimes(tx, tenant_id, new Date(started_at.getTime() - HOUR_MS)), started_at);
		const { raw_key: _raw_key, ...secret } = await issueSecret(tx, context, key, started_at);
		await insertRehearsal(tx, { tenant_id, id, key_id, started_at, started_by: toAcknowledger(context.actor) });
		return {
			result: { id, key },
			audit: [{ action: "key.created", target: { kind: "key", id: key_id }, details: createdDetails(key, secret), tenant_id }],
			invalidates: [{ kind: "key", id: key_id }],
			events: [createdEvent(key)],
		};
	});
}

function assertPace(times: readonly Date[], now: Date): void {
	const [oldest] = times;
	if (oldest === undefined || times.length < PER_HOUR_MAX) return;
	throw new ApiError("rate_limited", `At most ${PER_HOUR_MAX} revocations can be rehearsed within an hour. Wait, then try again.`, {
		retry_after_seconds: (oldest.getTime() + HOUR_MS - now.getTime()) / 1_000,
	});
}

/**
 * A person has seen the result of a rehearsal, and knows how a key is revoked: it counts for 180 days. A repeat changes nothing. 404 `not_found`;
 * 409 `conflict` for one that was interrupted, or is older than a day.
 */
export async function confirmRehearsal(context: KeysContext, input: { tenant_id: string; rehearsal_id: string }): Promise<RehearsalAnswer> {
	const { tenant_id, rehearsal_id: id } = input;
	return change(context, async (tx) => {
		const found = await readTenantForUpdate(tx, tenant_id);
		if (!found) throw tenantNotFound();
		assertTenantActive(found.tenant);
		const rehearsal = await readRehearsal(tx, tenant_id, id);
		if (!rehearsal) throw rehearsalNotFound();
		if (rehearsal.confirmed_at !== null) return { unchanged: toRehearsalResponse(rehearsal) };
		if (rehearsal.acknowledged_ms === null)
			throw new ApiError("conflict", "This rehearsal was interrupted before all nodes had confirmed. Rehearse again.");
		const now = new Date(context.clock.now());
		if (now.getTime() - rehearsal.started_at.getTime() > CONFIRMED_WITHIN_MS)
			throw new ApiError("conflict", "This rehearsal is older than a day. Rehearse again, then confirm what you see.");
		const confirmed = { confirmed_at: now, confirmed_by: toAcknowledger(context.actor) };
		await storeConfirmed(tx, { tenant_id, id }, confirmed.confirmed_at, confirmed.confirmed_by);
		const details = { name: CANARY_NAME, key_id: rehearsal.key_id, acknowledged_ms: rehearsal.acknowledged_ms, nodes: rehearsal.nodes?.length ?? 0 };
		return {
			result: toRehearsalResponse({ ...rehearsal, ...confirmed }),
			audit: [{ action: "revocation.rehearsal_confirmed", target: { kind: "rehearsal", id }, tenant_id, details }],
		};
	});
}

/** The latest rehearsals, newest first; at most ten. */
export async function listRehearsals(context: DatabaseContext, input: { tenant_id: string }): Promise<{ data: RehearsalAnswer[] }> {
	return read(context, async (tx) => ({ data: (await readRehearsals(tx, input.tenant_id, LISTED_MAX)).map(toRehearsalResponse) }));
}

function toRehearsalResponse({ tenant_id: _tenant, started_at, confirmed_at, nodes, ...rehearsal }: Rehearsal): RehearsalAnswer {
	return {
		...rehearsal,
		started_at: started_at.toISOString(),
		nodes: nodes === null ? null : [...nodes],
		confirmed_at: confirmed_at?.toISOString() ?? null,
		valid_until: confirmed_at === null ? null : new Date(confirmed_at.getTime() + VALID_DAYS * DAY_MS).toISOString(),
	};
}

function rehearsalNotFound(): ApiError {
	return new ApiError("not_found", "There is no rehearsal with this id.");
}
