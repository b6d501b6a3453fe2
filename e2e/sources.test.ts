import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Server, startServer } from "./server.ts";
import { expectStatus, makeService, makeWorld } from "./things.ts";

/** A usage flush starts one second after the previous one has ended. */
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

async function getSources(tenant_id: string, key_id: string, requests: number): Promise<Source[]> {
	const path = `/api-keys/${key_id}/sources`;
	for (const until = performance.now() + SHOWN_DEADLINE_MS; ; await sleep(50)) {
		const { data } = expectStatus(await server.management(tenant_id, "GET", path), 200).as<{ data: Source[] }>();
		if (data.reduce((sum, source) => sum + source.requests, 0) >= requests || performance.now() > until) return data;
	}
}

function keyed(raw_key: string, headers: Record<string, string>): Promise<Response> {
	return fetch(`http://127.0.0.1:${server.port}/api/v1/m2m/whoami`, { headers: { "x-api-key": raw_key, ...headers } });
}

test("the source of a key's first request is shown within about a second, and a name given to it is kept", async () => {
	const { tenant, made, raw_key } = await makeWorld(server);
	deepEqual(await getSources(tenant.id, made.id, 0), []);
	equal((await keyed(raw_key, { "user-agent": "curl/8.5.0", "x-keywright-client": "orders-sync" })).status, 200);
	const [first, ...rest] = await getSources(tenant.id, made.id, 1);
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
	const both = await getSources(tenant.id, made.id, 2);
	deepEqual(both.map(({ agent, client, name }) => [agent, client, name]).sort(), [
		["curl", "orders-sync", "Orders sync"],
		["other", null, null],
	]);
	expectStatus(await server.management(tenant.id, "PUT", "/sources/src_none", { name: "None" }), 404);
});

test("a request to another API is recorded with the address, the program and the client instance that the API saw", async () => {
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
	const found = await getSources(tenant.id, made.id, 4);
	deepEqual(found.map(({ network, agent, client, requests, refused }) => [network, agent, client, requests, refused]).sort(), [
		["2001:db8:7::/48", "python-requests", null, 1, 1],
		["203.0.113.0/24", "node", "orders-1", 1, 1],
		["203.0.113.0/24", "order-bot", null, 1, 1],
		["unknown", "none", null, 1, 1],
	]);
});

interface Rotation {
	readonly id: string;
	readonly status: string;
	readonly sources: readonly {
		readonly id: string;
		readonly network: string;
		readonly told_apart: boolean;
		readonly not_told_apart: { readonly code: string } | null;
		readonly may_be_confirmed: boolean;
		readonly old: object | null;
		readonly new: object | null;
	}[];
}

test("without stored networks a program's self-chosen name is no proof: the rotation says so and needs a person's confirmation", async () => {
	const hiding = await startServer({ env: { KEYWRIGHT_LOG_LEVEL: "warn", KEYWRIGHT_SOURCE_ADDRESSES: "off", KEYWRIGHT_LEASE_SECONDS: "60" } });
	try {
		const { tenant, made } = await makeWorld(hiding);
		const ofKey = (method: string, rest: string, body?: unknown) => hiding.management(tenant.id, method, `/api-keys/${made.id}${rest}`, body);
		const use = (raw_key: string, headers: Record<string, string>) => hiding.keyed(raw_key, "GET", "/whoami", undefined, headers);
		const bot = { "user-agent": "order-bot/1.2" };
		const instance = { ...bot, "x-keywright-client": "orders-1" };
		for (const headers of [bot, instance]) expectStatus(await use(made.raw_key, headers), 200);
		const { raw_key, rotation } = expectStatus(await ofKey("POST", "/rotate", {}), 201).as<{ raw_key: string; rotation: Rotation }>();
		for (const headers of [bot, instance]) expectStatus(await use(raw_key, headers), 200);
		const readSources = async () => expectStatus(await ofKey("GET", `/rotations/${rotation.id}`), 200).as<Rotation>();
		const moving = ({ sources }: Rotation) => sources.length === 2 && sources.every((source) => source.old !== null && source.new !== null);
		let seen = await readSources();
		for (const until = performance.now() + SHOWN_DEADLINE_MS; !moving(seen) && performance.now() < until; await sleep(50)) seen = await readSources();
		deepEqual(seen.sources.map((source) => [source.network, source.told_apart, source.not_told_apart?.code ?? null]).sort(), [
			["hidden", false, "network_hidden"],
			["hidden", true, null],
		]);
		const blind = seen.sources.find((source) => !source.told_apart);
		ok(blind?.may_be_confirmed && blind.new !== null);
		const refused = await ofKey("POST", `/rotations/${rotation.id}/complete`, {});
		equal(expectStatus(refused, 409).json.code, "old_secret_still_in_use");
		for (const { id } of seen.sources) expectStatus(await ofKey("POST", `/rotations/${rotation.id}/sources/${id}/confirm`), 200);
		equal((await readSources()).status, "moved");
		expectStatus(await ofKey("POST", `/rotations/${rotation.id}/complete`, {}), 200);
	} finally {
		await hiding.stop();
	}
});
