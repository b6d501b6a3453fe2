import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { type TestDatabase, testDatabase } from "../../testing/audit.ts";
import type { ChangeContext } from "../audit/change.ts";
import { verifyChain } from "../audit/verify.ts";
import { ApiError } from "../core/error.ts";
import { LOCKS } from "../database/locks.ts";
import type { SequencedInvalidation } from "../nodes/invalidation.ts";
import { putPlan } from "../plans/plans.ts";
import { type EraseContext, eraseTenant } from "./erase.ts";
import { createSite, listSites, updateSite } from "./sites/sites.ts";
import { createTenant, getTenant, listTenants, putTenant, updateTenant } from "./tenants.ts";

let db: TestDatabase;
let superuser: pg.Client;
let invalidations: SequencedInvalidation[] = [];

before(async () => {
	db = await testDatabase();
	db.node.onInvalidation((entries) => invalidations.push(...(entries ?? [])));
	superuser = new pg.Client({ connectionString: db.superuserUrl });
	await superuser.connect();
	await superuser.query("set search_path = keywright");
	await putPlan(db.context(), { plan_id: "plan", name: "Plan", capabilities: ["m2m_api"] });
});
after(async () => {
	await superuser.end();
	await db.close();
});

function erasing(over: Partial<EraseContext> = {}): EraseContext {
	return { ...db.context(), forget_documents: async () => undefined, ...over };
}

function refusedWith(code: string) {
	return (error: unknown) => error instanceof ApiError && error.code === code;
}

/** The tables that contain `text` in any column, as text or as bytes. */
async function tablesThatHold(text: string): Promise<string[]> {
	const tables = await superuser.query<{ name: string }>("select tablename as name from pg_tables where schemaname = 'keywright' order by 1");
	const found: string[] = [];
	for (const { name } of tables.rows) {
		const rows = await superuser.query<{ row: string }>(`select t::text as row from ${pg.escapeIdentifier(name)} t`);
		const bytes = Buffer.from(text).toString("hex");
		if (rows.rows.some(({ row }) => row.includes(text) || row.includes(bytes))) found.push(name);
	}
	return found;
}

/** Fills every table with tenant rows, with `canary` in each text that people enter; returns the tenant's id. */
async function fillTenant(canary: string): Promise<string> {
	const member: ChangeContext["actor"] = { kind: "member", id: "mem_1", name: `Member ${canary}`, email: `${canary}@example.com` };
	const created = await createTenant(db.context({ idempotency_key: `make-${canary}` }), {
		name: `Tenant ${canary}`,
		plan_id: "plan",
		external_id: `ext-${canary}`,
	});
	const tenant_id = created.id;
	const context = db.context({ scope: tenant_id, actor: member, idempotency_key: `site-${canary}` });
	await createSite(context, { tenant_id, id: "shop", name: `Shop ${canary}` });
	await updateSite(context, { tenant_id, site_id: "shop", name: `Shop again ${canary}` });
	await updateTenant(db.context(), { tenant_id, name: `Renamed ${canary}` });
	const person = JSON.stringify({ name: canary, email: `${canary}@example.com` });
	const keys = [
		["live", null, null, null],
		["dead", "2026-01-01", "other", `note ${canary}`],
	] as const;
	for (const [id, revoked_at, revoke_reason, note] of keys) {
		await superuser.query(
			`insert into keys (tenant_id, id, name, environment, owner, integration, labels, permissions, site_ids, allowed_ips, created_by, revoked_at, revoked_by, revoke_reason, revoke_note)
			values ($1, $2, $3, 'prod', $4, $3, jsonb_build_object($3::text, $3::text), '{}', '{shop}', '{192.0.2.77/32}', $4, $5, $6, $7, $8)`,
			[tenant_id, `key_${id}_${tenant_id}`, canary, person, revoked_at, revoked_at && person, revoke_reason, note],
		);
	}
	const key_id = `key_live_${tenant_id}`;
	await superuser.query(
		"insert into secrets (kid, tenant_id, key_id, mac, mac_version, pepper_id, last4) values ($1, $2, $3, '\\x00', 1, 'p', 'abcd')",
		[`kid_${tenant_id}`, tenant_id, key_id],
	);
	await superuser.query(
		"insert into documents (tenant_id, site_id, id, kind, title, category, filename, content_type, size_bytes, sha256, created_by_key_id) values ($1, 'shop', $2, 'text', $3, $3, $3, $3, 1, '0', $4)",
		[tenant_id, `doc_${tenant_id}`, canary, key_id],
	);
	await superuser.query("insert into tenant_storage (tenant_id, documents, storage_bytes) values ($1, 1, 1)", [tenant_id]);
	await superuser.query("insert into uploads (tenant_id, id, node_id, reserved_bytes) values ($1, $2, 'node', 5)", [tenant_id, `upl_${tenant_id}`]);
	await superuser.query("insert into outbox (id, tenant_id, type, data) values ($1, $2, 'key.created', $3)", [`evt_${tenant_id}`, tenant_id, person]);
	await addPeople(tenant_id, canary);
	return tenant_id;
}

