import { sql } from "kysely";
import type { ReadTx } from "../../database/transaction.ts";

const ROWS_A_PAGE = 1_000;

/** One line of an export; `type` names its kind. */
export type ExportLine = { readonly type: string } & Record<string, unknown>;

/** Every column is listed explicitly: a new column is not exported until it is reviewed for secrets. */
async function* getPages<Row>(read: (after: Row | null, rows_max: number) => Promise<Row[]>): AsyncGenerator<Row> {
	for (let after: Row | null = null; ; ) {
		const rows: Row[] = await read(after, ROWS_A_PAGE);
		yield* rows;
		const last = rows.at(-1);
		if (last === undefined || rows.length < ROWS_A_PAGE) return;
		after = last;
	}
}

/** The small tables of the whole instance. */
export async function* instanceLines(tx: ReadTx): AsyncGenerator<ExportLine> {
	const profile = await tx.selectFrom("api_profile").select(["profile", "updated_at"]).executeTakeFirst();
	if (profile) yield { type: "api_profile", ...profile };
	const plans = await tx
		.selectFrom("plans")
		.select([
			"id",
			"name",
			"capabilities",
			"rate_limits",
			"quota_requests_per_month",
			"limits",
			"max_key_lifetime_days",
			"key_policy",
			"created_at",
			"updated_at",
		])
		.orderBy("id")
		.execute();
	for (const row of plans) yield { type: "plan", ...row };
	const capabilities = await tx.selectFrom("capabilities").select(["name", "description", "built_in", "created_at"]).orderBy("name").execute();
	for (const row of capabilities) yield { type: "capability", ...row };
	const permissions = await tx
		.selectFrom("permissions")
		.select(["name", "description", "capability", "built_in", "created_at"])
		.orderBy("name")
		.execute();
	for (const row of permissions) yield { type: "permission", ...row };
	const formats = await tx
		.selectFrom("legacy_formats")
		.select(["name", "prefix", "alphabet", "length_min", "length_max", "created_at"])
		.orderBy("name")
		.execute();
	for (const row of formats) yield { type: "legacy_format", ...row };
	const rules = await tx.selectFrom("forward_auth_rules").select(["rules", "updated_at"]).executeTakeFirst();
	if (rules) yield { type: "forward_auth_rules", ...rules };
	const services = await tx.selectFrom("services").select(["id", "name", "last4", "created_at", "revoked_at"]).orderBy("id").execute();
	for (const row of services) yield { type: "service", ...row };
	const operators = await tx
		.selectFrom("operators as o")
		.innerJoin("people as p", "p.id", "o.person_id")
		.select(["o.person_id", "p.name", "p.email", "o.created_at", "o.created_by"])
		.orderBy("o.person_id")
		.execute();
	for (const row of operators) yield { type: "operator", ...row };
}

export function tenantLines(tx: ReadTx): AsyncGenerator<ExportLine & { id: string }> {
	return getPages(async (after, rows_max) => {
		const rows = await tx
			.selectFrom("tenants")
			.select(["id", "name", "plan_id", "status", "external_id", "limits", "client_policy", "leak_response", "key_policy", "created_at", "erased_at"])
			.where("id", ">", after?.id ?? "")
			.orderBy("id")
			.limit(rows_max)
			.execute();
		return rows.map((row) => ({ type: "tenant", ...row }));
	});
}

export function siteLines(tx: ReadTx, tenant_id: string): AsyncGenerator<ExportLine & { id: string }> {
	return getPages(async (after, rows_max) => {
		const rows = await tx
			.selectFrom("sites")
			.select(["tenant_id", "id", "name", "environment", "created_at"])
			.where("tenant_id", "=", tenant_id)
			.where("id", ">", after?.id ?? "")
			.orderBy("id")
			.limit(rows_max)
			.execute();
		return rows.map((row) => ({ type: "site", ...row }));
	});
}

export async function* teamLines(tx: ReadTx, tenant_id: string): AsyncGenerator<ExportLine> {
	const members = await tx
		.selectFrom("members as m")
		.innerJoin("people as p", "p.id", "m.person_id")
		.select(["m.tenant_id", "m.id", "m.person_id", "p.name", "p.email", "m.role", "m.joined_at"])
		.where("m.tenant_id", "=", tenant_id)
		.orderBy("m.id")
		.execute();
	for (const row of members) yield { type: "member", ...row };
	const invitations = await tx
		.selectFrom("invitations")
		.select(["tenant_id", "id", "email", "role", "created_at", "created_by", "expires_at", "accepted_at", "cancelled_at"])
		.where("tenant_id", "=", tenant_id)
		.orderBy("id")
		.execute();
	for (const row of invitations) yield { type: "invitation", ...row };
	const names = await tx
		.selectFrom("source_names")
		.select(["tenant_id", "source_id", "name"])
		.where("tenant_id", "=", tenant_id)
		.orderBy("source_id")
		.execute();
	for (const row of names) yield { type: "source_name", ...row };
}

