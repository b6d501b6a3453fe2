import type { ReadTx } from "../database/transaction.ts";
import { keyActivity, secretActivity, usage24h } from "../usage/activity-store.ts";
import { readCanaryUses } from "./canaries/store.ts";
import { type Exposure, exposedAt } from "./exposures/exposure.ts";
import { readExposures } from "./exposures/store.ts";
import { getHandoverStatus, type Handover } from "./handovers/handover.ts";
import type { HandoverAnswer } from "./handovers/schema.ts";
import { readLatestHandovers } from "./handovers/store.ts";
import { getKeyStatus, getSecretEnd, getSecretStatus, type Key, type KeyUse, keyHasEnded, type SecretVersion } from "./key.ts";
import { type OpenRotation, readOpenRotations } from "./rotations/store.ts";
import type { KeyAnswer } from "./schema.ts";
import { readSecrets } from "./secrets/store.ts";

/** The responses for keys of one tenant, with secrets, handovers, rotations, exposures and usage: seven queries for any number of keys, one more with canary keys. */
export async function readKeyResponses(tx: ReadTx, tenant_id: string, keys: readonly Key[], now: number): Promise<KeyAnswer[]> {
	if (keys.length === 0) return [];
	const key_ids = keys.map((key) => key.id);
	const secrets = await readSecrets(tx, tenant_id, key_ids);
	const handovers = await readLatestHandovers(tx, tenant_id, key_ids);
	const rotations = await readOpenRotations(tx, tenant_id, key_ids);
	const exposures = await readExposures(tx, tenant_id, key_ids);
	const canary_uses = await readCanaryUses(
		tx,
		tenant_id,
		keys.filter((key) => key.canary).map((key) => key.id),
	);
	const kids = [...secrets.values()].flat().map((secret) => secret.kid);
	const activity = await keyActivity(tx, tenant_id, key_ids);
	const secretUses = await secretActivity(tx, tenant_id, kids);
	const usage = await usage24h(tx, tenant_id, key_ids, now);
	return keys.map((key) => {
		const used = activity.get(key.id);
		const use = {
			last_used_at: used?.last_used_at ?? null,
			last_check_at: used?.last_check_at ?? null,
			usage_24h: usage.get(key.id) ?? 0,
			secrets: secretUses,
		};
		const parts = {
			secrets: secrets.get(key.id) ?? [],
			handover: handovers.get(key.id) ?? null,
			rotation: rotations.get(key.id) ?? null,
			exposures: exposures.get(key.id) ?? [],
			canary_used_at: canary_uses.get(key.id) ?? null,
		};
		return toKeyResponse(key, parts, use, now);
	});
}

export async function readKeyResponse(tx: ReadTx, key: Key, now: number): Promise<KeyAnswer> {
	const [answer] = await readKeyResponses(tx, key.tenant_id, [key], now);
	if (!answer) throw new Error("impossible state: an existing key has no response");
	return answer;
}

export function timeText(time: Date | null): string | null {
	return time === null ? null : time.toISOString();
}

export function toSecretResponse(secret: SecretVersion, key: Key, use: KeyUse, now: number): KeyAnswer["secrets"][number] {
	const used = use.secrets.get(secret.kid);
	return {
		kid: secret.kid,
		last4: secret.last4,
		imported: secret.imported,
		status: getSecretStatus(secret, key, used?.first_used_at ?? null, now),
		created_at: secret.created_at.toISOString(),
		first_used_at: timeText(used?.first_used_at ?? null),
		last_used_at: timeText(used?.last_used_at ?? null),
		retires_at: timeText(getSecretEnd(secret, key, now)),
		kept_in: secret.kept_in && secret.kept_in_at && { place: secret.kept_in, note: secret.kept_in_note, at: secret.kept_in_at.toISOString() },
	};
}

