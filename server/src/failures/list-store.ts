import { type SqlBool, sql } from "kysely";
import type { ErrorCode } from "../core/error.ts";
import type { ReadTx } from "../database/transaction.ts";
import type { Window } from "../http/input/cursor.ts";
import type { RefusalFilter } from "../usage/refusals/store.ts";
import { OTHER_SOURCES } from "../usage/sources/source.ts";
import type { KeyFacts } from "./explanation.ts";
import type { CheckName, Facts } from "./refusal.ts";

export interface Failure {
	readonly request_id: string;
	readonly at: Date;
	readonly code: ErrorCode;
	readonly check: CheckName;
	readonly operation: string;
	readonly kid: string | null;
	readonly source_id: string;
	readonly network: string;
	readonly agent: string;
	readonly client: string | null;
	readonly facts: Facts;
	readonly proven: boolean;
	/** What the caller received; null if that was not stored yet. */
	readonly detail: string | null;
}

export interface KeyFailure extends Failure {
	readonly tenant_id: string;
	readonly key_id: string;
	readonly key_name: string;
	readonly kid: string;
	/** The name that a member gave the source. */
	readonly source_name: string | null;
}

export interface UnknownFailure extends Failure {
	readonly address: string | null;
	readonly requests: number;
}

interface Columns {
	readonly code: string;
	readonly check_name: string;
	readonly facts: unknown;
}

/** Guarantee: the columns were written by `store.ts`, from values of these types. */
function asFailure<R extends Columns>({ check_name, ...row }: R): Omit<R, "check_name"> & Pick<Failure, "code" | "check" | "facts"> {
	return { ...row, check: check_name } as Omit<R, "check_name"> & Pick<Failure, "code" | "check" | "facts">;
}

const COLUMNS = ["request_id", "at", "code", "check_name", "operation", "kid", "source_id", "network", "agent", "client", "facts", "detail"] as const;

function selectFailures(tx: ReadTx) {
	return tx
		.selectFrom("auth_failures as f")
		.leftJoin("source_names as names", (join) => join.onRef("names.tenant_id", "=", "f.tenant_id").onRef("names.source_id", "=", "f.source_id"))
		.innerJoin("keys as k", (join) => join.onRef("k.tenant_id", "=", "f.tenant_id").onRef("k.id", "=", "f.key_id"))
		.select(COLUMNS.map((name) => `f.${name}` as const))
		.select(["f.tenant_id", "f.key_id", "f.proven", "k.name as key_name", "names.name as source_name"]);
}

/** Requests of the overflow are those of sources that the key does not list. */
function isOfSource(source_id: string) {
	if (source_id !== OTHER_SOURCES.id) return sql<SqlBool>`f.source_id = ${source_id}`;
	return sql<SqlBool>`not exists (
		select from keywright.key_sources as known
		where known.tenant_id = f.tenant_id and known.key_id = f.key_id and known.source_id = f.source_id and known.source_id <> ${source_id}
	)`;
}

/** The stored refusals of a tenant that match, newest first. */
export async function readFailures(tx: ReadTx, filter: RefusalFilter, window: Window): Promise<KeyFailure[]> {
	const { tenant_id, code, key_id, source_id, proven, from, to } = filter;
	const [at, request_id] = window.after ?? [];
	const rows = await selectFailures(tx)
		.where("f.tenant_id", "=", tenant_id)
		.$if(code !== undefined, (query) => query.where("f.code", "=", code ?? ""))
		.$if(key_id !== undefined, (query) => query.where("f.key_id", "=", key_id ?? ""))
		.$if(source_id !== undefined, (query) => query.where(isOfSource(source_id ?? "")))
		.$if(proven !== undefined, (query) => query.where("f.proven", "=", proven === true))
		.$if(from !== undefined, (query) => query.where(sql<SqlBool>`f.at >= ${from}::timestamptz`))
		.$if(to !== undefined, (query) => query.where(sql<SqlBool>`f.at < ${to}::timestamptz`))
		.$if(at !== undefined, (query) => query.where(sql<SqlBool>`(f.at, f.request_id) < (${at}::timestamptz, ${request_id}::text)`))
		.orderBy("f.at", "desc")
		.orderBy("f.request_id", "desc")
		.limit(window.rows_max)
		.execute();
	return rows.map(asFailure);
}

/** Whose refusals: of a tenant, or of one of its keys; of every tenant if `tenant_id` is null. */
export interface FailureScope {
	readonly tenant_id: string | null;
	readonly key_id: string | null;
}

/** The stored refusal of this request; null if there is none. */
export async function readFailure(tx: ReadTx, { tenant_id, key_id }: FailureScope, request_id: string): Promise<KeyFailure | null> {
	const row = await selectFailures(tx)
		.where("f.request_id", "=", request_id)
		.$if(tenant_id !== null, (query) => query.where("f.tenant_id", "=", tenant_id ?? ""))
		.$if(key_id !== null, (query) => query.where("f.key_id", "=", key_id ?? ""))
		.executeTakeFirst();
	return row ? asFailure(row) : null;
}

