import { assert } from "../../core/error.ts";
import type { ReadTx } from "../../database/transaction.ts";
import { type SecretActivity, secretActivity } from "../../usage/activity-store.ts";
import { readSecretOperations, readSecretSources, type SecretOperation, type SecretSource } from "../../usage/sources/evidence-store.ts";
import { readUsageSeen, type UsageSeen } from "../../usage/sources/progress-store.ts";
import type { Handover } from "../handovers/handover.ts";
import { readHandovers } from "../handovers/store.ts";
import { getSecretEnd, type Key, keyHasEnded, type SecretVersion } from "../key.ts";
import { readSecrets } from "../secrets/store.ts";
import { readKey } from "../store.ts";
import { readConfirmations } from "./confirmation-store.ts";
import { assessEvidence, type Evidence } from "./evidence.ts";
import { getPhase } from "./machine.ts";
import type { Confirmation, Rotation, RotationStatus } from "./rotation.ts";
import { readExpirySetAt } from "./store.ts";

/** A rotation with its evidence and phase at one instant. */
export interface Observed {
	readonly rotation: Rotation;
	readonly phase: RotationStatus;
	readonly predecessor: SecretVersion;
	readonly successor: SecretVersion | null;
	readonly successor_used_at: Date | null;
	/** The old secret's own end, past or future; null for a rotation that is waiting or cancelled. */
	readonly old_ends_at: Date | null;
	/** The earlier of that and the end of its key, as the key's response shows it. */
	readonly old_end_shown: Date | null;
	readonly evidence: Evidence;
	readonly operations: readonly SecretOperation[];
	readonly handover: Handover | null;
}

const NONE_CONFIRMED: ReadonlyMap<string, Confirmation> = new Map();

interface Seen {
	readonly key: Key;
	readonly expiry_set_at: Date;
	readonly usage: UsageSeen;
	readonly secrets: readonly SecretVersion[];
	readonly activity: ReadonlyMap<string, SecretActivity>;
	readonly sources: readonly SecretSource[];
	readonly operations: readonly SecretOperation[];
	readonly handovers: ReadonlyMap<string, Handover>;
	readonly confirmations: ReadonlyMap<string, ReadonlyMap<string, Confirmation>>;
}

/** The rotations of one key with their evidence, which is read once for all. Aggregate usage before the transaction. */
export async function observeRotations(
	tx: ReadTx,
	key: { tenant_id: string; key_id: string },
	rotations: readonly Rotation[],
	now: number,
): Promise<Observed[]> {
	if (rotations.length === 0) return [];
	// Must be read first: it states up to which time the evidence read below is complete.
	const usage = await readUsageSeen(tx);
	const record = await readKey(tx, key.tenant_id, key.key_id);
	assert(record, "the key of a rotation is gone");
	const secrets = (await readSecrets(tx, key.tenant_id, [key.key_id])).get(key.key_id) ?? [];
	const kids = secrets.map((secret) => secret.kid);
	const handover_ids = rotations.flatMap((rotation) => rotation.handover_id ?? []);
	const seen = {
		key: record,
		expiry_set_at: await readExpirySetAt(tx, key.tenant_id, key.key_id),
		usage,
		secrets,
		activity: await secretActivity(tx, key.tenant_id, kids),
		sources: await readSecretSources(tx, key, new Date(now)),
		operations: await readSecretOperations(tx, key),
		handovers: await readHandovers(tx, key.tenant_id, handover_ids),
		confirmations: await readConfirmations(
			tx,
			key.tenant_id,
			rotations.map(({ id }) => id),
		),
	};
	return rotations.map((rotation) => observed(rotation, seen, now));
}

export async function observeRotation(tx: ReadTx, rotation: Rotation, now: number): Promise<Observed> {
	const [one] = await observeRotations(tx, rotation, [rotation], now);
	assert(one, "an existing rotation was not observed");
	return one;
}

/** No use is counted while a key has expired. Returns when it was last reactivated by a new expiry date during the overlap (ms); 0 for never. */
function reactivatedAtMs(expiry_set_at: Date, successor: SecretVersion | null): number {
	return successor !== null && expiry_set_at > successor.created_at ? expiry_set_at.getTime() : 0;
}

function observed(rotation: Rotation, seen: Seen, now: number): Observed {
	const { predecessor_kid, successor_kid, state } = rotation;
	const predecessor = seen.secrets.find((secret) => secret.kid === predecessor_kid);
	assert(predecessor, "the old secret of a rotation is gone");
	const successor = seen.secrets.find((secret) => secret.kid === successor_kid) ?? null;
	const successor_used_at = (successor && seen.activity.get(successor.kid)?.first_used_at) ?? null;
	const old_ends_at = state === "open" || state === "completed" ? (predecessor.retired_at ?? predecessor.retires_at) : null;
	const successor_used = successor_used_at !== null;
	const confirmations = seen.confirmations.get(rotation.id) ?? NONE_CONFIRMED;
	const key_ended = keyHasEnded(seen.key, now);
	const evidence = assessEvidence(seen.sources, {
		...{ predecessor_kid, successor_kid, successor_used_at, old_ends_at, confirmations, now, key_ended },
		usage: { ...seen.usage, gaps_until_ms: Math.max(seen.usage.gaps_until_ms, reactivatedAtMs(seen.expiry_set_at, successor)) },
	});
	const phase = getPhase(rotation, { successor_used, all_moved: evidence.all_moved, old_ends_at, key_ended }, now);
	const old_end_shown = old_ends_at && getSecretEnd(predecessor, seen.key, now);
	const handover = rotation.handover_id === null ? null : (seen.handovers.get(rotation.handover_id) ?? null);
	return { rotation, phase, predecessor, successor, successor_used_at, old_ends_at, old_end_shown, evidence, operations: seen.operations, handover };
}