/** Adds a member with an account and its dependent rows, and one row of every other table that names people. */
async function addPeople(tenant_id: string, canary: string): Promise<void> {
	const person_id = `per_${canary}`;
	const email = `${canary}@example.com`;
	const later = new Date(Date.now() + 3_600_000);
	const by = JSON.stringify({ kind: "member", id: "mem_1", name: canary });
	const digest = (kind: string) => Buffer.from(`${kind} ${tenant_id}`);
	for (const [sql, values] of [
		["insert into people (id, name, email) values ($1, $2, $3)", [person_id, canary, email]],
		["insert into members (tenant_id, id, person_id, role) values ($1, $2, $3, 'owner')", [tenant_id, "mem_1", person_id]],
		["insert into sign_in_accounts (id, account_id, provider_id, person_id) values ($1, $1, 'credential', $1)", [person_id]],
		["insert into sign_in_sessions (id, token, person_id, expires_at, user_agent) values ($1, $1, $1, $2, $3)", [person_id, later, canary]],
		[
			"insert into sign_in_links (token_digest, purpose, person_id, email, expires_at) values ($1, 'password', $2, $3, $4)",
			[digest("link"), person_id, email, later],
		],
		[
			"insert into invitations (tenant_id, id, email, role, token_digest, created_by, expires_at) values ($1, $1, $2, 'viewer', $3, $4, $5)",
			[tenant_id, email, digest("invitation"), by, later],
		],
		[
			"insert into portal_sessions (tenant_id, id, external_user_id, name, email, role, token_digest, expires_at) values ($1, $1, $2, $2, $3, 'viewer', $4, $5)",
			[tenant_id, canary, email, digest("portal"), later],
		],
		[
			"insert into handovers (tenant_id, id, key_id, token_digest, email, created_by, expires_at, claimed_by) values ($1, $1, $2, $3, $4, $5, $6, $7)",
			[tenant_id, `key_live_${tenant_id}`, digest("handover"), email, by, later, canary],
		],
		[
			"insert into key_sources (tenant_id, key_id, source_id, network, agent, client, first_seen_at, last_seen_at, last_kid, requests, refused) values ($1, $2, 's', '192.0.2.0/24', 'curl', $3, $4, $4, 'k', 1, 0)",
			[tenant_id, `key_live_${tenant_id}`, canary, later],
		],
		["insert into source_names (tenant_id, source_id, name) values ($1, 's', $2)", [tenant_id, canary]],
		["update secrets set kept_in = 'other', kept_in_note = $2 where tenant_id = $1", [tenant_id, canary]],
	] as const)
		await superuser.query(sql, [...values]);
	await addNotifications(tenant_id, canary);
}

