import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Agent } from "node:http";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inParallel, send } from "../client.ts";
import { endLeftovers } from "../server.ts";
import { expectStatus, makeKey, makePlan, makeTenant } from "../things.ts";
import { checkArrival, getValues } from "./arrival.ts";
import { ORDERS } from "./attack.ts";
import { assertRefusal, attempt, upload } from "./caller.ts";
import { Echo } from "./echo.ts";
import { PROXY_NAMES, type RunningProxy, startProxy } from "./proxy.ts";
import { startWorld, type World } from "./world.ts";

const PATIENCE_MS = 5_000;
const UPLOAD_BYTES = 8 * 1024 * 1024;

let world: World;
let echo: Echo;

before(async () => {
	world = await startWorld();
	echo = await Echo.start();
});

after(async () => {
	await echo?.stop();
	await world?.server.stop();
	await endLeftovers();
});

interface Source {
	readonly client: string | null;
}

/** Waits until one source of a key of "acme" is as expected and returns all sources. */
async function getSources(key_id: string, expected: (source: Source) => boolean): Promise<Source[]> {
	for (const until = performance.now() + PATIENCE_MS; ; await sleep(50)) {
		const { data } = expectStatus(await world.server.management("acme", "GET", `/api-keys/${key_id}/sources`), 200).as<{ data: Source[] }>();
		if (data.some(expected)) return data;
		ok(performance.now() < until, `no source is as expected: ${JSON.stringify(data)}`);
	}
}

