import { type SqlBool, sql } from "kysely";
import type { ReadTx, Tx } from "../database/transaction.ts";
import type { ClientPolicy } from "../tenants/tenant.ts";
import { budgetsFromRow } from "./budgets/budget.ts";
import { lowerPeriods } from "./budgets/periods-store.ts";
import type { AutoRotate, ExpiryFrom, Key, KeyActor, KeyOwner, RevokeReason, SecretVersion } from "./key.ts";
import { keyRateLimitsFromRow } from "./rate-limits.ts";
import type { Environment } from "./secrets/format.ts";

export const KEY_COLUMNS = [
	"tenant_id",
	"id",
	"name",
	"environment",
	"owner",
	"integration",
	"labels",
	"permissions",
	"site_ids",
	"allowed_ips",
	"client_policy",
	"rate_limits",
	"budgets",
	"rotate_every_days",
	"auto_rotate",
	"rotation_due_at",
	"canary",
	"expires_at",
	"expiry_from",
	"paused_at",
	"created_at",
	"created_by",
	"revoked_at",
	"revoked_by",
	"revoke_reason",
	"revoke_note",
] as const;

type KeyColumn = Exclude<
	(typeof KEY_COLUMNS)[number],
	| "environment"
	| "client_policy"
	| "auto_rotate"
	| "owner"
	| "labels"
	| "rate_limits"
	| "budgets"
	| "expiry_from"
	| "created_by"
	| "revoked_by"
	| "revoke_reason"
>;
type KeyRow = Pick<Key, KeyColumn> & {
	environment: string;
	client_policy: string | null;
	auto_rotate: string | null;
	owner: unknown;
	labels: unknown;
	rate_limits: unknown;
	budgets: unknown;
	expiry_from: string;
	created_by: unknown;
	revoked_by: unknown;
	revoke_reason: string | null;
};

/** Guarantee: the columns have check constraints or were written from values that this module's schemas had accepted. */
export function keyFromRow(row: KeyRow): Key {
	return {
		...row,
		environment: row.environment as Environment,
		client_policy: row.client_policy as ClientPolicy | null,
		auto_rotate: row.auto_rotate as AutoRotate | null,
		owner: row.owner as KeyOwner,
		labels: row.labels as Record<string, string>,
		rate_limits: keyRateLimitsFromRow(row.rate_limits),
		budgets: budgetsFromRow(row.budgets),
		expiry_from: row.expiry_from as ExpiryFrom,
		created_by: row.created_by as KeyActor,
		revoked_by: row.revoked_by as KeyActor | null,
		revoke_reason: row.revoke_reason as RevokeReason | null,
	};
}

/** The columns of a new key. */
function getValues(key: Key) {
	const { owner, labels, rate_limits, budgets, created_by, revoked_by, ...columns } = key;
	return {
		...columns,
		expiry_set_at: key.created_at,
		owner: JSON.stringify(owner),
		labels: JSON.stringify(labels),
		rate_limits: JSON.stringify(rate_limits),
		budgets: JSON.stringify(budgets),
		created_by: JSON.stringify(created_by),
		revoked_by: revoked_by === null ? null : JSON.stringify(revoked_by),
	};
}

export async function insertKey(tx: Tx, key: Key): Promise<void> {
	await tx.insertInto("keys").values(getValues(key)).execute();
}

export async function insertKeys(tx: Tx, keys: readonly Key[]): Promise<void> {
	await tx.insertInto("keys").values(keys.map(getValues)).execute();
}

export async function readKey(tx: ReadTx, tenant_id: string, key_id: string): Promise<Key | null> {
	const row = await tx.selectFrom("keys").select(KEY_COLUMNS).where("tenant_id", "=", tenant_id).where("id", "=", key_id).executeTakeFirst();
	return row ? keyFromRow(row) : null;
}

/** Reads a key FOR NO KEY UPDATE: other changes of it wait until commit, records that refer to it (failures, usage, budgets) do not. */
export async function lockKey(tx: Tx, tenant_id: string, key_id: string): Promise<Key | null> {
	const row = await tx
		.selectFrom("keys")
		.select(KEY_COLUMNS)
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", key_id)
		.forNoKeyUpdate()
		.executeTakeFirst();
	return row ? keyFromRow(row) : null;
}

/** A change of `expires_at` is stored as set by a person at `now`, the clock of the node that writes it. */
export type KeyChanges = Partial<Omit<Key, "expiry_from" | "tenant_id" | "id" | "environment" | "created_at" | "created_by">>;