/** Adds one row of each table about rotations, alerts, exposures, webhooks and mails. */
async function addNotifications(tenant_id: string, canary: string): Promise<void> {
	const now = new Date().toISOString();
	const [key_id, kid, person_id] = [`key_live_${tenant_id}`, `kid_${tenant_id}`, `per_${canary}`];
	const [of_event, of_webhook] = [{ event_id: `evt_${tenant_id}` }, { webhook_id: tenant_id }];
	const seen = { first_at: now, last_at: now, requests: 1 };
	const rotation = { predecessor_kid: kid, started_at: now, started_by: { name: canary }, expiry_set_at_before: now };
	const refused = { key_id, code: "key_revoked", source_id: "s", proven: true };
	const client = { operation: "GET /x", network: "192.0.2.0/24", agent: "curl" };
	const rows: Readonly<Record<string, object>> = {
		rotations: { id: tenant_id, key_id, state: "open", ...rotation },
		rotation_confirmations: { rotation_id: tenant_id, source_id: "s", confirmed_at: now, confirmed_by: { name: canary } },
		scheduled_rotations: { key_id, due_at: now, status: "sent" },
		secret_sources: { key_id, kid, source_id: "s" },
		secret_operations: { key_id, kid, operation: "GET /x", last_succeeded_at: now },
		key_exposures: { key_id, kid, kind: "url", ...seen },
		canary_uses: { key_id, ...seen },
		alert_news: { rule: "new_source", key_id, requests: 1, details: { name: canary } },
		alert_rules: { rule: "key_unused", enabled: true, recipients: ["owners"] },
		alerts: { id: tenant_id, rule: "new_source", subject: key_id, key_id, evidence: { name: canary }, count: 1, raised_at: now, last_at: now },
		alert_tests: { rule: "key_unused", id: tenant_id, tested_at: now, tested_by: { name: canary } },
		checklists: { states: {}, evaluated_at: now },
		key_checklists: { key_id, states: {}, evaluated_at: now },
		checklist_turns: { id: 1, item: "expiry_set", from_status: "unknown", to_status: "met", evidence: { name: canary }, at: now },
		rehearsals: { id: tenant_id, key_id, started_at: now, started_by: { name: canary } },
		auth_failures: {
			request_id: `req_${tenant_id}`,
			...refused,
			kid,
			at: now,
			check_name: "not_revoked",
			...client,
			facts: { name: canary },
			sampled: true,
		},
		auth_failure_counts: { ...refused, granularity_seconds: 60, start: now, requests: 1 },
		usage_by_source: {
			...{ day: now, key_id, site_id: "", operation: canary, source_id: canary, network: canary, agent: canary, client: canary },
			...{ code: "allowed", overflowed: false, requests: 1 },
		},
		webhooks: { id: tenant_id, url: `https://${canary}.example/`, pepper_id: "p", secret: "", after_position: 0, created_at: now },
		webhook_queues: of_webhook,
		webhook_deliveries: { id: tenant_id, ...of_webhook, ...of_event, sequence: 1, status: "delivered", at: now },
		mails: { ...of_event, person_id, class: "expiry", status: "sent", day: now },
		mail_unsubscriptions: { person_id, class: "expiry", unsubscribed_at: now },
	};
	for (const [table, row] of Object.entries(rows)) {
		const columns = ["tenant_id", ...Object.keys(row)].join(", ");
		const values = `select ${columns} from jsonb_populate_record(null::${table}, $1)`;
		await superuser.query(`insert into ${table} (${columns}) ${values}`, [JSON.stringify({ tenant_id, ...row })]);
	}
}

/** What stays of an erased tenant: ids, times, digests and counts. */
const KEPT: ReadonlySet<string> = new Set([
	...["keys", "secrets", "key_activity", "secret_activity", "expiry_warnings", "quota_periods", "budget_periods", "usage_keys", "usage_operations"],
]);

/** The tables with a column `tenant_id`, with the number of rows of this tenant. */
async function rowsOf(tenant_id: string): Promise<Map<string, number>> {
	const tables = await superuser.query<{ name: string }>(
		"select table_name as name from information_schema.columns where table_schema = 'keywright' and column_name = 'tenant_id' order by 1",
	);
	const found = new Map<string, number>();
	for (const { name } of tables.rows) {
		const { rowCount } = await superuser.query(`select 1 from ${pg.escapeIdentifier(name)} where tenant_id = $1`, [tenant_id]);
		found.set(name, rowCount ?? 0);
	}
	return found;
}

test("erasing empties every table of the tenant except those of ids, times and counts", async () => {
	const tenant_id = await fillTenant("canary-of-all-tables");
	const before = await rowsOf(tenant_id);
	const filled = [...before].filter(([name]) => !KEPT.has(name));
	deepEqual(
		filled.filter(([, rows]) => rows === 0),
		[],
		"this test has a row of every table",
	);
	await eraseTenant(erasing(), { tenant_id });
	const left = [...(await rowsOf(tenant_id))].filter(([name, rows]) => rows > 0 && !KEPT.has(name));
	deepEqual(left, []);
});

