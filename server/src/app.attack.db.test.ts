import { equal } from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { bareTestDatabase, testLog } from "../testing/database.ts";
import { createApp } from "./app.ts";
import { systemClock } from "./core/clock.ts";
import { ALL_TENANTS } from "./core/context.ts";
import { parsePeppers } from "./core/pepper.ts";
import { connectDatabase } from "./database/database.ts";
import { inTransaction } from "./database/transaction.ts";

const LEASE_SECONDS = 1;
/** More than the number of connections in a pool. */
const BUSY = 20;
const BUSY_SECONDS = 2;

test("a node keeps its lease however busy its database connections are with other work", async () => {
	const bare = await bareTestDatabase();
	const verification_database = connectDatabase({ url: bare.appUrl, log: testLog, connections_max: 3 });
	const uploads_dir = mkdtempSync(join(tmpdir(), "keywright-test-"));
	const app = await createApp({
		database: bare.database,
		verification_database,
		clock: systemClock,
		log: testLog,
		access_log: null,
		version: "test",
		public_url: "http://127.0.0.1",
		key_brand: "kw",
		peppers: parsePeppers("pepper-of-the-tests-0123456789-abcdefghij"),
		operator_token: "operator-token-of-the-tests",
		uploads_dir,
		trusted_proxies: null,
		lease_seconds: LEASE_SECONDS,
		auth_failures_per_minute: 300,
		documents: false,
		single_node: true,
	});
	try {
		const busy = Array.from({ length: BUSY }, () =>
			inTransaction(bare.database, ALL_TENANTS, (tx) => sql`select pg_sleep(${BUSY_SECONDS})`.execute(tx)),
		);
		const settled = Promise.allSettled(busy);
		const until = performance.now() + (BUSY_SECONDS + LEASE_SECONDS) * 1_000;
		while (performance.now() < until) {
			equal(app.node.lease.holds(), true, "the lease ran out");
			await sleep(20);
		}
		await settled;
	} finally {
		await app.stop();
		await verification_database.close();
		await bare.close();
		await rm(uploads_dir, { recursive: true, force: true });
	}
});
