import { type RawBuilder, type SqlBool, sql } from "kysely";
import { DAY_MS } from "../core/time.ts";
import { containing } from "../database/like.ts";
import type { ReadTx, Tx } from "../database/transaction.ts";
import type { Key, KeyActor, KeyOwner, KeyStatus, RevokeReason } from "./key.ts";
import type { Environment } from "./secrets/format.ts";
import { isNullable, type KeyWindow, type Order, type Sort } from "./sort.ts";
import { isLive, KEY_COLUMNS, keyFromRow } from "./store.ts";

/** An end is announced this long before. */
const ENDING_MS = 30 * DAY_MS;
/** A replacement is announced this long before its date. */
const REPLACEMENT_MS = 7 * DAY_MS;
/** A key that was never used is left alone this long. */
const NEVER_USED_MS = 7 * DAY_MS;
const UNUSED_MS = 30 * DAY_MS;
/** As long as its alert stays open. */
const CANARY_USED_MS = DAY_MS;

export interface KeyFilters {
	readonly status?: KeyStatus;
	readonly environment?: Environment;
	readonly integration?: string;
	/** Exact name, e-mail address or member id of the owner. */
	readonly owner?: string;
	/** Part of the name; or exactly the key's id, or the `kid` or last four characters of one of its secrets. */
	readonly search?: string;
	/** Only those that need a person. */
	readonly attention?: boolean;
}

function isOf(tenant_id: string, filters: KeyFilters, now: Date) {
	const { status, environment, integration, owner, search, attention } = filters;
	return sql.join<SqlBool>(
		[
			...(status === undefined ? [] : [hasStatus(status, now)]),
			...(environment === undefined ? [] : [sql<SqlBool>`environment = ${environment}`]),
			...(integration === undefined ? [] : [sql<SqlBool>`integration = ${integration}`]),
			...(owner === undefined
				? []
				: [sql<SqlBool>`(lower(owner->>'name') = lower(${owner}) or lower(owner->>'email') = lower(${owner}) or owner->>'member_id' = ${owner})`]),
			...(search === undefined ? [] : [isFoundBy(tenant_id, search)]),
			...(attention === true ? [needsAttention(now)] : []),
			sql<SqlBool>`true`,
		],
		sql` and `,
	);
}

/** What a log or a leak report names: the subquery reads the tenant's secrets once, by the index `secrets_key`. */
function isFoundBy(tenant_id: string, search: string) {
	return sql<SqlBool>`(name ilike ${containing(search)} or id = ${search} or id in (
		select found.key_id from keywright.secrets as found where found.tenant_id = ${tenant_id} and (found.kid = ${search} or found.last4 = ${search})))`;
}

/** The same order of precedence as `getKeyStatus`. */
function hasStatus(status: KeyStatus, now: Date) {
	switch (status) {
		case "revoked":
			return sql<SqlBool>`revoked_at is not null`;
		case "expired":
			return sql<SqlBool>`(revoked_at is null and expires_at <= ${now})`;
		case "paused":
			return sql<SqlBool>`(${isLive(now)} and paused_at is not null)`;
		case "active":
			return sql<SqlBool>`(${isLive(now)} and paused_at is null)`;
	}
}

/** The latest use of any of a key's secrets. */
function lastUsedAt() {
	return sql<Date | null>`(select max(used.last_used_at) from keywright.secrets join keywright.secret_activity as used using (kid)
		where secrets.tenant_id = keys.tenant_id and secrets.key_id = keys.id)`;
}

