import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import pg from "pg";
import { type Cluster, startEmbeddedCluster } from "../scripts/clusters.ts";
import { getSocketFolder } from "../scripts/debian-cluster.ts";
import { TRANSACTIONS_AT_ONCE_LEAST } from "../server/src/cli/check-start.ts";
import { APP_ROLE, ensureDatabase } from "../server/src/database/roles.ts";
import { newDataFolder, removeDataFolder } from "./data-folder.ts";
import { Relay } from "./faults/relay.ts";
import { type PgBouncer, startPgBouncer } from "./pgbouncer.ts";
import { assertProblem } from "./problem.ts";
import { endLeftovers, onFullDisk, ROOT, runProgram, type Server, startServer } from "./server.ts";
import { expectStatus, makeKey, makeWorld } from "./things.ts";

const DATABASE = "keywright";
/** docs/operations.md says about 5 seconds; the rest is for a busy machine. */
const LOOKED_UP_WITHIN_MS = 10_000;
/** Default settings that an administrator may have set on the database; each one has broken reads, counts or locks. */
const FOREIGN_SETTINGS = [
	"DateStyle = 'German'",
	"IntervalStyle = 'sql_standard'",
	"TimeZone = 'Asia/Kathmandu'",
	"bytea_output = 'escape'",
	"extra_float_digits = -10",
	"standard_conforming_strings = off",
	"search_path = 'pg_temp'",
	"default_transaction_isolation = 'serializable'",
	"default_transaction_deferrable = on",
	"array_nulls = off",
	"synchronous_commit = 'off'",
];

let cluster: Cluster;
let relay: Relay;
let pooler: PgBouncer;
let server: Server;

before(async () => {
	cluster = await startEmbeddedCluster();
	await ensureDatabase(cluster.url, DATABASE);
	const client = new pg.Client({ connectionString: cluster.url });
	await client.connect();
	for (const setting of FOREIGN_SETTINGS) await client.query(`alter database ${DATABASE} set ${setting}`);
	await client.end();
	relay = await Relay.open(`${getSocketFolder(cluster)}/.s.PGSQL.5432`);
	const pools = { [DATABASE]: TRANSACTIONS_AT_ONCE_LEAST, single: 1, hurried: TRANSACTIONS_AT_ONCE_LEAST };
	// Settings that the pooler applies to each new session override the defaults of its role.
	const on_connect = { hurried: "set synchronous_commit = off" };
	pooler = await startPgBouncer({ postgres_port: relay.port, database: DATABASE, pools, on_connect });
	server = await startServer({ env: environment(DATABASE) });
});

after(async () => {
	await endLeftovers();
	await pooler.stop();
	await relay.close();
	await cluster.stop();
});

const environment = (pool: string) => ({
	KEYWRIGHT_DATABASE_URL: `postgresql://app@127.0.0.1:${pooler.port}/${pool}?sslmode=disable`,
	KEYWRIGHT_DATABASE_DIRECT_URL: `postgresql://app@127.0.0.1:${relay.port}/${DATABASE}?sslmode=disable`,
});

/** The server's settings, for further servers on the same database. */
const secrets = () => ({
	KEYWRIGHT_PEPPER: readFileSync(join(server.data_dir, "pepper"), "utf8").trim(),
	KEYWRIGHT_OPERATOR_TOKEN: server.operator_token,
});

test("a missing pepper is reported with all other errors, before the database is opened", async () => {
	const data_dir = newDataFolder();
	const { code, stderr } = await runProgram(["serve"], {
		...environment(DATABASE),
		KEYWRIGHT_DATA_DIR: data_dir,
		KEYWRIGHT_PORT: String(server.port),
	});
	equal(code, 1, stderr);
	match(stderr, /- KEYWRIGHT_PEPPER: the database has a pepper, but this server has none/);
	match(stderr, /- KEYWRIGHT_PORT: port \d+ of 127\.0\.0\.1 is used/);
	deepEqual(readdirSync(data_dir), []);
	await removeDataFolder(data_dir);
});

test("a server with an existing data folder starts on a full disk and accepts keys; an upload gets 507", async () => {
	const { tenant, site } = await makeWorld(server);
	const { raw_key } = await makeKey(server, tenant.id);
	const data_dir = newDataFolder();
	const full = await startServer({
		data_dir,
		env: { ...environment(DATABASE), ...secrets() },
		prelude: onFullDisk(data_dir),
		operator_token: server.operator_token,
	});
	expectStatus(await full.keyed(raw_key, "GET", "/whoami"), 200);
	const form = new FormData();
	form.append("file", new Blob(["x".repeat(10_000)]), "large.txt");
	const headers = { "x-api-key": raw_key };
	const answer = await fetch(`${full.url}/api/v1/m2m/sites/${site.id}/documents`, { method: "POST", headers, body: form });
	equal(answer.status, 507, await answer.text());
	await full.stop();
});

