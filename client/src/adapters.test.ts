import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { getRequestListener } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { admitted, CREDENTIAL, call, closeServer, listen, type Peer, RAW_KEY, sends, startPeer } from "../testing/peer.ts";
import { keywright as keywrightExpress } from "./express.ts";
import { keywright as keywrightFastify } from "./fastify.ts";
import { type KeywrightVariables, keywright as keywrightHono } from "./hono.ts";
import { keywright as keywrightNext } from "./next.ts";
import { keywright as keywrightNode } from "./node.ts";
import type { Reason } from "./report.ts";
import type { Target } from "./request/target.ts";
import { withHeaders } from "./web.ts";

const KEY_LINE = ["X-API-Key", RAW_KEY] as const;
const KEY_HEADERS = { "X-API-Key": RAW_KEY };
let peer: Peer;
let reasons: Reason[] = [];

const options = () => ({ url: peer.url, credential: CREDENTIAL, on_error: ({ reason }: { reason: Reason }) => reasons.push(reason) });
const addressAsked = (): unknown => JSON.parse(peer.asked.at(-1)?.body ?? "{}").request?.ip;

before(async () => {
	peer = await startPeer();
});
beforeEach(() => {
	peer.respond = sends(admitted());
	peer.asked.length = 0;
	reasons = [];
});
after(() => peer.close());

test("Hono: an app without Node's requests is guarded all the same, without an address", async (t) => {
	const guard = keywrightHono(options());
	t.after(guard.close);
	const app = new Hono().get("/orders", guard({}), (c) => c.text(c.var.keywright.tenant.id));
	const reply = await app.request("/orders", { headers: KEY_HEADERS });
	assert.deepEqual([reply.status, await reply.text(), addressAsked()], [200, "acme", undefined]);
	assert.equal((await app.request("/orders")).status, 401);
	const two = new Headers(KEY_HEADERS);
	two.append("X-API-Key", RAW_KEY);
	assert.equal((await app.request("/orders", { headers: two })).status, 400);
	const many = new Headers(Array.from({ length: 101 }, (_, index) => [`x-${index}`, "x"] as [string, string]));
	assert.equal((await app.request("/orders", { headers: many })).status, 431);
});

test("Hono: a guard in `app.use` runs before all routes below it, also for unknown paths", async (t) => {
	const guard = keywrightHono(options());
	t.after(guard.close);
	const app = new Hono<{ Variables: KeywrightVariables }>();
	app.use("/orders/*", guard({ permission: "orders:read" }));
	app.get("/orders/:id", (c) => c.text(c.var.keywright.key.id));
	assert.equal(await (await app.request("/orders/7", { headers: KEY_HEADERS })).text(), "key_1");
	assert.equal((await app.request("/orders/7/none")).status, 401);
});

test("Hono: the headers are on a handler's own response, on one that is fixed, on an error and never over the handler's own", async (t) => {
	const guard = keywrightHono(options());
	t.after(guard.close);
	const app = new Hono();
	app.get("/own", guard({}), () => new Response("own", { headers: { "Cache-Control": "private, no-store" } }));
	app.get("/fixed", guard({}), () => Response.redirect("https://elsewhere.example/", 303));
	app.get("/error", guard({}), () => {
		throw new Error("of the handler");
	});
	app.onError((_error, c) => c.text("failed", 500));
	const limits: string[] = [];
	for (const [path, status] of [
		["/own", 200],
		["/fixed", 303],
		["/error", 500],
	] as const) {
		const reply = await app.request(path, { headers: KEY_HEADERS });
		assert.equal(reply.status, status);
		limits.push(`${reply.headers.get("ratelimit")} ${reply.headers.get("cache-control")}`);
	}
	const limit = '"burst";r=50;t=30';
	assert.deepEqual(limits, [`${limit} private, no-store`, `${limit} no-store`, `${limit} no-store`]);
});

test("Hono: the option `ip` says the address, and one that fails closes the route", async (t) => {
	const guard = keywrightHono({ ...options(), ip: (c) => c.req.header("x-real-ip") ?? getConnInfo(c).remote.address });
	t.after(guard.close);
	const app = new Hono().get("/orders", guard({}), (c) => c.text("ok"));
	const server = createServer(getRequestListener(app.fetch));
	t.after(() => closeServer(server));
	const url = await listen(server);
	await call(`${url}/orders`, { lines: [KEY_LINE, ["X-Real-IP", "203.0.113.9"]] });
	assert.equal(addressAsked(), "203.0.113.9");
	await call(`${url}/orders`, { lines: [KEY_LINE] });
	assert.equal(addressAsked(), "127.0.0.1");
	peer.asked.length = 0;
	// Outside of Node getConnInfo finds nothing to read.
	assert.equal((await app.request("/orders", { headers: KEY_HEADERS })).status, 500);
	assert.deepEqual([reasons, peer.asked], [["misconfigured"], []]);
});

test("node: the option `ip` says the address, and one that fails closes the route", async (t) => {
	const guard = keywrightNode({
		...options(),
		ip: ({ headers }) => {
			if (headers["x-real-ip"] === undefined) throw new Error("of the option");
			return String(headers["x-real-ip"]);
		},
	});
	t.after(guard.close);
	const server = createServer(guard({}, (_request, response) => response.end("handled")));
	t.after(() => closeServer(server));
	const url = await listen(server);
	assert.equal((await call(url, { lines: [KEY_LINE, ["X-Real-IP", "203.0.113.9"]] })).body, "handled");
	assert.equal(addressAsked(), "203.0.113.9");
	assert.equal((await call(url, { lines: [KEY_LINE] })).status, 500);
	assert.deepEqual(reasons, ["misconfigured"]);
});

