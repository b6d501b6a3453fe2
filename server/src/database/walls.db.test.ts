import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { sql } from "kysely";
import pg from "pg";
import { type BareTestDatabase, bareTestDatabase } from "../../testing/database.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { inTransaction } from "./transaction.ts";

const OWN = "tenant-own";
const FOREIGN = "tenant-foreign";
const NOT_PERMITTED = "42501";
const PERSON = "per_olivia";
const DAY = "2026-01-31T00:00:00Z";

/** One row of each table of tenants' data. A new such table needs a row here, or the tests fail. */
function getRows(tenant: string): Record<string, Record<string, unknown>> {
	const [site_id, key_id, kid, bytes] = [`site-${tenant}`, `key_${tenant}`, `kid-${tenant}`, Buffer.from("x")];
	const usage = { tenant_id: tenant, granularity_seconds: 60, start: DAY, code: "allowed", requests: 1 };
	const document = { kind: "text", content_type: "text/plain", size_bytes: 1, sha256: "x", created_by_key_id: key_id };
	const portal = { tenant_id: tenant, id: `ptl_${tenant}`, external_user_id: "user-7", name: "Paula", role: "viewer" };
	const source = { tenant_id: tenant, source_id: "source" };
	return {
		tenants: { id: tenant, name: tenant, plan_id: "plan" },
		sites: { tenant_id: tenant, id: site_id, name: "Shop" },
		keys: { tenant_id: tenant, id: key_id, name: "bot", environment: "prod", owner: "{}", permissions: [], created_by: "{}" },
		secrets: { kid, tenant_id: tenant, key_id, mac: bytes, mac_version: 1, pepper_id: "p", last4: "a1B2" },
		secret_activity: { kid, tenant_id: tenant, first_used_at: DAY, last_used_at: DAY },
		key_activity: { tenant_id: tenant, key_id, last_check_at: DAY },
		usage_keys: { ...usage, key_id, kid },
		usage_operations: { ...usage, site_id, operation: "GET /" },
		usage_by_source: {
			...{ tenant_id: tenant, day: DAY, key_id, site_id, operation: "GET /", source_id: "source", network: "192.0.2.0/24", agent: "curl" },
			...{ code: "allowed", overflowed: false, requests: 1 },
		},
		quota_periods: { tenant_id: tenant, month: "2026-01-01", leased: 1 },
		budget_periods: { tenant_id: tenant, key_id, name: "calls", per: "month", start: "2026-01-01", leased: 1, amount: 10 },
		documents: { tenant_id: tenant, site_id, id: `doc_${tenant}`, ...document },
		tenant_storage: { tenant_id: tenant },
		uploads: { tenant_id: tenant, id: `upl_${tenant}`, node_id: "node", reserved_bytes: 1 },
		outbox: { id: `evt_${tenant}`, tenant_id: tenant, type: "key.created", data: "{}" },
		webhooks: {
			...{ tenant_id: tenant, id: `whk_${tenant}`, url: "https://hooks.example.com", pepper_id: "p", secret: bytes },
			...{ after_position: 0, created_at: DAY },
		},
		webhook_queues: { tenant_id: tenant, webhook_id: `whk_${tenant}` },
		webhook_deliveries: {
			...{ tenant_id: tenant, id: `dlv_${tenant}`, webhook_id: `whk_${tenant}`, event_id: `evt_${tenant}` },
			...{ sequence: 1, at: DAY, next_attempt_at: DAY },
		},
		idempotency: { tenant_id: tenant, caller: "operator", idempotency_key: "k", fingerprint: bytes, subject_id: key_id },
		members: { tenant_id: tenant, id: `mem_${tenant}`, person_id: PERSON, role: "owner" },
		mails: {
			...{ tenant_id: tenant, event_id: `evt_${tenant}`, person_id: PERSON, class: "security", status: "sent", day: "2026-01-01" },
		},
		mail_unsubscriptions: { tenant_id: tenant, person_id: PERSON, class: "key_use", unsubscribed_at: DAY },
		invitations: {
			tenant_id: tenant,
			id: `inv_${tenant}`,
			role: "owner",
			token_digest: Buffer.from(`inv ${tenant}`),
			created_by: "{}",
			expires_at: DAY,
		},
		portal_sessions: { ...portal, token_digest: Buffer.from(`ptl ${tenant}`), expires_at: DAY },
		handovers: { tenant_id: tenant, id: `hnd_${tenant}`, key_id, token_digest: Buffer.from(`hnd ${tenant}`), created_by: "{}", expires_at: DAY },
		key_sources: {
			...source,
			key_id,
			network: "192.0.2.0/24",
			agent: "curl",
			first_seen_at: DAY,
			last_seen_at: DAY,
			last_kid: kid,
			requests: 1,
			refused: 0,
		},
		source_names: { ...source, name: "Order server" },
		rotations: {
			tenant_id: tenant,
			id: `rot_${tenant}`,
			key_id,
			state: "waiting",
			predecessor_kid: kid,
			started_at: DAY,
			started_by: "{}",
			expiry_set_at_before: DAY,
		},
		scheduled_rotations: { tenant_id: tenant, key_id, due_at: DAY, status: "sent" },
		rotation_confirmations: { ...source, rotation_id: `rot_${tenant}`, confirmed_at: DAY, confirmed_by: "{}" },
		secret_sources: { ...source, key_id, kid, requests: 1 },
		secret_operations: { tenant_id: tenant, key_id, kid, operation: "GET /", last_succeeded_at: DAY },
		key_exposures: { tenant_id: tenant, key_id, kid, kind: "url", first_at: DAY, last_at: DAY, requests: 1 },
		canary_uses: { tenant_id: tenant, key_id, first_at: DAY, last_at: DAY, requests: 1 },
		auth_failure_counts: { ...usage, key_id, code: "key_revoked", source_id: "source", proven: true },
		auth_failures: {
			...{ ...source, request_id: `req_${tenant}`, key_id, kid, at: DAY, code: "key_revoked", check_name: "not_revoked", operation: "GET /" },
			...{ network: "192.0.2.0/24", agent: "curl", facts: "{}", proven: true, sampled: true },
		},
		expiry_warnings: { tenant_id: tenant, key_id, expires_at: DAY, days_before: 7, warned_at: DAY },
		alert_news: { tenant_id: tenant, rule: "key_exposed", key_id, requests: 1 },
		alert_rules: { tenant_id: tenant, rule: "key_exposed", enabled: true, recipients: [] },
		alert_tests: { tenant_id: tenant, rule: "key_exposed", id: `alt_${tenant}`, tested_at: DAY, tested_by: "{}" },
		alerts: {
			tenant_id: tenant,
			id: `alt_${tenant}`,
			rule: "key_exposed",
			subject: key_id,
			key_id,
			evidence: "{}",
			count: 1,
			raised_at: DAY,
			last_at: DAY,
		},
		checklists: { tenant_id: tenant, states: "{}", evaluated_at: DAY },
		key_checklists: { tenant_id: tenant, key_id, states: "{}", evaluated_at: DAY },
		checklist_turns: { tenant_id: tenant, item: "expiry_set", from_status: "unknown", to_status: "met", evidence: "{}", at: DAY },
		rehearsals: { tenant_id: tenant, id: `reh_${tenant}`, key_id, started_at: DAY, started_by: "{}" },
		audit_heads: { chain: tenant, seq: 1, mac: bytes },
		audit_entries: {
			chain: tenant,
			seq: 1,
			at: DAY,
			action: "key.created",
			target_kind: "key",
			target_id: key_id,
			request_id: "req",
			details_digest: bytes,
			audit_key_id: "p",
			mac: bytes,
		},
	};
}

