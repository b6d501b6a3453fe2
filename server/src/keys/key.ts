import type { Actor } from "../core/context.ts";
import type { ClientPolicy } from "../tenants/tenant.ts";
import type { Budget } from "./budgets/budget.ts";
import type { KeyRateLimit } from "./rate-limits.ts";
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

/** Who replaces the secret when it is due, if not a person by hand: the responsible person by a link that is mailed to them, or the program itself. */
export const AUTO_ROTATE = ["handover", "self"] as const;
export type AutoRotate = (typeof AUTO_ROTATE)[number];

/** Where the expiry date comes from: a person, or the plan's default. */
export type ExpiryFrom = "person" | "plan";

/** Storage locations of a secret, as people report them. */
export const STORAGE_LOCATIONS = ["secret_manager", "ci_variable", "server_environment", "encrypted_configuration", "other"] as const;
export type StorageLocation = (typeof STORAGE_LOCATIONS)[number];

/** The person responsible for a key. */
export interface KeyOwner {
	name: string;
	email?: string;
	member_id?: string;
}

/** The actor that created or ended a key, as shown in its response. */
export interface KeyActor {
	kind: string;
	id?: string;
	name: string;
}

/** The stored key. It keeps its identity when its secrets are replaced. */
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
	/** Null: the tenant's. */
	client_policy: ClientPolicy | null;
	/** In addition to those of the plan. */
	rate_limits: readonly KeyRateLimit[];
	budgets: readonly Budget[];
	rotate_every_days: number | null;
	/** Null: people are reminded. */
	auto_rotate: AutoRotate | null;
	rotation_due_at: Date | null;
	/** Refused as unknown wherever it is presented; its use is an alert. */
	canary: boolean;
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
	/** Empty for an imported secret until its first use. */
	last4: string;
	/** Issued by another system. */
	imported: boolean;
	created_at: Date;
	retires_at: Date | null;
	retired_at: Date | null;
	kept_in: StorageLocation | null;
	kept_in_note: string | null;
	kept_in_at: Date | null;
}

/** Aggregated usage of a key and its secrets. */
export interface KeyUse {
	readonly last_used_at: Date | null;
	readonly last_check_at: Date | null;
	/** Requests of the last 24 hours. */
	readonly usage_24h: number;
	readonly secrets: ReadonlyMap<string, { readonly first_used_at: Date; readonly last_used_at: Date }>;
}

/** In order of precedence: revoked, expired, paused, active. */
export function getKeyStatus(key: Pick<Key, "revoked_at" | "expires_at" | "paused_at">, now: number): KeyStatus {
	if (key.revoked_at !== null) return "revoked";
	if (key.expires_at !== null && key.expires_at.getTime() <= now) return "expired";
	return key.paused_at === null ? "active" : "paused";
}

type SecretEnd = Pick<SecretVersion, "retires_at" | "retired_at">;
type KeyEnd = Pick<Key, "revoked_at" | "expires_at" | "paused_at">;

/** When a secret ends or has ended, on its own or with its key; null if it has no end and its key has not ended. */
export function getSecretEnd(secret: SecretEnd, key: KeyEnd, now: number): Date | null {
	const own = earliest([secret.retired_at, secret.retires_at]);
	if (own === null && !keyHasEnded(key, now)) return null;
	return earliest([own, key.revoked_at, key.expires_at]);
}

function earliest(times: readonly (Date | null)[]): Date | null {
	return times.reduce((first, time) => (first === null || (time !== null && time < first) ? time : first), null);
}

/** Whether the key is revoked or expired. */
export function keyHasEnded(key: KeyEnd, now: number): boolean {
	const status = getKeyStatus(key, now);
	return status === "revoked" || status === "expired";
}

/** A secret ends with its key at the latest; pausing a key does not end its secrets. */
export function getSecretStatus(secret: SecretEnd, key: KeyEnd, first_used_at: Date | null, now: number): SecretStatus {
	if (secret.retired_at !== null || keyHasEnded(key, now)) return "retired";
	if (secret.retires_at !== null) return secret.retires_at.getTime() <= now ? "retired" : "retiring";
	return first_used_at === null ? "issued" : "current";
}

export function toKeyActor(actor: Actor): KeyActor {
	return "id" in actor ? { kind: actor.kind, id: actor.id, name: actor.name } : { kind: actor.kind, name: actor.name };
}

export function toKeyOwner(owner: string | KeyOwner): KeyOwner {
	if (typeof owner === "string") return { name: owner.trim() };
	return { ...owner, name: owner.name.trim() };
}
