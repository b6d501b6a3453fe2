import { deepEqual, doesNotMatch, equal, ok } from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { getSocketFolder, startDebianCluster } from "../scripts/debian-cluster.ts";
import { ensureDatabase } from "../server/src/database/roles.ts";
import type { Answer } from "./client.ts";
import { Relay } from "./faults/relay.ts";
import { endLeftovers, startServer } from "./server.ts";
import { expectStatus, makeKey, makeTenant } from "./things.ts";

/** Shorter than the default, which also shortens the wait for a node that lost its lease. */
const LEASE_SECONDS = 2;
const RECOVERED_WITHIN_MS = 15_000;
const POLL_MS = 50;

after(endLeftovers);

async function withClient<T>(url: string, run: (client: pg.Client) => Promise<T>): Promise<T> {
	const client = new pg.Client({ connectionString: url });
	await client.connect();
	try {
		return await run(client);
	} finally {
		await client.end();
	}
}

async function waitUntil(what: string, isTrue: () => Promise<boolean>): Promise<void> {
	const until = performance.now() + RECOVERED_WITHIN_MS;
	while (!(await isTrue())) {
		ok(performance.now() < until, `${what} within ${RECOVERED_WITHIN_MS} ms`);
		await sleep(POLL_MS);
	}
}

const getSocket = (cluster: { url: string; stop(): Promise<void> }) => `${getSocketFolder(cluster)}/.s.PGSQL.5432`;

test("when a standby takes over and the old primary becomes read-only, every response is right or 503, and the server recovers", async () => {
	const primary = await startDebianCluster();
	const standby = await startDebianCluster(primary);
	const relay = await Relay.open(getSocket(primary));
	try {
		await ensureDatabase(primary.url, "keywright");
		const server = await startServer({
			env: {
				KEYWRIGHT_DATABASE_URL: `postgresql://app@127.0.0.1:${relay.port}/keywright?sslmode=disable`,
				KEYWRIGHT_LEASE_SECONDS: String(LEASE_SECONDS),
				KEYWRIGHT_LOG_LEVEL: "error",
			},
		});
		const tenant = await makeTenant(server);
		const [warm, cold] = [await makeKey(server, tenant.id), await makeKey(server, tenant.id)];
		expectStatus(await server.keyed(warm.raw_key, "GET", "/whoami"), 200);
		const written = await withClient(primary.url, async (client) => (await client.query("select pg_current_wal_lsn()::text as lsn")).rows[0].lsn);
		await withClient(standby.url, (client) =>
			waitUntil("the standby has everything", async () => {
				const { rows } = await client.query("select pg_last_wal_replay_lsn() >= $1::pg_lsn as there", [written]);
				return rows[0].there;
			}),
		);

		await withClient(primary.url, async (client) => {
			await client.query("alter system set default_transaction_read_only = on");
			await client.query("select pg_reload_conf()");
		});
		relay.moveTo(getSocket(standby));
		await withClient(standby.url, (client) => client.query("select pg_promote()"));

		const asks: readonly (readonly [status: number, ask: () => Promise<Answer>])[] = [
			[200, () => server.keyed(warm.raw_key, "GET", "/whoami")],
			[200, () => server.keyed(cold.raw_key, "GET", "/whoami")],
			[200, () => server.management(tenant.id, "GET", "/api-keys")],
			[201, () => server.management(tenant.id, "POST", "/api-keys", { name: "after", environment: "prod", owner: "Olivia Owner" })],
			[
				401,
				() => server.send({ method: "POST", path: "/api/auth/sign-in/email", body: { email: "nobody@example.com", password: "not the password" } }),
			],
		];
		const unexpected: string[] = [];
		for (const [status, ask] of asks) {
			await waitUntil(`an answer ${status}`, async () => {
				const answer = await ask();
				if (answer.status === status) return true;
				if (answer.status !== 503 || answer.headers["retry-after"] === undefined) unexpected.push(answer.text);
				return false;
			});
		}
		deepEqual(unexpected, []);
		const made = await makeKey(server, tenant.id);
		for (const { raw_key } of [made, warm, cold]) expectStatus(await server.keyed(raw_key, "GET", "/whoami"), 200);
		equal((await server.send({ method: "GET", path: "/readyz" })).status, 200);
		doesNotMatch(server.logs.stdout, /"request_failed"|"verification_failed"/);
		await server.stop();
	} finally {
		await relay.close();
		await standby.stop();
		await primary.stop();
	}
});