test("refusals that are being written while a tenant is erased are deleted with it", async () => {
	const tenant_id = await fillTenant("canary-of-late-refusals");
	const writer = new pg.Client({ connectionString: db.superuserUrl });
	await writer.connect();
	try {
		await writer.query("begin");
		await writer.query("select pg_advisory_xact_lock($1)", [LOCKS.auth_failures]);
		await writer.query(
			`insert into keywright.auth_failures
			select late.* from keywright.auth_failures as kept, jsonb_populate_record(kept, jsonb_build_object('request_id', 'req_late_' || kept.request_id)) as late
			where kept.tenant_id = $1`,
			[tenant_id],
		);
		let is_erased = false;
		const erased = eraseTenant(erasing(), { tenant_id }).then(() => {
			is_erased = true;
		});
		const waiting = "select from pg_locks where locktype = 'advisory' and objid = $1 and not granted";
		while (!is_erased && (await superuser.query(waiting, [LOCKS.auth_failures])).rowCount === 0) await setTimeout(5);
		await writer.query("commit");
		await erased;
	} finally {
		await writer.end();
	}
	equal((await rowsOf(tenant_id)).get("auth_failures"), 0);
});

test("erasing removes all text that people entered and does not touch other tenants", async () => {
	const other_id = await fillTenant("canary-of-the-other");
	const tenant_id = await fillTenant("canary-of-the-erased");
	const held = await tablesThatHold("canary-of-the-other");
	deepEqual(await tablesThatHold("canary-of-the-erased"), held);
	deepEqual(held, [
		"alert_news",
		"alert_tests",
		"alerts",
		"audit_entries",
		"auth_failures",
		"checklist_turns",
		"documents",
		"handovers",
		"idempotency",
		"invitations",
		"key_sources",
		"keys",
		"mail_unsubscriptions",
		"mails",
		"members",
		"outbox",
		"people",
		"portal_sessions",
		"rehearsals",
		"rotation_confirmations",
		"rotations",
		"secrets",
		"sign_in_accounts",
		"sign_in_links",
		"sign_in_sessions",
		"sites",
		"source_names",
		"tenants",
		"usage_by_source",
		"webhooks",
	]);

	const forgotten: string[] = [];
	invalidations = [];
	await eraseTenant(erasing({ forget_documents: async (id) => void forgotten.push(id) }), { tenant_id });

	deepEqual(await tablesThatHold("canary-of-the-erased"), []);
	deepEqual(await tablesThatHold("192.0.2.77/32"), ["keys"]);
	deepEqual(await tablesThatHold("canary-of-the-other"), held);
	deepEqual(forgotten, [tenant_id]);
	deepEqual(
		invalidations.map(({ kind, id }) => `${kind} ${id}`),
		[`tenant ${tenant_id}`],
	);
	const keys = await superuser.query(
		"select id, revoked_at is not null as revoked, revoke_reason, revoke_note from keys where tenant_id = $1 order by id",
		[tenant_id],
	);
	deepEqual(keys.rows, [
		{ id: `key_dead_${tenant_id}`, revoked: true, revoke_reason: "other", revoke_note: null },
		{ id: `key_live_${tenant_id}`, revoked: true, revoke_reason: "other", revoke_note: "tenant erased" },
	]);
	equal((await getTenant(db.context(), { tenant_id: other_id })).status, "active");
	equal((await listSites(db.context({ scope: other_id }), { tenant_id: other_id })).data.length, 1);
});

test("the audit chain of an erased tenant stays valid and ends with its erasure", async () => {
	const tenant_id = await fillTenant("canary-of-the-chain");
	await eraseTenant(erasing(), { tenant_id });
	deepEqual(await verifyChain(db.context(), tenant_id), { intact: true, entries: 5 });
	const entries = await superuser.query("select action, details is null as erased from audit_entries where chain = $1 order by seq", [tenant_id]);
	deepEqual(entries.rows, [
		{ action: "tenant.created", erased: true },
		{ action: "site.created", erased: true },
		{ action: "site.updated", erased: true },
		{ action: "tenant.updated", erased: true },
		{ action: "tenant.erased", erased: false },
	]);
});