/** Whether a key needs a person: it ends within 30 days, is being replaced or due to be within 7, is exposed, or was unused for 30 days (7 if it is new); a canary key, if it was presented within a day. */
function needsAttention(now: Date) {
	const at = (distance_ms: number) => new Date(now.getTime() + distance_ms);
	return sql<SqlBool>`(${isLive(now)} and (
		case when canary then exists (
			select from keywright.canary_uses as used where used.tenant_id = keys.tenant_id and used.key_id = keys.id and used.last_at > ${at(-CANARY_USED_MS)})
		else expires_at <= ${at(ENDING_MS)}
		or rotation_due_at <= ${at(REPLACEMENT_MS)}
		or exists (select from keywright.rotations where rotations.tenant_id = keys.tenant_id and rotations.key_id = keys.id and rotations.state in ('waiting', 'open'))
		or exists (select from keywright.key_exposures as seen join keywright.secrets as exposed using (kid)
			where seen.tenant_id = keys.tenant_id and seen.key_id = keys.id and exposed.retired_at is null
			and (exposed.retires_at is null or exposed.retires_at > ${now}))
		or coalesce(${lastUsedAt()} <= ${at(-UNUSED_MS)}, created_at <= ${at(-NEVER_USED_MS)}) end))`;
}

/** The sort expression. A key's last use is the latest use of any of its secrets. */
function getSortValue(sort: Sort, now: Date) {
	switch (sort) {
		case "created":
			return sql<unknown>`created_at`;
		case "name":
			return sql<unknown>`lower(name)`;
		case "last_used":
			return lastUsedAt();
		case "expires":
			return sql<unknown>`expires_at`;
		case "rotation_due":
			return sql<unknown>`rotation_due_at`;
		case "status":
			return sql<unknown>`case when ${needsAttention(now)} then 0 when ${hasStatus("active", now)} then 1
				when ${hasStatus("paused", now)} then 2 when ${hasStatus("expired", now)} then 3 else 4 end`;
	}
}

