import { createHash } from "node:crypto";
import { globSync, mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { createLog } from "../src/core/log.ts";
import { connectDatabase, type Database } from "../src/database/database.ts";
import { startEmbedded } from "../src/database/embedded/embedded.ts";
import { migrate } from "../src/database/migrate.ts";
import { APP_ROLE, ensureDatabase, OWNER_ROLE } from "../src/database/roles.ts";

export const testLog = createLog({ level: process.env.KEYWRIGHT_TEST_LOG ?? "fatal", brand: "kw" });

/** A migrated database of the test's own, on the cluster of KEYWRIGHT_TEST_DATABASE_URL or on an embedded server started for it. */
export interface BareTestDatabase {
	readonly database: Database;
	/** Connects as the owner or as a superuser, which bypasses row-level security. */
	readonly ownerUrl: string;
	readonly superuserUrl: string;
	readonly appUrl: string;
	close(): Promise<void>;
}

function withRole(url: string, role: string | null, database: string): string {
	const parsed = new URL(url.replace("@/", "@localhost/"));
	const user = role ?? decodeURIComponent(parsed.username);
	const host = parsed.searchParams.get("host");
	return host ? `postgresql://${user}@/${database}?host=${encodeURIComponent(host)}` : `postgresql://${user}@${parsed.host}/${database}`;
}

/** Any number, of the tests only: held while the template is made or copied. */
const TEMPLATE_LOCK = 7_120_560_031;
const MIGRATIONS = join(import.meta.dirname, "../migrations");

/** A name for what the migrations make, so that changed ones never meet an old template. */
function templateName(): string {
	const hash = createHash("sha256");
	for (const name of globSync("*.sql", { cwd: MIGRATIONS }).sort()) hash.update(name).update(readFileSync(join(MIGRATIONS, name)));
	return `keywright_template_${hash.digest("hex").slice(0, 16)}`;
}

/** Creates the database as a copy of a migrated one, which the first test on the cluster makes: to run every migration costs several times as much. */
async function copyMigrated(url: string, name: string): Promise<void> {
	const client = new pg.Client({ connectionString: url });
	await client.connect();
	try {
		await client.query("select pg_advisory_lock($1)", [TEMPLATE_LOCK]);
		const template = templateName();
		const { rowCount } = await client.query("select from pg_database where datname = $1", [template]);
		if (rowCount === 0) {
			// Renamed when it is whole: a test that was killed here leaves no half template.
			const unfinished = `${name}_template`;
			await ensureDatabase(url, unfinished);
			await migrate(withRole(url, OWNER_ROLE, unfinished));
			await client.query(`alter database ${unfinished} rename to ${template}`);
		}
		await client.query(`create database ${name} owner ${OWNER_ROLE} template ${template}`);
	} finally {
		await client.end();
	}
}

interface TestCluster {
	readonly url: string;
	/** Serves other tests too. */
	readonly shared: boolean;
	stop(): Promise<void>;
}

async function cluster(): Promise<TestCluster> {
	const given = process.env.KEYWRIGHT_TEST_DATABASE_URL;
	if (given) return { url: given, shared: true, stop: async () => undefined };
	const data_dir = mkdtempSync(join(tmpdir(), "keywright-test-"));
	const embedded = await startEmbedded({ data_dir, log: testLog });
	return {
		url: embedded.url,
		shared: false,
		async stop() {
			await embedded.stop();
			await rm(data_dir, { recursive: true, force: true });
		},
	};
}

export async function bareTestDatabase(): Promise<BareTestDatabase> {
	const { url, shared, stop } = await cluster();
	const name = `keywright_test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
	const ownerUrl = withRole(url, OWNER_ROLE, name);
	if (shared) await copyMigrated(url, name);
	else {
		await ensureDatabase(url, name);
		await migrate(ownerUrl);
	}
	const appUrl = withRole(url, APP_ROLE, name);
	const database = connectDatabase({ url: appUrl, log: testLog });
	return {
		database,
		ownerUrl,
		appUrl,
		superuserUrl: withRole(url, null, name),
		async close() {
			await database.close();
			const client = new pg.Client({ connectionString: url });
			await client.connect();
			await client.query(`drop database if exists ${name} with (force)`);
			await client.end();
			await stop();
		},
	};
}