test("a pooler with too few sessions is refused at startup, with the required number", async () => {
	const data_dir = newDataFolder();
	const { code, stderr } = await runProgram(["serve"], { ...environment("single"), ...secrets(), KEYWRIGHT_DATA_DIR: data_dir, KEYWRIGHT_PORT: "0" });
	await removeDataFolder(data_dir);
	equal(code, 1, stderr);
	match(stderr, /- KEYWRIGHT_DATABASE_URL: it allows 1 concurrent transactions, and 4 are needed: raise default_pool_size/);
	const guide = readFileSync(join(ROOT, "docs/operations.md"), "utf8");
	ok(guide.includes(`at least **${TRANSACTIONS_AT_ONCE_LEAST}** sessions to each server`), "the guide names the number");
});

test("commits through a pooler are synchronous although the database's default is asynchronous", async () => {
	const durable = async (url: string) => {
		const client = new pg.Client({ connectionString: url });
		await client.connect();
		const { rows } = await client.query<{ synchronous_commit: string }>("show synchronous_commit");
		await client.end();
		return rows[0]?.synchronous_commit;
	};
	equal(await durable(environment(DATABASE).KEYWRIGHT_DATABASE_DIRECT_URL), "on", "the default of the role, which any session of a pooler has");
	equal(
		await durable(`${cluster.url.replace("/postgres", `/${DATABASE}`).replace("app@", `${APP_ROLE}@`)}`),
		"off",
		"of roles that are not the server's",
	);
});

test("a pooler that forces asynchronous commit is refused at startup, with the statement that fixes it", async () => {
	const data_dir = newDataFolder();
	const { code, stderr } = await runProgram(["serve"], {
		...environment("hurried"),
		...secrets(),
		KEYWRIGHT_DATA_DIR: data_dir,
		KEYWRIGHT_PORT: "0",
	});
	await removeDataFolder(data_dir);
	equal(code, 1, stderr);
	match(stderr, /alter role <role> in database <database> set synchronous_commit = 'on'/);
	doesNotMatch(stderr, /set DateStyle/);
});

test("everything works through a pooler of minimum size, with unusual default settings of the database", async () => {
	const world = await makeWorld(server);
	const made = await Promise.all(Array.from({ length: 20 }, () => makeKey(server, world.tenant.id, { expires_at: "2099-12-31T12:00:00.000Z" })));
	const answers = await Promise.all(made.map(({ raw_key }) => server.keyed(raw_key, "GET", "/whoami")));
	for (const answer of answers) equal(expectStatus(answer, 200).as<{ key: { expires_at: string } }>().key.expires_at, "2099-12-31T12:00:00.000Z");
	expectStatus(await server.management(world.tenant.id, "POST", `/api-keys/${made[0]?.id}/revoke`, { reason: "other" }), 200);
	assertProblem(await server.keyed(made[0]?.raw_key ?? "", "GET", "/whoami"), "key_revoked");
	const usage = expectStatus(await server.management(world.tenant.id, "GET", "/usage?granularity=day"), 200).as<{ data: { start: string }[] }>();
	for (const { start } of usage.data) match(start, /T00:00:00/);
});

test("a key whose row is locked gets 503 within the documented time, and works after the lock is released", async () => {
	const world = await makeWorld(server);
	const made = await makeKey(server, world.tenant.id);
	const client = new pg.Client({ connectionString: cluster.url.replace("/postgres", `/${DATABASE}`) });
	await client.connect();
	await client.query("begin");
	await client.query("lock table keywright.keys in access exclusive mode");
	const began = performance.now();
	const answers = await Promise.all(Array.from({ length: 5 }, () => server.keyed(made.raw_key, "GET", "/whoami")));
	const waited = performance.now() - began;
	await client.query("rollback");
	await client.end();
	for (const answer of answers) assertProblem(answer, "unavailable");
	ok(waited < LOOKED_UP_WITHIN_MS, `${waited} ms`);
	expectStatus(await server.keyed(made.raw_key, "GET", "/whoami"), 200);
});
