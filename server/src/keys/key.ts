import type { Actor } from "../core/context.ts";
import type { KeyRateLimit } from "./limits.ts";
import type { Environment } from "./secrets/format.ts";

export type KeyStatus = "active" | "paused" | "expired" | "revoked";
export const KEY_STATUSES: readonly KeyStatus[] = ["active", "paused", "expired", "revoked"];

/** `issued`: never used yet; `current`: in use; `retiring`: both work until its end; `retired`: refused. */
export type SecretStatus = "issued" | "current" | "retiring" | "retired";
export const SECRET_STATUSES: readonly SecretStatus[] = ["issued", "current", "retiring", "retired"];

export type RevokeReason = "integration_retired" | "shared_incorrectly" | "suspected_exposure" | "ownership_changed" | "other";
export const REVOKE_REASONS: readonly RevokeReason[] = [
	"integration_retired",
	"shared_incorrectly",
	"suspected_exposure",
	"ownership_changed",
	"other",
];

/** Who gave a key its end: a person, or the plan because none was named. */
export type ExpiryFrom = "person" | "plan";

/** Where people say that they keep a secret. */
export const KEPT_IN_PLACES = ["secret_manager", "ci_variable", "server_environment", "encrypted_configuration", "other"] as const;
export type KeptInPlace = (typeof KEPT_IN_PLACES)[number];

/** The person responsible for a key. */
export interface KeyOwner {
	name: string;
	email?: string;
	member_id?: string;
}

/** Who made or ended a key, as it is shown beside it. */
export interface KeyActor {
	kind: string;
	id?: string;
	name: string;
}

/** The record of a key as it is stored; stable for life, whatever its secrets. */
export interface Key {
	tenant_id: string;
	id: string;
	name: string;
	environment: Environment;
	owner: KeyOwner;
	integration: string | null;
	labels: Record<string, string>;
	permissions: string[];
	/** Null: every site. */
	site_ids: string[] | null;
	/** Null: any address. */
	allowed_ips: string[] | null;
	/** Of its own, besides those of the plan. */
	rate_limits: readonly KeyRateLimit[];
	rotate_every_days: number | null;
	rotation_due_at: Date | null;
	expires_at: Date | null;
	expiry_from: ExpiryFrom;
	paused_at: Date | null;
	created_at: Date;
	created_by: KeyActor;
	revoked_at: Date | null;
	revoked_by: KeyActor | null;
	revoke_reason: RevokeReason | null;
	revoke_note: string | null;
}

/** One secret version, without its MAC. */
export interface SecretVersion {
	kid: string;
	/** Empty for an imported one until it is used for the first time. */
	last4: string;
	/** Issued by another system and brought along. */
	imported: boolean;
	created_at: Date;
	retires_at: Date | null;
	retired_at: Date | null;
	kept_in: KeptInPlace | null;
	kept_in_note: string | null;
	kept_in_at: Date | null;
}

/** What was counted about a key and its secrets. */
export interface KeyUse {
	readonly last_used_at: Date | null;
	readonly last_check_at: Date | null;
	/** Requests of the last 24 hours. */
	readonly usage_24h: number;
	readonly secrets: ReadonlyMap<string, { readonly first_used_at: Date; readonly last_used_at: Date }>;
}

/** What holds first: a revoked key is revoked whatever else, and only a key that is none of the others is active. */
export function statusOf(key: Pick<Key, "revoked_at" | "expires_at" | "paused_at">, now: number): KeyStatus {
	if (key.revoked_at !== null) return "revoked";
	if (key.expires_at !== null && key.expires_at.getTime() <= now) return "expired";
	return key.paused_at === null ? "active" : "paused";
}

type SecretEnd = Pick<SecretVersion, "retires_at" | "retired_at">;
type KeyEnd = Pick<Key, "revoked_at" | "expires_at" | "paused_at">;

/** When a secret ends or has ended, by itself or with its key; null for no end of its own while its key lives. */
export function secretEndOf(secret: SecretEnd, key: KeyEnd, now: number): Date | null {
	const own = earliest([secret.retired_at, secret.retires_at]);
	if (own === null && !keyHasEnded(key, now)) return null;
	return earliest([own, key.revoked_at, key.expires_at]);
}

function earliest(times: readonly (Date | null)[]): Date | null {
	return times.reduce((first, time) => (first === null || (time !== null && time < first) ? time : first), null);
}

/** Whether the key is refused for good, or until it is given a later end. */
export function keyHasEnded(key: KeyEnd, now: number): boolean {
	const status = statusOf(key, now);
	return status === "revoked" || status === "expired";
}

/** A secret ends with its key at the latest; a paused key keeps its secrets. */
export function secretStatusOf(secret: SecretEnd, key: KeyEnd, first_used_at: Date | null, now: number): SecretStatus {
	if (secret.retired_at !== null || keyHasEnded(key, now)) return "retired";
	if (secret.retires_at !== null) return secret.retires_at.getTime() <= now ? "retired" : "retiring";
	return first_used_at === null ? "issued" : "current";
}

export function keyActorOf(actor: Actor): KeyActor {
	return "id" in actor ? { kind: actor.kind, id: actor.id, name: actor.name } : { kind: actor.kind, name: actor.name };
}