test("node: the guard rejects with the handler's error", async (t) => {
	const guard = keywrightNode(options());
	t.after(guard.close);
	const handle = guard({}, async () => {
		throw new Error("of the handler");
	});
	const failed = Promise.withResolvers<unknown>();
	const server = createServer((request, response) => {
		handle(request, response).catch((error: unknown) => {
			failed.resolve(error);
			response.end();
		});
	});
	t.after(() => closeServer(server));
	await call(await listen(server), { lines: [KEY_LINE] });
	assert.match(String(await failed.promise), /of the handler/);
});

test("Next: options in a function are read at the first request and not before, rules at once", async () => {
	let read = 0;
	const unreadable = () => {
		read += 1;
		return { url: "", credential: "" };
	};
	const guardedAtStart = () => {
		const guard = keywrightNext(unreadable);
		return { guard, GET: guard({}, () => new Response()) };
	};
	assert.doesNotThrow(guardedAtStart, "options were read when the module was loaded");
	const { guard, GET } = guardedAtStart();
	assert.throws(() => guard({ permission: "" }, () => new Response()), /"permission" has no usable value/);
	assert.throws(() => keywrightNext({ url: "", credential: "" }), /url/);
	assert.equal(read, 0);
	const request = Object.assign(new Request("http://host/", { headers: KEY_HEADERS }), { nextUrl: new URL("http://host/") });
	await assert.rejects(GET(request, { params: Promise.resolve({}) }), /url/);
	assert.equal(read, 1);
});

test("Express: a parameter that hides one of the same name further out has no value for a rule", async (t) => {
	const guard = keywrightExpress(options());
	t.after(guard.close);
	const inner = express.Router({ mergeParams: true });
	const own = guard({ tenant: (r) => r.params.id });
	const answer: express.RequestHandler = (request, response) => void response.end(request.keywright.tenant.id);
	inner.get("/orders/:id", own, answer).get(["/items/:item", "/things/:item"], own, answer);
	const apart = express.Router().get("/:id", own, answer);
	const app = express().use("/tenants/:id", inner).use("/apart/:id", apart);
	const server = createServer(app);
	t.after(() => closeServer(server));
	const url = await listen(server);
	assert.equal((await call(`${url}/tenants/victim/orders/acme`, { lines: [KEY_LINE] })).status, 500);
	assert.deepEqual([reasons, peer.asked], [["misconfigured"], []]);
	for (const path of ["/tenants/acme/items/7", "/tenants/acme/things/7", "/apart/7/acme"]) {
		const reply = await call(url + path, { lines: [KEY_LINE] });
		assert.deepEqual([reply.status, reply.body, JSON.parse(peer.asked.at(-1)?.body ?? "").tenant_id], [200, "acme", "acme"], path);
	}
});

test("two guards before one route charge a request once if they ask the same question, regardless of other middleware", async (t) => {
	const rules = { tenant: (_request: unknown, target: Target) => target.segment(1), permission: "orders:read" };
	const path = "/tenants/acme/orders";
	const [expressGuard, fastifyGuard, honoGuard, nodeGuard] = [
		keywrightExpress(options()),
		keywrightFastify(options()),
		keywrightHono(options()),
		keywrightNode(options()),
	];
	t.after(() => [expressGuard, fastifyGuard, honoGuard, nodeGuard].forEach(({ close }) => void close()));

	const inExpress = express()
		.use("/tenants/:tenant_id", expressGuard(rules))
		.get(path, expressGuard(rules), expressGuard({}), (_request, response) => void response.end());
	const inFastify = fastify();
	inFastify.addHook("onRequest", fastifyGuard(rules)).get(path, { onRequest: [fastifyGuard(rules), fastifyGuard({})] }, async () => "");
	const inHono = new Hono().use("/tenants/*", honoGuard(rules)).get(path, honoGuard(rules), honoGuard({}), (c) => c.text(""));
	const [first, second, other] = [nodeGuard.check(rules), nodeGuard.check(rules), nodeGuard.check({})];
	const onNode = createServer(async (request, response) => {
		if ((await first(request, response)) && (await second(request, response)) && (await other(request, response))) response.end();
	});
	const servers = [createServer(inExpress), inFastify.server, createServer(getRequestListener(inHono.fetch)), onNode];
	await inFastify.ready();
	for (const server of servers) {
		t.after(() => closeServer(server));
		const url = await listen(server);
		peer.asked.length = 0;
		assert.equal((await call(url + path, { lines: [KEY_LINE] })).status, 200);
		// Another set of rules is another question.
		assert.deepEqual(
			peer.asked.map(({ body }) => JSON.parse(body).tenant_id),
			["acme", undefined],
		);
		assert.equal((await call(url + path, { lines: [KEY_LINE] })).status, 200);
		assert.equal(peer.asked.length, 4, "another request is asked about anew");
	}
});

test("headers are added to responses of any kind, and never over the handler's own", () => {
	const headers = { "Cache-Control": "no-store", RateLimit: '"burst";r=1' };
	const own = new Response("x", { headers: { "cache-control": "private" } });
	assert.equal(withHeaders(own, headers), own);
	assert.deepEqual([own.headers.get("cache-control"), own.headers.get("ratelimit")], ["private", '"burst";r=1']);
	const fixed = withHeaders(Response.redirect("https://elsewhere.example/", 303), headers);
	assert.deepEqual(
		[fixed.status, fixed.headers.get("location"), fixed.headers.get("cache-control")],
		[303, "https://elsewhere.example/", "no-store"],
	);
});
