import { mkdtempSync } from "node:fs";
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

async function cluster(): Promise<{ url: string; stop(): Promise<void> }> {
	const given = process.env.KEYWRIGHT_TEST_DATABASE_URL;
	if (given) return { url: given, stop: async () => undefined };
	const data_dir = mkdtempSync(join(tmpdir(), "keywright-test-"));
	const embedded = await startEmbedded({ data_dir, log: testLog });
	return {
		url: embedded.url,
		async stop() {
			await embedded.stop();
			await rm(data_dir, { recursive: true, force: true });
		},
	};
}

export async function bareTestDatabase(): Promise<BareTestDatabase> {
	const { url, stop } = await cluster();
	const name = `keywright_test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
	await ensureDatabase(url, name);
	const ownerUrl = withRole(url, OWNER_ROLE, name);
	await migrate(ownerUrl);
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