/** How many refusals of a period are stored. */
export async function countKept(tx: ReadTx, { tenant_id, key_id }: FailureScope, period: { from: Date; to: Date }): Promise<number> {
	const { kept } = await tx
		.selectFrom("auth_failures")
		.select(sql<number>`count(*)`.as("kept"))
		.where("tenant_id", "=", tenant_id ?? "")
		.$if(key_id !== null, (query) => query.where("key_id", "=", key_id ?? ""))
		.where("at", ">=", period.from)
		.where("at", "<", period.to)
		.executeTakeFirstOrThrow();
	return kept;
}

/** The stored refusal that is nearest to `at`; null if none is stored. */
export async function readNearestFailure(tx: ReadTx, { tenant_id, key_id }: FailureScope, at: Date): Promise<KeyFailure | null> {
	const of = (side: "before" | "after") =>
		selectFailures(tx)
			.where("f.tenant_id", "=", tenant_id ?? "")
			.$if(key_id !== null, (query) => query.where("f.key_id", "=", key_id ?? ""))
			.where("f.at", side === "before" ? "<=" : ">", at)
			.orderBy("f.at", side === "before" ? "desc" : "asc")
			.limit(1)
			.executeTakeFirst();
	const [before, after] = [await of("before"), await of("after")];
	const near = [before, after].filter((row) => row !== undefined);
	const [nearest] = near.sort((a, b) => Math.abs(a.at.getTime() - at.getTime()) - Math.abs(b.at.getTime() - at.getTime()));
	return nearest ? asFailure(nearest) : null;
}

/** The key and the secret of a refusal as they are now. */
export async function readKeyFacts(
	tx: ReadTx,
	{ tenant_id, key_id, kid }: Pick<KeyFailure, "tenant_id" | "key_id" | "kid">,
): Promise<KeyFacts | null> {
	const row = await tx
		.selectFrom("keys as k")
		.leftJoin("secrets as s", (join) => join.onRef("s.tenant_id", "=", "k.tenant_id").onRef("s.key_id", "=", "k.id").on("s.kid", "=", kid))
		.select(["k.name", "k.environment", "k.revoked_at", "k.revoke_reason", "k.paused_at", "s.retired_at as replaced_at", "s.last4"])
		.where("k.tenant_id", "=", tenant_id)
		.where("k.id", "=", key_id)
		.executeTakeFirst();
	return row ?? null;
}

export interface UnknownFilter {
	readonly address?: string | undefined;
	readonly kid?: string | undefined;
	readonly code?: string | undefined;
	readonly from?: Date | undefined;
	readonly to?: Date | undefined;
}

/** Refusals of no tenant that match, newest first. */
export async function readUnknownFailures(tx: ReadTx, { address, kid, code, from, to }: UnknownFilter, window: Window): Promise<UnknownFailure[]> {
	const [at, request_id] = window.after ?? [];
	const rows = await tx
		.selectFrom("unknown_auth_failures")
		.select([...COLUMNS, "address", "requests"])
		.$if(address !== undefined, (query) => query.where("address", "=", address ?? ""))
		.$if(kid !== undefined, (query) => query.where("kid", "=", kid ?? ""))
		.$if(code !== undefined, (query) => query.where("code", "=", code ?? ""))
		.$if(from !== undefined, (query) => query.where(sql<SqlBool>`at >= ${from}::timestamptz`))
		.$if(to !== undefined, (query) => query.where(sql<SqlBool>`at < ${to}::timestamptz`))
		.$if(at !== undefined, (query) => query.where(sql<SqlBool>`(at, request_id) < (${at}::timestamptz, ${request_id}::text)`))
		.orderBy("at", "desc")
		.orderBy("request_id", "desc")
		.limit(window.rows_max)
		.execute();
	return rows.map((row) => ({ ...asFailure(row), proven: false }));
}

/** The refusal of no tenant with this request id; null if there is none. */
export async function readUnknownFailure(tx: ReadTx, request_id: string): Promise<UnknownFailure | null> {
	const query = tx.selectFrom("unknown_auth_failures").select([...COLUMNS, "address", "requests"]);
	const row = await query.where("request_id", "=", request_id).executeTakeFirst();
	return row ? { ...asFailure(row), proven: false } : null;
}

/** The addresses or kids with the most refusals of no tenant. */
export async function readMostFrequent(tx: ReadTx, column: "address" | "kid", rows_max: number): Promise<{ name: string; requests: number }[]> {
	const { rows } = await sql<{ name: string; requests: number }>`
		select ${sql.ref(column)} as name, sum(requests)::bigint as requests from keywright.unknown_auth_failures
		where ${sql.ref(column)} is not null group by 1 order by 2 desc, 1 limit ${rows_max}
	`.execute(tx);
	return rows;
}