export async function updateKey(tx: Tx, tenant_id: string, key_id: string, changes: KeyChanges, now: Date): Promise<void> {
	const { owner, labels, rate_limits, budgets, revoked_by, ...columns } = changes;
	await tx
		.updateTable("keys")
		.set({
			...columns,
			...(columns.expires_at === undefined ? {} : { expiry_set_at: now, expiry_from: "person" as const }),
			...(owner === undefined ? {} : { owner: JSON.stringify(owner) }),
			...(labels === undefined ? {} : { labels: JSON.stringify(labels) }),
			...(rate_limits === undefined ? {} : { rate_limits: JSON.stringify(rate_limits) }),
			...(budgets === undefined ? {} : { budgets: JSON.stringify(budgets) }),
			...(revoked_by === undefined ? {} : { revoked_by: revoked_by === null ? null : JSON.stringify(revoked_by) }),
		})
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", key_id)
		.execute();
	if (budgets !== undefined) await lowerPeriods(tx, tenant_id, key_id, budgets);
}

/** How many keys of the tenant are neither revoked nor expired; canary keys do not count against the plan. */
export async function countLiveKeys(tx: ReadTx, tenant_id: string, now: Date): Promise<number> {
	const { count } = await tx
		.selectFrom("keys")
		.select((select) => select.fn.countAll<number>().as("count"))
		.where("tenant_id", "=", tenant_id)
		.where("canary", "=", false)
		.where(isLive(now))
		.executeTakeFirstOrThrow();
	return count;
}

/** How many canary keys of the tenant are neither revoked nor expired. */
export async function countLiveCanaries(tx: ReadTx, tenant_id: string, now: Date): Promise<number> {
	const { count } = await tx
		.selectFrom("keys")
		.select((select) => select.fn.countAll<number>().as("count"))
		.where("tenant_id", "=", tenant_id)
		.where("canary", "=", true)
		.where(isLive(now))
		.executeTakeFirstOrThrow();
	return count;
}

/** Whether a live key of the tenant has this name, ignoring case. */
export async function isNameTaken(tx: ReadTx, tenant_id: string, name: string, now: Date): Promise<boolean> {
	const row = await tx
		.selectFrom("keys")
		.select("id")
		.where("tenant_id", "=", tenant_id)
		.where(sql<SqlBool>`lower(name) = lower(${name})`)
		.where(isLive(now))
		.limit(1)
		.executeTakeFirst();
	return row !== undefined;
}

export function isLive(now: Date) {
	return sql<SqlBool>`(revoked_at is null and (expires_at is null or expires_at > ${now}))`;
}

/** The given sites of the tenant, each with the environment it is bound to; unknown ids are left out. */
export async function readSiteEnvironments(tx: ReadTx, tenant_id: string, site_ids: readonly string[]): Promise<Map<string, string | null>> {
	if (site_ids.length === 0) return new Map();
	const rows = await tx.selectFrom("sites").select(["id", "environment"]).where("tenant_id", "=", tenant_id).where("id", "in", site_ids).execute();
	return new Map(rows.map((row) => [row.id, row.environment]));
}

export type LockedKey = Pick<Key, "name" | "environment" | "permissions" | "site_ids" | "expires_at" | "paused_at" | "revoked_at">;

/** Guarantee: the column has a check constraint with exactly these values. */
export function asEnvironment(environment: string): Environment {
	return environment as Environment;
}

/** Reads a key FOR SHARE, which blocks changes of it until commit. */
export async function readKeyForShare(tx: Tx, tenant_id: string, key_id: string): Promise<LockedKey | null> {
	const row = await tx
		.selectFrom("keys")
		.select(["name", "environment", "permissions", "site_ids", "expires_at", "paused_at", "revoked_at"])
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", key_id)
		.forShare()
		.executeTakeFirst();
	return row ? { ...row, environment: asEnvironment(row.environment) } : null;
}

export type LockedSecret = Pick<SecretVersion, "retires_at" | "retired_at">;

export async function readSecretForShare(tx: Tx, secret: { tenant_id: string; key_id: string; kid: string }): Promise<LockedSecret | null> {
	const row = await tx
		.selectFrom("secrets")
		.select(["retires_at", "retired_at"])
		.where("kid", "=", secret.kid)
		.where("tenant_id", "=", secret.tenant_id)
		.where("key_id", "=", secret.key_id)
		.forShare()
		.executeTakeFirst();
	return row ?? null;
}

/** Reads a site FOR SHARE, which blocks changes and deletion of it until commit. */
export async function readSiteForShare(tx: Tx, tenant_id: string, site_id: string): Promise<{ environment: string | null } | null> {
	const row = await tx
		.selectFrom("sites")
		.select("environment")
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", site_id)
		.forShare()
		.executeTakeFirst();
	return row ?? null;
}