/** The column that identifies the tenant of a row. */
function tenantColumn(table: string): string {
	if (table === "tenants") return "id";
	return table.startsWith("audit_") ? "chain" : "tenant_id";
}

class RolledBack extends Error {}

suite("row-level security as a second isolation layer", () => {
	let bare: BareTestDatabase;
	let behind: pg.Client;
	const tables = Object.keys(getRows(OWN));

	before(async () => {
		bare = await bareTestDatabase();
		behind = new pg.Client({ connectionString: bare.superuserUrl });
		await behind.connect();
		await behind.query("insert into keywright.plans (id, name, capabilities, rate_limits, limits) values ('plan', 'Plan', '{}', '[]', '{}')");
		await behind.query("insert into keywright.people (id, name, email) values ($1, 'Olivia', 'olivia@example.com')", [PERSON]);
		for (const tenant of [OWN, FOREIGN]) for (const [table, row] of Object.entries(getRows(tenant))) await insert(behind, table, row);
	});
	after(async () => {
		await behind.end();
		await bare.close();
	});

	function insertion(table: string, row: Record<string, unknown>): string {
		const columns = Object.keys(row);
		return `insert into keywright.${table} (${columns.join(", ")}) values (${columns.map((_, index) => `$${index + 1}`).join(", ")})`;
	}

	async function insert(client: pg.Client, table: string, row: Record<string, unknown>): Promise<void> {
		await client.query(insertion(table, row), Object.values(row));
	}

	/** The tenants of the rows that `statement` returns in a transaction of `scope`, which is rolled back; or the code of its error. */
	async function outcome(scope: string, statement: ReturnType<typeof sql.raw>): Promise<Record<string, number> | string> {
		const counts: Record<string, number> = {};
		try {
			await inTransaction(bare.database, scope, async (tx) => {
				const { rows } = await statement.execute(tx);
				for (const row of rows) {
					const { tenant } = asTenantRow(row);
					counts[tenant] = (counts[tenant] ?? 0) + 1;
				}
				throw new RolledBack();
			});
		} catch (error) {
			if (error instanceof RolledBack) return counts;
			if (error instanceof pg.DatabaseError) return `${error.code} ${error.message.replace(/.*(row-level security|permission denied).*/, "$1")}`;
			throw error;
		}
		throw new Error("impossible state: neither rolled back nor failed");
	}

	/** Guarantee: every statement of these tests returns the tenant of its rows. */
	function asTenantRow(row: unknown): { tenant: string } {
		return row as { tenant: string };
	}

	const select = (table: string) => sql.raw(`select ${tenantColumn(table)} as tenant from keywright.${table}`);
	const update = (table: string) =>
		sql.raw(`update keywright.${table} set ${tenantColumn(table)} = ${tenantColumn(table)} returning ${tenantColumn(table)} as tenant`);
	const giveAway = (table: string) => sql.raw(`update keywright.${table} set ${tenantColumn(table)} = '${FOREIGN}' returning '${FOREIGN}' as tenant`);
	const remove = (table: string) =>
		sql.raw(`delete from keywright.${table} where ${tenantColumn(table)} = '${FOREIGN}' returning ${tenantColumn(table)} as tenant`);

	test("every table with a tenant's rows has it, also for its owner, and is tested here", async () => {
		const found = await behind.query<{ name: string; on: boolean; forced: boolean }>(
			`select distinct c.relname as name, c.relrowsecurity as on, c.relforcerowsecurity as forced
			from pg_class c join pg_attribute a on a.attrelid = c.oid
			where c.relnamespace = 'keywright'::regnamespace and c.relkind = 'r' and (a.attname in ('tenant_id', 'chain') or c.relname = 'tenants')
			order by 1`,
		);
		deepEqual(
			found.rows.map((row) => row.name),
			tables.toSorted(),
		);
		for (const row of found.rows) deepEqual(row, { name: row.name, on: true, forced: true });
	});

	test("the serving role cannot walk around it", async () => {
		const { rows } = await behind.query(
			"select rolname, rolsuper, rolbypassrls from pg_roles where rolname in ('keywright_app', 'keywright_lookup') order by 1",
		);
		deepEqual(rows, [
			{ rolname: "keywright_app", rolsuper: false, rolbypassrls: false },
			{ rolname: "keywright_lookup", rolsuper: false, rolbypassrls: false },
		]);
		const owned = await behind.query(
			"select relname from pg_class where relnamespace = 'keywright'::regnamespace and relowner = 'keywright_app'::regrole",
		);
		deepEqual(owned.rows, [], "an owner could switch it off");
	});

	test("the functions that look across tenants are four, cannot be misled by a search path and are for the serving role alone", async () => {
		const { rows } = await behind.query<{ name: string; config: string[]; acl: string; owner: string }>(
			`select proname as name, proconfig as config, proacl::text as acl, proowner::regrole::text as owner
			from pg_proc where pronamespace = 'keywright'::regnamespace and prosecdef order by 1`,
		);
		deepEqual(
			rows.map((row) => row.name),
			["erase_audit_details", "grants_of", "sites_of", "work_due"],
		);
		for (const row of rows) {
			deepEqual(row.config, ["search_path=keywright, pg_temp"]);
			equal(row.owner, "keywright_lookup");
			ok(!/(^|[{,])=X/.test(row.acl) && row.acl.includes("keywright_app=X"), row.acl);
		}
	});

	for (const table of tables) {
		test(`${table}: a tenant's transaction reads its own rows, the operator's all, one without a scope none`, async () => {
			deepEqual(await outcome(OWN, select(table)), { [OWN]: 1 });
			deepEqual(await outcome(ALL_TENANTS, select(table)), { [OWN]: 1, [FOREIGN]: 1 });
			deepEqual(await outcome("", select(table)), {});
			deepEqual(await outcome("tenant-unknown", select(table)), {});
			const client = new pg.Client({ connectionString: bare.appUrl });
			await client.connect();
			const unscoped = await client.query(`select 1 from keywright.${table}`);
			await client.end();
			equal(unscoped.rowCount, 0, "a connection on which no scope was ever set");
		});

		test(`${table}: a tenant's transaction writes its own rows only`, async () => {
			const updated = await outcome(OWN, update(table));
			const may_update = updated !== `${NOT_PERMITTED} permission denied`;
			if (may_update) {
				deepEqual(updated, { [OWN]: 1 });
				deepEqual(await outcome("", update(table)), {});
				deepEqual(await outcome(OWN, giveAway(table)), `${NOT_PERMITTED} row-level security`);
			}
			const removed = await outcome(OWN, remove(table));
			if (removed !== `${NOT_PERMITTED} permission denied`) deepEqual(removed, {});
			const row = getRows(FOREIGN)[table] ?? {};
			const columns = Object.keys(row).map((name) => sql.ref(name));
			const values = Object.values(row).map((value) => sql`${value}`);
			const insertForeign = sql`insert into ${sql.table(`keywright.${table}`)} (${sql.join(columns)}) values (${sql.join(values)}) returning 1`;
			deepEqual(await outcome(OWN, insertForeign), `${NOT_PERMITTED} row-level security`);
			deepEqual(await outcome("", insertForeign), `${NOT_PERMITTED} row-level security`);
		});
	}
});