for (const name of PROXY_NAMES) {
	describe(name, () => {
		let proxy: RunningProxy;
		const agent = new Agent({ keepAlive: true });
		const reading = (path: string, raw_key: string, headers: Record<string, string> = {}) =>
			send(proxy.url, { method: "GET", path, headers: { "x-api-key": raw_key, ...headers } }, agent);

		before(async () => {
			proxy = await startProxy(name, { keywright: world.server.port, app: echo.port });
		});

		after(async () => {
			agent.destroy();
			await proxy?.stop();
		});

		test("an accepted request arrives with the key's identity, and its response has the rate limit headers", async () => {
			echo.take();
			const answer = expectStatus(await reading("/tenants/acme/sites/shop/items?limit=2", world.reader.raw_key), 200);
			equal(answer.text, "here");
			match(`${answer.header("ratelimit-policy")} ${answer.header("ratelimit")}`, /"burst";q=3000;w=60 "burst";r=\d+;t=\d+/);
			const [arrived] = echo.take();
			ok(arrived);
			checkArrival(world, arrived);
			equal(arrived.url, "/tenants/acme/sites/shop/items?limit=2");
			deepEqual(getValues(arrived, "X-Keywright-Key-Id"), [world.reader.id]);
			deepEqual(getValues(arrived, "X-Keywright-Key-Name"), ["prod-reader-%C3%BC"]);
			deepEqual(getValues(arrived, "X-Keywright-Site"), ["shop"]);
		});

		test("X-Keywright-Client is sent to Keywright and never to the API", async () => {
			const client = `orders-${name}-7`;
			echo.take();
			expectStatus(await reading(ORDERS, world.reader.raw_key, { "x-keywright-client": client, "user-agent": "curl/8" }), 200);
			expectStatus(await reading(ORDERS, world.reader.raw_key, { "x-keywright-client": "not, a name", "user-agent": "curl/8" }), 200);
			for (const arrived of echo.take()) deepEqual(getValues(arrived, "X-Keywright-Client").filter(Boolean), []);
			const sources = await getSources(world.reader.id, (source) => source.client === client);
			ok(sources.every((source) => source.client === null || source.client.startsWith("orders-")));
		});

		test("responses of the API, errors included, reach the caller unchanged", async () => {
			for (const status of [401, 403, 404, 418, 429, 500, 503]) {
				echo.answer = { status, body: `the API says ${status}` };
				const answer = await reading(ORDERS, world.reader.raw_key);
				deepEqual([answer.status, answer.text], [status, `the API says ${status}`]);
			}
			echo.answer = { status: 200, body: "here" };
			echo.take();
		});

		test("uploads reach the API complete: with Content-Length, chunked, compressed, and after 100 Continue", async () => {
			const body = randomBytes(UPLOAD_BYTES);
			const sha256 = createHash("sha256").update(body).digest("hex");
			const shapes: Record<string, string>[] = [{}, { "transfer-encoding": "chunked" }, { "content-encoding": "gzip" }, { expect: "100-continue" }];
			for (const headers of shapes) {
				echo.take();
				const length = "transfer-encoding" in headers ? {} : { "content-length": body.length };
				const all = { "x-api-key": world.writer.raw_key, "content-type": "application/octet-stream", ...length, ...headers };
				const answer = await upload(proxy.url, ORDERS, all, body);
				expectStatus(answer, 200);
				const [arrived] = echo.take();
				ok(arrived);
				checkArrival(world, arrived);
				deepEqual([arrived.bytes, arrived.sha256], [body.length, sha256]);
				deepEqual(getValues(arrived, "Content-Encoding"), "content-encoding" in headers ? ["gzip"] : []);
			}
		});

		test("a body without a key never reaches the API, and the refusal does not wait for it", async () => {
			echo.take();
			const bytes = Buffer.from(`POST ${ORDERS} HTTP/1.1\r\nHost: x\r\nContent-Length: ${UPLOAD_BYTES}\r\n\r\n`);
			assertRefusal(await attempt(proxy.port, bytes, PATIENCE_MS), [401, "key_missing"]);
			deepEqual(echo.take(), []);
		});

		test("concurrent requests keep their own identities", async () => {
			echo.take();
			const keys = [world.reader, world.writer] as const;
			const crowd = new Agent({ keepAlive: true, maxSockets: 24 });
			await inParallel(300, 24, async (index) => {
				const headers = { "x-api-key": (keys[index % 2] ?? world.reader).raw_key };
				expectStatus(await send(proxy.url, { method: "GET", path: `${ORDERS}?n=${index}`, headers }, crowd), 200);
			});
			crowd.destroy();
			const arrived = echo.take();
			equal(arrived.length, 300);
			for (const one of arrived) {
				checkArrival(world, one);
				const index = Number(new URLSearchParams(one.url.split("?")[1]).get("n"));
				deepEqual(getValues(one, "X-Keywright-Key-Id"), [keys[index % 2]?.id]);
			}
		});

		test("a rate limit is enforced, and its refusal has Retry-After", async () => {
			const rate_limits = [{ name: "burst", requests: 3, window_seconds: 60, per: "key" }];
			const plan_id = await makePlan(world.server, { capabilities: ["m2m_api", "orders"], rate_limits });
			const tenant = await makeTenant(world.server, { plan_id });
			const { raw_key } = await makeKey(world.server, tenant.id, { permissions: ["orders:read"] });
			echo.take();
			const path = `/tenants/${tenant.id}/orders`;
			const answers = await inParallel(9, 9, () => reading(path, raw_key));
			deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 429, 429, 429, 429, 429, 429]);
			equal(echo.take().length, 3);
			const refused = await reading(path, raw_key);
			assertRefusal(refused, [429, "rate_limited"]);
			match(refused.header("retry-after"), /^\d+$/);
			match(refused.header("ratelimit"), /^"burst";r=0;t=\d+$/);
			match(refused.header("ratelimit-policy"), /^"burst";q=3;w=60$/);
		});

		test("a revoked key is refused on the next request", async () => {
			const made = await makeKey(world.server, "acme", { permissions: ["orders:read"] });
			expectStatus(await reading(ORDERS, made.raw_key), 200);
			expectStatus(await world.server.management("acme", "POST", `/api-keys/${made.id}/revoke`, { reason: "other" }), 200);
			echo.take();
			assertRefusal(await reading(ORDERS, made.raw_key), [401, "key_revoked"]);
			deepEqual(echo.take(), []);
		});
	});
}