/** The sort value in a cursor; times have microseconds. */
function valueText(sort: Sort, now: Date) {
	if (sort === "name") return sql<string | null>`name`;
	if (sort === "status") return sql<string | null>`(${getSortValue(sort, now)})::text`;
	return sql<string | null>`to_char(${getSortValue(sort, now)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** The sort value in a cursor, in the type of the sort expression. */
function lastValue(sort: Sort, value: string) {
	if (sort === "name") return sql`lower(${value})`;
	return sort === "status" ? sql`${value}::int` : sql`${value}::timestamptz`;
}

/** Keyset condition: the key comes after the last one of the previous page. */
function isAfter(sort: Sort, order: Order, after: { value: string | null; id: string }, now: Date) {
	const value = getSortValue(sort, now);
	const beyond = order === "asc" ? sql`>` : sql`<`;
	if (after.value === null) return sql<SqlBool>`(${value} is null and id ${beyond} ${after.id})`;
	const last = lastValue(sort, after.value);
	const later = sql<SqlBool>`(${value}, id) ${beyond} (${last}, ${after.id})`;
	return isNullable(sort) ? sql<SqlBool>`(${later} or ${value} is null)` : later;
}

/** The tenant's keys in the window's order, each with its sort value. */
export async function readKeys(
	tx: ReadTx,
	tenant_id: string,
	filters: KeyFilters,
	window: KeyWindow,
	now: Date,
): Promise<{ key: Key; sort_value: string | null }[]> {
	const { sort, order, after, rows_max } = window;
	const direction = sql.raw(order);
	const rows = await tx
		.selectFrom("keys")
		.select([...KEY_COLUMNS, valueText(sort, now).as("sort_value")])
		.where("tenant_id", "=", tenant_id)
		.where(sql<SqlBool>`${isOf(tenant_id, filters, now)}`)
		.$if(after !== null, (query) => (after === null ? query : query.where(isAfter(sort, order, after, now))))
		.orderBy(isNullable(sort) ? sql`${getSortValue(sort, now)} ${direction} nulls last` : sql`${getSortValue(sort, now)} ${direction}`)
		.orderBy(sql`id ${direction}`)
		.limit(rows_max)
		.execute();
	return rows.map(({ sort_value, ...row }) => ({ key: keyFromRow(row), sort_value }));
}

/** How many keys of the tenant match the filters. */
export async function countKeys(tx: ReadTx, tenant_id: string, filters: KeyFilters, now: Date): Promise<number> {
	const { total } = await tx
		.selectFrom("keys")
		.select(sql<number>`count(*)::int`.as("total"))
		.where("tenant_id", "=", tenant_id)
		.where(sql<SqlBool>`${isOf(tenant_id, filters, now)}`)
		.executeTakeFirstOrThrow();
	return total;
}

/** Whether the tenant has keys, and the distinct values of each filter, sorted; at most `each_max` of each. */
export async function readFilterOptions(
	tx: ReadTx,
	tenant_id: string,
	{ now, each_max }: { now: Date; each_max: number },
): Promise<{ any: boolean; live_names: string[]; integrations: string[]; owners: string[] }> {
	const distinct = (value: RawBuilder<string | null>, of: RawBuilder<SqlBool>) =>
		sql<string[]>`array(select value from (select distinct ${value} as value from keywright.keys where tenant_id = ${tenant_id} and ${of}) as named
			where value is not null order by lower(value), value limit ${each_max})`;
	const every = sql<SqlBool>`true`;
	const { rows } = await sql<{ any: boolean; live_names: string[]; integrations: string[]; owners: string[] }>`select
		exists (select from keywright.keys where tenant_id = ${tenant_id}) as any,
		${distinct(sql`name`, isLive(now))} as live_names,
		${distinct(sql`integration`, every)} as integrations,
		${distinct(sql`owner->>'name'`, every)} as owners`.execute(tx);
	const [options] = rows;
	if (!options) throw new Error("impossible state: a query without a table has no row");
	return options;
}

/** The keys that are changed together: by id or by filter. */
export type Selection = { readonly key_ids: readonly string[] } | { readonly filter: Pick<KeyFilters, "integration" | "environment" | "owner"> };

function selectChosen(tx: ReadTx, tenant_id: string, selection: Selection, now: Date) {
	const query = tx.selectFrom("keys").select(KEY_COLUMNS).where("tenant_id", "=", tenant_id);
	if ("key_ids" in selection) return query.where("id", "=", sql<string>`any(${selection.key_ids}::text[])`);
	return query.where(sql<SqlBool>`${isOf(tenant_id, selection.filter, now)}`).where("revoked_at", "is", null);
}

/** The selected keys, at most `rows_max`. Revoked keys are included only if selected by id. */
export async function readChosenKeys(tx: ReadTx, tenant_id: string, selection: Selection, read: { now: Date; rows_max: number }): Promise<Key[]> {
	return (await selectChosen(tx, tenant_id, selection, read.now).orderBy("id").limit(read.rows_max).execute()).map(keyFromRow);
}

/** The same, FOR NO KEY UPDATE. No key is added before commit if the tenant is locked. */
export async function lockChosenKeys(tx: Tx, tenant_id: string, selection: Selection, read: { now: Date; rows_max: number }): Promise<Key[]> {
	return (await selectChosen(tx, tenant_id, selection, read.now).orderBy("id").limit(read.rows_max).forNoKeyUpdate().execute()).map(keyFromRow);
}

export interface Revocation {
	readonly revoked_at: Date;
	readonly revoked_by: KeyActor;
	readonly revoke_reason: RevokeReason;
	readonly revoke_note: string | null;
}

export async function revokeKeys(tx: Tx, tenant_id: string, key_ids: readonly string[], revocation: Revocation): Promise<void> {
	await tx
		.updateTable("keys")
		.set({ ...revocation, revoked_by: JSON.stringify(revocation.revoked_by) })
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", sql<string>`any(${key_ids}::text[])`)
		.execute();
}

/** Makes `owner` responsible for the keys. */
export async function setOwnerOfKeys(tx: Tx, tenant_id: string, key_ids: readonly string[], owner: KeyOwner): Promise<void> {
	await tx
		.updateTable("keys")
		.set({ owner: JSON.stringify(owner) })
		.where("tenant_id", "=", tenant_id)
		.where("id", "=", sql<string>`any(${key_ids}::text[])`)
		.execute();
}
