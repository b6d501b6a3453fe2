import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, afterEach, before, describe, test } from "node:test";
import express from "express";
import fastify from "fastify";
import { keywright as keywrightExpress } from "./express.ts";
import { keywright as keywrightFastify } from "./fastify.ts";
import type { KeywrightError } from "./report.ts";
import { admitted, CREDENTIAL, call, closeServer, denied, listen, type Peer, RAW_KEY, type Reply, sends, startPeer } from "./testing.ts";

/** A host that guards `/tenants/:tenant_id/orders`: GET needs `orders:read`, POST `orders:write`. `/free` is not guarded. */
interface Host {
	readonly url: string;
	readonly handled: unknown[];
	readonly errors: KeywrightError[];
	close(): Promise<unknown>;
}

const HOSTS: Record<string, (url: string) => Promise<Host>> = { Fastify: startFastify, Express: startExpress };
const KEY_LINE = ["X-API-Key", RAW_KEY] as const;
const BODY_BYTES = 3_000_000;

async function startFastify(url: string): Promise<Host> {
	const handled: unknown[] = [];
	const errors: KeywrightError[] = [];
	const guard = keywrightFastify({ url, credential: CREDENTIAL, timeout_ms: 500, realm: "orders", on_error: (error) => errors.push(error) });
	const app = fastify({ bodyLimit: 2 * BODY_BYTES });
	app.addHook("onClose", guard.close);
	app.get("/free", async () => ({ free: true }));
	app.get("/tenants/:tenant_id/orders", { onRequest: guard({ tenant: (r) => r.params.tenant_id, permission: "orders:read" }) }, async (request) => {
		handled.push(request.keywright.key.id);
		return { tenant: request.keywright.tenant.id };
	});
	app.post<{ Params: { tenant_id: string }; Body: unknown }>(
		"/tenants/:tenant_id/orders",
		{ onRequest: guard({ tenant: (r) => r.params.tenant_id, permission: ["orders:read", "orders:write"] }) },
		async (request, reply) => {
			handled.push(request.body);
			return reply.code(201).send({ tenant: request.keywright.tenant.id });
		},
	);
	app.get("/broken/:tenant_id", { onRequest: guard({ tenant: (r) => r.params.id, permission: "orders:read" }) }, async () => handled.push("broken"));
	app.post("/read-before", { preHandler: guard({}) }, async () => handled.push("read before"));
	return { url: await app.listen({ port: 0, host: "127.0.0.1" }), handled, errors, close: () => app.close() };
}

async function startExpress(url: string): Promise<Host> {
	const handled: unknown[] = [];
	const errors: KeywrightError[] = [];
	const guard = keywrightExpress({ url, credential: CREDENTIAL, timeout_ms: 500, realm: "orders", on_error: (error) => errors.push(error) });
	const app = express();
	app.get("/free", (_request, response) => {
		response.json({ free: true });
	});
	app.get("/tenants/:tenant_id/orders", guard({ tenant: (r) => r.params.tenant_id, permission: "orders:read" }), (request, response) => {
		handled.push(request.keywright.key.id);
		response.json({ tenant: request.keywright.tenant.id });
	});
	const writes = guard({ tenant: (r) => r.params.tenant_id, permission: ["orders:read", "orders:write"] });
	app.post("/tenants/:tenant_id/orders", writes, express.json({ limit: 2 * BODY_BYTES }), (request, response) => {
		handled.push(request.body);
		response.status(201).json({ tenant: request.keywright.tenant.id });
	});
	app.get("/broken/:tenant_id", guard({ tenant: (r) => r.params.id, permission: "orders:read" }), () => handled.push("broken"));
	app.post("/read-before", express.json(), guard({}), () => handled.push("read before"));
	const server = createServer(app);
	const close = async (): Promise<void> => {
		guard.close();
		await closeServer(server);
	};
	return { url: await listen(server), handled, errors, close };
}