/** The related rows of a key: its secrets, newest first, its latest handover, and its open rotation. */
export interface KeyParts {
	readonly secrets: readonly SecretVersion[];
	readonly handover: Handover | null;
	/** Undefined or null: no rotation is open. */
	readonly rotation?: OpenRotation | null;
	/** The earliest first. */
	readonly exposures?: readonly Exposure[];
	/** When a canary key was presented last. */
	readonly canary_used_at?: Date | null;
}

/** The open rotation as a key's response shows it; null once the key or the old secret has ended, even if the row is not updated yet. */
export function toOpenRotationResponse(
	key: Key,
	rotation: OpenRotation,
	secrets: readonly SecretVersion[],
	use: KeyUse,
	now: number,
): KeyAnswer["rotation"] {
	if (keyHasEnded(key, now)) return null;
	const { id, state, predecessor_kid, successor_kid } = rotation;
	const predecessor = secrets.find((secret) => secret.kid === predecessor_kid);
	const old_ends_at = state === "open" && predecessor ? getSecretEnd(predecessor, key, now) : null;
	if (old_ends_at !== null && old_ends_at.getTime() <= now) return null;
	const used = successor_kid !== null && use.secrets.has(successor_kid);
	return { id, status: state === "waiting" ? state : used ? "proving" : "issued", old_ends_at: timeText(old_ends_at) };
}

/** The response body for a key. Of a secret it has only the kid and the last four characters. */
export function toKeyResponse(key: Key, parts: KeyParts, use: KeyUse, now: number): KeyAnswer {
	return {
		id: key.id,
		tenant_id: key.tenant_id,
		name: key.name,
		environment: key.environment,
		owner: key.owner,
		integration: key.integration,
		labels: key.labels,
		permissions: key.permissions,
		site_ids: key.site_ids,
		allowed_ips: key.allowed_ips,
		client_policy: key.client_policy,
		rate_limits: key.rate_limits,
		budgets: key.budgets,
		status: getKeyStatus(key, now),
		created_at: key.created_at.toISOString(),
		created_by: key.created_by,
		expires_at: timeText(key.expires_at),
		rotate_every_days: key.rotate_every_days,
		auto_rotate: key.auto_rotate,
		rotation_due_at: timeText(key.rotation_due_at),
		canary: key.canary,
		canary_used_at: timeText(parts.canary_used_at ?? null),
		last_used_at: timeText(use.last_used_at),
		last_check_at: timeText(use.last_check_at),
		exposed_at: timeText(exposedAt(parts.exposures ?? [], parts.secrets, now)),
		exposure: (parts.exposures ?? []).map(toExposureResponse),
		usage_24h: use.usage_24h,
		revoked_at: timeText(key.revoked_at),
		revoked_by: key.revoked_by,
		revoke_reason: key.revoke_reason,
		revoke_note: key.revoke_note,
		secrets: parts.secrets.map((secret) => toSecretResponse(secret, key, use, now)),
		handover: parts.handover && toHandoverResponse(parts.handover, now),
		rotation: parts.rotation ? toOpenRotationResponse(key, parts.rotation, parts.secrets, use, now) : null,
	};
}

function toExposureResponse({ kind, kid, first_at, last_at, requests, source_id, network, source, urls }: Exposure): KeyAnswer["exposure"][number] {
	return {
		kind,
		kid,
		first_at: first_at.toISOString(),
		last_at: last_at.toISOString(),
		requests,
		source_id,
		network,
		source,
		...(urls === undefined ? {} : { urls }),
	};
}

export function toHandoverResponse(handover: Handover, now: number): HandoverAnswer {
	return {
		id: handover.id,
		status: getHandoverStatus(handover, now),
		email: handover.email,
		created_at: handover.created_at.toISOString(),
		created_by: handover.created_by,
		expires_at: handover.expires_at.toISOString(),
		claimed_at: handover.claimed_at?.toISOString() ?? null,
		claimed_by: handover.claimed_by,
		rotation_id: handover.rotation_id,
	};
}