test("an erased tenant is 404 for all callers, and its id is not reused", async () => {
	const { id: tenant_id } = await createTenant(db.context(), { id: "once", name: "Once", plan_id: "plan", external_id: "ext-once" });
	await eraseTenant(erasing(), { tenant_id });
	await rejects(eraseTenant(erasing(), { tenant_id }), refusedWith("not_found"));
	await rejects(getTenant(db.context(), { tenant_id }), refusedWith("not_found"));
	await rejects(updateTenant(db.context(), { tenant_id, name: "Again" }), refusedWith("not_found"));
	await rejects(createSite(db.context({ scope: tenant_id }), { tenant_id, name: "Shop" }), refusedWith("not_found"));
	await rejects(createTenant(db.context(), { id: "once", name: "Again", plan_id: "plan" }), refusedWith("conflict"));
	await rejects(putTenant(db.context(), { tenant_id: "once", name: "Again", plan_id: "plan" }), refusedWith("conflict"));
	ok((await listTenants(db.context(), { limit: 200 })).data.every((tenant) => tenant.id !== "once"));
	equal((await createTenant(db.context(), { name: "Successor", plan_id: "plan", external_id: "ext-once" })).external_id, "ext-once");
	await rejects(eraseTenant(erasing(), { tenant_id: "nobody" }), refusedWith("not_found"));
});

test("a member of another tenant keeps their account and sessions, and loses them with the last tenant", async () => {
	const [one, two] = [await fillTenant("canary-of-both"), (await createTenant(db.context(), { name: "Second", plan_id: "plan" })).id];
	const person_id = "per_canary-of-both";
	await superuser.query("insert into members (tenant_id, id, person_id, role) values ($1, 'mem_2', $2, 'viewer')", [two, person_id]);
	const accounts = async () => {
		const found = await superuser.query<{ what: string }>(
			`select 'person' as what from people where id = $1 union all select 'account' from sign_in_accounts where person_id = $1
			union all select 'session' from sign_in_sessions where person_id = $1 union all select 'link' from sign_in_links where person_id = $1`,
			[person_id],
		);
		return found.rows.map(({ what }) => what).sort();
	};
	await eraseTenant(erasing(), { tenant_id: one });
	deepEqual(await accounts(), ["account", "link", "person", "session"]);
	const members = await superuser.query("select tenant_id from members where person_id = $1", [person_id]);
	deepEqual(members.rows, [{ tenant_id: two }]);
	await eraseTenant(erasing(), { tenant_id: two });
	deepEqual(await accounts(), []);
});

test("joining another tenant during the erasure either keeps the account or finds none", async () => {
	for (let race = 0; race < 6; race += 1) {
		const one = await fillTenant(`canary-racing-${race}`);
		const two = (await createTenant(db.context(), { name: "Other", plan_id: "plan" })).id;
		const person_id = `per_canary-racing-${race}`;
		const join = superuser.query("insert into members (tenant_id, id, person_id, role) values ($1, 'mem_2', $2, 'viewer')", [two, person_id]);
		const [joined, erased] = await Promise.allSettled([join, eraseTenant(erasing(), { tenant_id: one })]);
		equal(erased.status, "fulfilled");
		const people = await superuser.query("select id from people where id = $1", [person_id]);
		equal(people.rowCount, joined.status === "fulfilled" ? 1 : 0);
	}
});

test("files that cannot be removed do not undo the erasure", async () => {
	const { id: tenant_id } = await createTenant(db.context(), { name: "Files", plan_id: "plan" });
	await eraseTenant(erasing({ forget_documents: () => Promise.reject(new Error("disk")) }), { tenant_id });
	await rejects(getTenant(db.context(), { tenant_id }), refusedWith("not_found"));
});

test("erasing a tenant while sites are created leaves no site", async () => {
	const { id: tenant_id } = await createTenant(db.context(), { name: "Racing", plan_id: "plan" });
	const making = Array.from({ length: 8 }, (_, index) => createSite(db.context({ scope: tenant_id }), { tenant_id, name: `Site ${index}` }));
	const answers = await Promise.allSettled([...making.slice(0, 4), eraseTenant(erasing(), { tenant_id }), ...making.slice(4)]);
	for (const answer of answers) ok(answer.status === "fulfilled" || refusedWith("not_found")(answer.reason));
	const sites = await superuser.query("select id from sites where tenant_id = $1", [tenant_id]);
	equal(sites.rowCount, 0);
	equal((await verifyChain(db.context(), tenant_id)).intact, true);
});
