import { deepEqual, equal, rejects } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { after, before, suite, test } from "node:test";
import pg from "pg";
import { type BareTestDatabase, bareTestDatabase } from "../../testing/database.ts";
import { migrate } from "./migrate.ts";
import { OWNER_ROLE } from "./roles.ts";

const MIGRATIONS = new URL("../../migrations/", import.meta.url);
const PROCESSES = 3;

const MIGRATING = `
import { migrate } from ${JSON.stringify(import.meta.resolve("./migrate.ts"))};
process.stdout.write(JSON.stringify(await migrate(process.argv[1])));`;

async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
	const client = new pg.Client({ connectionString: url });
	await client.connect();
	try {
		return (await client.query<Record<string, unknown>>(statement)).rows;
	} finally {
		await client.end();
	}
}

/** Runs `migrate` in a separate process; returns what it applied. */
async function migrateElsewhere(url: string): Promise<string[]> {
	const child = spawn(process.execPath, ["--input-type=module", "-e", MIGRATING, url], { stdio: ["ignore", "pipe", "pipe"] });
	const [said, complaints] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
	equal(child.exitCode, 0, complaints);
	return asNames(JSON.parse(said));
}

/** Guarantee: the child printed what `migrate` returned. */
function asNames(value: unknown): string[] {
	return value as string[];
}