async function getSecrets(tx: ReadTx, tenant_id: string, key_ids: readonly string[]) {
	const rows = await tx
		.selectFrom("secrets as s")
		.leftJoin("secret_activity as a", "a.kid", "s.kid")
		.select(["s.key_id", "s.kid", "s.last4", "s.legacy_format", "s.created_at", "a.first_used_at", "a.last_used_at", "s.retires_at", "s.retired_at"])
		.select(["s.kept_in", "s.kept_in_note", "s.kept_in_at"])
		.where("s.tenant_id", "=", tenant_id)
		.where("s.key_id", "=", sql<string>`any(${key_ids}::text[])`)
		.orderBy("s.created_at", "desc")
		.execute();
	return Map.groupBy(rows, (row) => row.key_id);
}

export function keyLines(tx: ReadTx, tenant_id: string): AsyncGenerator<ExportLine & { id: string }> {
	return getPages(async (after, rows_max) => {
		const rows = await tx
			.selectFrom("keys")
			.select(["tenant_id", "id", "name", "environment", "owner", "integration", "labels", "permissions", "site_ids", "allowed_ips", "rate_limits"])
			.select(["budgets", "rotate_every_days", "auto_rotate", "rotation_due_at", "canary", "expires_at", "paused_at", "created_at", "created_by"])
			.select(["revoked_at", "revoked_by", "revoke_reason", "revoke_note"])
			.where("tenant_id", "=", tenant_id)
			.where("id", ">", after?.id ?? "")
			.orderBy("id")
			.limit(rows_max)
			.execute();
		const secrets = await getSecrets(
			tx,
			tenant_id,
			rows.map((row) => row.id),
		);
		return rows.map((row) => ({
			type: "key",
			...row,
			secrets: (secrets.get(row.id) ?? []).map(({ key_id: _of, ...secret }) => secret),
		}));
	});
}

export function documentLines(tx: ReadTx, tenant_id: string): AsyncGenerator<ExportLine & { site_id: string; id: string }> {
	return getPages(async (after, rows_max) => {
		const rows = await tx
			.selectFrom("documents")
			.select(["tenant_id", "site_id", "id", "kind", "title", "category", "filename", "content_type", "size_bytes", "sha256"])
			.select(["created_at", "created_by_key_id"])
			.where("tenant_id", "=", tenant_id)
			.where(sql<boolean>`(site_id, id) > (${after?.site_id ?? ""}, ${after?.id ?? ""})`)
			.orderBy("site_id")
			.orderBy("id")
			.limit(rows_max)
			.execute();
		return rows.map((row) => ({ type: "document", ...row }));
	});
}

/** By key and code, then by site, operation and code; UTC days. */
export async function* usageLines(tx: ReadTx, tenant_id: string): AsyncGenerator<ExportLine> {
	const day = sql<string>`to_char(start at time zone 'UTC', 'YYYY-MM-DD')`;
	const keys = await tx
		.selectFrom("usage_keys")
		.select(["tenant_id", "key_id", "code"])
		.select(day.as("day"))
		.select((select) => select.fn.sum<number>("requests").as("requests"))
		.where("tenant_id", "=", tenant_id)
		.groupBy(["tenant_id", "key_id", "code"])
		.groupBy(day)
		.orderBy("key_id")
		.orderBy("day")
		.orderBy("code")
		.execute();
	for (const row of keys) yield { type: "usage_of_key", ...row, requests: Number(row.requests) };
	const operations = await tx
		.selectFrom("usage_operations")
		.select(["tenant_id", "site_id", "operation", "code"])
		.select(day.as("day"))
		.select((select) => select.fn.sum<number>("requests").as("requests"))
		.where("tenant_id", "=", tenant_id)
		.groupBy(["tenant_id", "site_id", "operation", "code"])
		.groupBy(day)
		.orderBy("day")
		.orderBy("site_id")
		.orderBy("operation")
		.orderBy("code")
		.execute();
	for (const row of operations) yield { type: "usage_of_operation", ...row, requests: Number(row.requests) };
}

/** Each chain in order; without the MACs, which only this instance can verify. */
export function auditLines(tx: ReadTx): AsyncGenerator<ExportLine & { chain: string; seq: number }> {
	return getPages(async (after, rows_max) => {
		const rows = await tx
			.selectFrom("audit_entries")
			.select(["chain", "seq", "at", "action", "target_kind", "target_id", "request_id"])
			.select(sql<unknown>`details - 'salt'`.as("details"))
			.where(sql<boolean>`(chain, seq) > (${after?.chain ?? ""}, ${after?.seq ?? 0})`)
			.orderBy("chain")
			.orderBy("seq")
			.limit(rows_max)
			.execute();
		return rows.map((row) => ({ type: "audit_entry", ...row }));
	});
}
