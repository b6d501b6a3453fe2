import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Server, startServer } from "./server.ts";
import { expectStatus, makeService, makeWorld } from "./things.ts";

/** The flush runs a second after the last one has ended. */
const SHOWN_DEADLINE_MS = 5_000;

interface Source {
	readonly id: string;
	readonly network: string;
	readonly agent: string;
	readonly client: string | null;
	readonly name: string | null;
	readonly requests: number;
	readonly refused: number;
	readonly last_kid: string;
}

let server: Server;
before(async () => {
	server = await startServer({ env: { KEYWRIGHT_LOG_LEVEL: "warn" } });
});
after(() => server.stop());

async function sourcesOf(tenant_id: string, key_id: string, requests: number): Promise<Source[]> {
	const path = `/api-keys/${key_id}/sources`;
	for (const until = performance.now() + SHOWN_DEADLINE_MS; ; await sleep(50)) {
		const { data } = expectStatus(await server.management(tenant_id, "GET", path), 200).as<{ data: Source[] }>();
		if (data.reduce((sum, source) => sum + source.requests, 0) >= requests || performance.now() > until) return data;
	}
}

function keyed(raw_key: string, headers: Record<string, string>): Promise<Response> {
	return fetch(`http://127.0.0.1:${server.port}/api/v1/m2m/whoami`, { headers: { "x-api-key": raw_key, ...headers } });
}

test("a key's first request shows within about a second where it came from, and a name given once stays with the source", async () => {
	const { tenant, made, raw_key } = await makeWorld(server);
	deepEqual(await sourcesOf(tenant.id, made.id, 0), []);
	equal((await keyed(raw_key, { "user-agent": "curl/8.5.0", "x-keywright-client": "orders-sync" })).status, 200);
	const [first, ...rest] = await sourcesOf(tenant.id, made.id, 1);
	ok(first);
	equal(rest.length, 0);
	deepEqual(
		[first.network, first.agent, first.client, first.name, first.requests, first.refused],
		["127.0.0.0/24", "curl", "orders-sync", null, 1, 0],
	);
	equal(first.last_kid, made.key.secrets[0]?.kid);
	const secrets = (await server.management(tenant.id, "GET", `/api-keys/${made.id}`)).as<{ secrets: { first_used_at: string | null }[] }>().secrets;
	ok(secrets[0]?.first_used_at);
	expectStatus(await server.management(tenant.id, "PUT", `/sources/${first.id}`, { name: "Orders sync" }), 200);
	equal((await keyed(raw_key, { "user-agent": "x".repeat(5_000), "x-keywright-client": "<script>" })).status, 200);
	const both = await sourcesOf(tenant.id, made.id, 2);
	deepEqual(both.map(({ agent, client, name }) => [agent, client, name]).sort(), [
		["curl", "orders-sync", "Orders sync"],
		["other", null, null],
	]);
	expectStatus(await server.management(tenant.id, "PUT", "/sources/src_none", { name: "None" }), 404);
});

test("a request that another API asks about is told by the address, the program and the client instance which that API saw", async () => {
	const { tenant, made, raw_key } = await makeWorld(server);
	const { credential } = await makeService(server);
	const ask = async (request: Record<string, string>) => {
		const response = await fetch(`http://127.0.0.1:${server.port}/api/v1/verify`, {
			method: "POST",
			headers: { "content-type": "application/json", authorization: `Bearer ${credential}` },
			body: JSON.stringify({ raw_key, permissions: ["orders:none"], request }),
		});
		equal(response.status, 200);
		await response.arrayBuffer();
	};
	await ask({ ip: "2001:db8:7:1::5", user_agent: "python-requests/2.31.0" });
	await ask({ ip: "::ffff:203.0.113.9", user_agent: "node", client: "orders-1" });
	await ask({ ip: "203.0.113.9", user_agent: "order-bot/1.2", client: "not, a name" });
	await ask({});
	const found = await sourcesOf(tenant.id, made.id, 4);
	deepEqual(found.map(({ network, agent, client, requests, refused }) => [network, agent, client, requests, refused]).sort(), [
		["2001:db8:7::/48", "python-requests", null, 1, 1],
		["203.0.113.0/24", "node", "orders-1", 1, 1],
		["203.0.113.0/24", "order-bot", null, 1, 1],
		["unknown", "none", null, 1, 1],
	]);
});