suite("migrations", () => {
	let bare: BareTestDatabase;
	let all: string[];
	let made = 0;

	before(async () => {
		bare = await bareTestDatabase();
		all = (await readdir(MIGRATIONS)).filter((name) => name.endsWith(".sql")).sort();
	});
	after(() => bare.close());

	/** The superuser's URL of the database of `url`. */
	const asSuperuser = (url: string) =>
		bare.superuserUrl.replace(/\/[^/?]*(\?|$)/, `/${new URL(url.replace("@/", "@localhost/")).pathname.slice(1)}$1`);

	/** Runs `work` on a separate, empty database. */
	async function onEmptyDatabase(work: (url: string) => Promise<void>): Promise<void> {
		made += 1;
		const name = `keywright_test_empty_${process.pid}_${made}`;
		await query(bare.superuserUrl, `create database ${name} owner ${OWNER_ROLE}`);
		try {
			await work(bare.ownerUrl.replace(/\/keywright_test_[^?]*/, `/${name}`));
		} finally {
			await query(bare.superuserUrl, `drop database ${name} with (force)`);
		}
	}

	test("all are applied in their order, once", async () => {
		await onEmptyDatabase(async (url) => {
			deepEqual(await migrate(url), all);
			deepEqual(await migrate(url), []);
			const rows = await query(url, "select number, name from keywright.migrations order by number");
			deepEqual(
				rows.map((row) => row.name),
				all,
			);
			deepEqual(
				rows.map((row) => row.number),
				all.map((_name, index) => index + 1),
			);
		});
	});

	test(`${PROCESSES} processes that start at the same moment apply each once`, async () => {
		await onEmptyDatabase(async (url) => {
			const applied = await Promise.all(Array.from({ length: PROCESSES }, () => migrateElsewhere(url)));
			deepEqual(applied.flat().sort(), all);
		});
	});

	test("a database of a newer version is refused by the name of what is unknown, and left alone", async () => {
		await onEmptyDatabase(async (url) => {
			await migrate(url);
			await query(url, "insert into keywright.migrations (number, name, digest) values (9999, '9999_from_the_future.sql', 'x')");
			await rejects(migrate(url), /9999_from_the_future\.sql.*start a newer Keywright/);
			equal((await query(url, "select * from keywright.migrations")).length, all.length + 1);
		});
	});

	test("a migration that was edited after it had been applied is refused by its name", async () => {
		await onEmptyDatabase(async (url) => {
			await migrate(url);
			await query(url, `update keywright.migrations set digest = 'x' where name = '${all[1]}'`);
			await rejects(migrate(url), new RegExp(`${all[1]} differs`));
		});
	});

	test("a migration that fails changes nothing, and the next start continues from there", async () => {
		await onEmptyDatabase(async (url) => {
			await query(url, "create schema keywright");
			await query(url, "create table keywright.secrets (in_the_way integer)");
			await rejects(migrate(url), /0002_keys\.sql failed/);
			deepEqual(
				(await query(url, "select name from keywright.migrations")).map((row) => row.name),
				all.slice(0, 1),
			);
			equal((await query(url, "select to_regclass('keywright.keys') as found"))[0]?.found, null);
			await query(url, "drop table keywright.secrets");
			deepEqual(await migrate(url), all.slice(1));
		});
	});

	test("a migration changes rows of every tenant, although row-level security also holds for the owner of the tables", async () => {
		await onEmptyDatabase(async (url) => {
			await query(url, "create schema keywright");
			await query(url, "create table keywright.webhooks (in_the_way integer)");
			await rejects(migrate(url), /0018_webhooks\.sql failed/);
			const owned = `set role ${OWNER_ROLE}; select set_config('keywright.scope', '*', false)`;
			await query(url, `${owned}; insert into keywright.outbox (id, tenant_id, type, data) values ('evt_1', 'acme', 'key.created', '{}')`);
			await query(url, "drop table keywright.webhooks");
			await migrate(url);
			const seen = await query(
				asSuperuser(url),
				"select distributed_at is not null as distributed, mail_queued_at is not null as queued from keywright.outbox",
			);
			deepEqual(seen, [{ distributed: true, queued: true }]);
		});
	});

	test("keys from before exposures were refused keep the policy that they had, and later ones follow the default", async () => {
		await onEmptyDatabase(async (url) => {
			await query(url, "create schema keywright");
			await query(url, "create table keywright.key_exposures (in_the_way integer)");
			await rejects(migrate(url), /0017_exposure\.sql failed/);
			const known = asSuperuser(url);
			await query(known, "insert into keywright.plans (id, name, capabilities, rate_limits, limits) values ('plan', 'Plan', '{}', '[]', '{}')");
			for (const policy of ["observe", "block"]) {
				await query(known, `insert into keywright.tenants (id, name, plan_id, client_policy) values ('${policy}', 'T', 'plan', '${policy}')`);
				await query(
					known,
					`insert into keywright.keys (tenant_id, id, name, environment, owner, permissions, created_by)
						values ('${policy}', 'key_${policy}', 'bot', 'prod', '{}', '{}', '{}')`,
				);
			}
			await query(url, "drop table keywright.key_exposures");
			await migrate(url);
			const left =
				"select t.id, t.client_policy as tenant, k.client_policy as key from keywright.tenants t join keywright.keys k on k.tenant_id = t.id";
			deepEqual(await query(known, `${left} order by 1`), [
				{ id: "block", tenant: "block", key: null },
				{ id: "observe", tenant: null, key: "observe" },
			]);
		});
	});

	test("the error of a role without CREATEROLE contains the statements for an administrator", async () => {
		await onEmptyDatabase(async (url) => {
			const [role, database] = [`kw_poor_${process.pid}`, new URL(url.replace("@/", "@localhost/")).pathname.slice(1)];
			await query(bare.superuserUrl, `create role ${role} login`);
			try {
				await query(bare.superuserUrl, `grant create on database ${database} to ${role}`);
				await rejects(
					migrate(url.replace(OWNER_ROLE, role)),
					/create role keywright_app nologin; create role keywright_lookup nologin; grant keywright_app, keywright_lookup to/,
				);
			} finally {
				await query(url.replace(OWNER_ROLE, "keywright_owner"), "select 1");
				await query(bare.superuserUrl, `revoke all on database ${database} from ${role}`);
				await query(bare.superuserUrl, `drop role ${role}`);
			}
		});
	});
});