/** Asserts one refusal whole: status, code, headers, no handler run. */
function assertProblem(reply: Reply, status: number, code: string): void {
	assert.equal(reply.status, status, reply.body);
	assert.match(reply.headers["content-type"] ?? "", /^application\/problem\+json/);
	assert.equal(reply.headers["cache-control"], "no-store");
	const problem = JSON.parse(reply.body);
	assert.deepEqual([problem.status, problem.code], [status, code]);
	assert.equal(problem.instance, `urn:keywright:request:${problem.request_id}`);
	assert.equal(reply.headers["x-request-id"], problem.request_id);
	assert.equal(reply.headers["www-authenticate"], status === 401 ? 'ApiKey realm="orders"' : undefined);
	assert.equal(reply.headers["retry-after"] !== undefined, status === 429 || status === 503);
	assert.ok(!reply.body.includes(RAW_KEY), "the raw key came back");
}

for (const [name, start] of Object.entries(HOSTS)) {
	describe(`guard for ${name}`, () => {
		let peer: Peer;
		let host: Host;

		before(async () => {
			peer = await startPeer();
			host = await start(peer.url);
		});
		afterEach(() => {
			peer.play = sends(admitted());
			peer.asked.length = 0;
			host.handled.length = 0;
			host.errors.length = 0;
		});
		after(async () => {
			await host.close();
			await peer.close();
		});

		const orders = (lines: readonly (readonly [string, string])[], more: { method?: string; body?: string | Buffer } = {}): Promise<Reply> =>
			call(`${host.url}/tenants/acme/orders?page=2`, { lines, ...more });

		test("a good key reaches the handler, which knows key and tenant", async () => {
			const reply = await orders([KEY_LINE]);
			assert.equal(reply.status, 200);
			assert.deepEqual(JSON.parse(reply.body), { tenant: "acme" });
			assert.deepEqual(host.handled, ["key_1"]);
			assert.equal(reply.headers.ratelimit, '"burst";r=50;t=30');
			assert.equal(reply.headers["ratelimit-policy"], '"burst";q=100;w=60');
			assert.equal(reply.headers["cache-control"], "no-store");
		});

		test("Keywright is asked about tenant, permission and the request, without its query", async () => {
			await orders([KEY_LINE, ["User-Agent", "bot/1"], ["Origin", "https://shop.example"], ["Sec-Fetch-Site", "cross-site"]]);
			assert.deepEqual(JSON.parse(peer.asked[0]?.body ?? ""), {
				raw_key: RAW_KEY,
				tenant_id: "acme",
				permissions: ["orders:read"],
				request: {
					method: "GET",
					path: "/tenants/acme/orders",
					ip: "127.0.0.1",
					user_agent: "bot/1",
					origin: "https://shop.example",
					sec_fetch_site: "cross-site",
				},
			});
		});

		test("what a caller says at length is cut to what Keywright takes", async () => {
			const long = "x".repeat(4000);
			await orders([KEY_LINE, ["User-Agent", long], ["Origin", long], ["Sec-Fetch-Site", long]]);
			const { request } = JSON.parse(peer.asked[0]?.body ?? "");
			assert.deepEqual([request.user_agent.length, request.origin.length, request.sec_fetch_site.length], [512, 512, 64]);
		});

		test("each denial becomes its status and code, and no handler runs", async () => {
			const denials = [
				[401, "key_revoked"],
				[403, "permission_missing"],
				[404, "not_found"],
				[429, "rate_limited"],
				[503, "unavailable"],
			] as const;
			for (const [status, code] of denials) {
				peer.play = sends(denied(status, code));
				assertProblem(await orders([KEY_LINE]), status, code);
			}
			assert.deepEqual(host.handled, []);
			assert.deepEqual(host.errors, []);
		});

		test("no key, a blank key, two keys, a key beside Authorization: refused without asking", async () => {
			assertProblem(await orders([]), 401, "key_missing");
			assertProblem(await orders([["X-API-Key", "  "]]), 401, "key_missing");
			assertProblem(await orders([KEY_LINE, ["x-api-key", RAW_KEY]]), 400, "multiple_credentials");
			assertProblem(await orders([KEY_LINE, ["Authorization", "Bearer x"]]), 400, "multiple_credentials");
			assertProblem(await orders([["X-API-Key", "a".repeat(513)]]), 401, "key_invalid");
			assert.deepEqual([peer.asked, host.handled], [[], []]);
		});

		test("Keywright fails, hangs or talks nonsense: 503, never open, never 401, and the operator learns why", async () => {
			const failures: [string, Peer["play"]][] = [
				["server_error", sends(admitted(), 500)],
				["credential_refused", sends({}, 401)],
				["answer_malformed", sends({ allowed: true })],
				["network", (request) => request.socket.resetAndDestroy()],
				["timeout", () => undefined],
			];
			for (const [, play] of failures) {
				peer.play = play;
				assertProblem(await orders([KEY_LINE]), 503, "unavailable");
			}
			assert.deepEqual(
				host.errors.map((error) => error.reason),
				failures.map(([reason]) => reason),
			);
			assert.deepEqual(host.handled, []);
		});

		test("a rule that gives nothing closes its route", async () => {
			assertProblem(await call(`${host.url}/broken/acme`, { lines: [KEY_LINE] }), 500, "internal_error");
			assert.equal(host.errors[0]?.reason, "misconfigured");
			assert.deepEqual([peer.asked, host.handled], [[], []]);
		});

		test("the body of an admitted request is read after the check, whole", async () => {
			const body = JSON.stringify({ item: "x".repeat(BODY_BYTES) });
			const reply = await orders([KEY_LINE, ["Content-Type", "application/json"]], { method: "POST", body });
			assert.equal(reply.status, 201);
			assert.deepEqual(host.handled, [JSON.parse(body)]);
			assert.deepEqual(JSON.parse(peer.asked[0]?.body ?? "").permissions, ["orders:read", "orders:write"]);
		});

		test("a refused request with a body is answered before the body and closes its connection", async () => {
			peer.play = sends(denied(401, "key_invalid"));
			const reply = await orders([KEY_LINE, ["Content-Type", "application/json"]], { method: "POST", body: '{"broken' });
			assertProblem(reply, 401, "key_invalid");
			assert.equal(reply.headers.connection, "close");
			assert.notEqual((await orders([KEY_LINE])).headers.connection, "close");
			assert.deepEqual(host.handled, []);
		});

		test("a body that never comes does not keep the refusal waiting", async () => {
			const reply = await call(`${host.url}/tenants/acme/orders`, { method: "POST", lines: [["Content-Length", "1000000"]] });
			assertProblem(reply, 401, "key_missing");
			assert.equal(reply.headers.connection, "close");
		});

		test("a refusal after the body was read keeps the connection", async () => {
			const reply = await call(`${host.url}/read-before`, { method: "POST", lines: [["Content-Type", "application/json"]], body: "{}" });
			assertProblem(reply, 401, "key_missing");
			assert.notEqual(reply.headers.connection, "close");
		});

		test("a HEAD request is refused without a body", async () => {
			const reply = await orders([], { method: "HEAD" });
			assert.deepEqual([reply.status, reply.body], [401, ""]);
		});

		test("routes without a guard stay as they are", async () => {
			assert.equal((await call(`${host.url}/free`)).body, '{"free":true}');
			assert.deepEqual(peer.asked, []);
		});

		test("a hundred requests at once each get their own decision", async () => {
			peer.play = (request, response, body) => {
				const { tenant_id } = JSON.parse(body);
				const answer = Number(tenant_id.slice(1)) % 2 === 0 ? admitted({ tenant: { id: tenant_id, name: "x" } }) : denied(404, "not_found");
				setTimeout(() => sends(answer)(request, response, body), Math.random() * 20);
			};
			const replies = await Promise.all(Array.from({ length: 100 }, (_, n) => call(`${host.url}/tenants/t${n}/orders`, { lines: [KEY_LINE] })));
			for (const [n, reply] of replies.entries()) {
				if (n % 2 === 0) assert.deepEqual(JSON.parse(reply.body), { tenant: `t${n}` });
				else assertProblem(reply, 404, "not_found");
			}
		});
	});
}
