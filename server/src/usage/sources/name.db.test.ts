import { deepEqual, equal, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import pg from "pg";
import { type TestDatabase, testDatabase } from "../../../testing/audit.ts";
import { nameSource } from "./name.ts";
import { OTHER_SOURCES } from "./source.ts";

let db: TestDatabase;
let superuser: pg.Client;

before(async () => {
	db = await testDatabase();
	superuser = new pg.Client({ connectionString: db.superuserUrl });
	await superuser.connect();
	await superuser.query("set search_path = keywright");
	await superuser.query("insert into plans (id, name, capabilities, rate_limits, limits) values ('plan', 'Plan', '{}', '[]', '{}')");
	for (const tenant of ["a", "b"]) {
		await superuser.query("insert into tenants (id, name, plan_id) values ($1, $1, 'plan')", [tenant]);
		await superuser.query(
			`insert into keys (tenant_id, id, name, environment, owner, permissions, created_by)
			select $1, $1 || '_key_' || i, 'Key', 'prod', '{}', '{}', '{}' from generate_series(0, 1) as i`,
			[tenant],
		);
	}
	await superuser.query(`insert into key_sources
		select 'a', 'a_key_' || i, 'src_a', '192.0.2.0/24', 'curl', null, now(), now(), 'kid', 1, 0 from generate_series(0, 1) as i`);
});
after(async () => {
	await superuser.end();
	await db.close();
});

const name = (tenant_id: string, source_id: string, text: string | null) =>
	nameSource(db.context({ scope: tenant_id }), { tenant_id, source_id, name: text });
const names = async () => (await superuser.query("select tenant_id, source_id, name from source_names order by 1, 2")).rows;
const audited = async () => (await superuser.query("select action from audit_entries where action = 'source.named'")).rows.length;

test("a name applies to all keys of the tenant and can be replaced and removed; the audit log has each change and no repeat", async () => {
	const named = await name("a", "src_a", " Nightly export ");
	deepEqual(named, { id: "src_a", network: "192.0.2.0/24", agent: "curl", client: null, name: "Nightly export" });
	deepEqual(await name("a", "src_a", "Nightly export"), named);
	equal(await audited(), 1);
	await name("a", "src_a", "Export");
	deepEqual(await names(), [{ tenant_id: "a", source_id: "src_a", name: "Export" }]);
	equal((await name("a", "src_a", null)).name, null);
	deepEqual(await names(), []);
	equal(await audited(), 3);
});

test("a source of another tenant, and the source that combines others, cannot be named", async () => {
	await rejects(name("b", "src_a", "Theirs"), { code: "not_found" });
	await rejects(name("a", "src_unknown", "Nobody's"), { code: "not_found" });
	await superuser.query(
		"insert into key_sources select tenant_id, key_id, $1, 'other', 'other', null, now(), now(), 'kid', 1, 0 from key_sources where key_id = 'a_key_0'",
		[OTHER_SOURCES.id],
	);
	await rejects(name("a", OTHER_SOURCES.id, "Order server"), { code: "conflict" });
	deepEqual(await names(), []);
});
