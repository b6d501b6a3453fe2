import assert from "node:assert/strict";
import { test } from "node:test";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { CREDENTIAL } from "../testing/peer.ts";
import { keywright as keywrightExpress } from "./express.ts";
import { keywright as keywrightFastify } from "./fastify.ts";
import { keywright as keywrightHono } from "./hono.ts";
import { type GuardableRequest, keywright as keywrightNext, type RouteContext } from "./next.ts";
import { keywright as keywrightNode } from "./node.ts";
import type { Admission } from "./verifier/decision.ts";

/** `true` for identical types; `any` equals only itself, so a loosely typed value does not compile here. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_proof: Same<A, B>): void => undefined;

const OPTIONS = { url: "http://127.0.0.1:1", credential: CREDENTIAL };

test("the compiler checks the types; this test only creates the guards", () => {
	const rules = {
		tenant: "acme",
		site: "north",
		permission: ["orders:read"],
		capability: "orders",
		cost: 2,
		limits: { exports: 1 },
		budgets: { credits: 25 },
	} as const;

	const fastifyGuard = keywrightFastify(OPTIONS);
	fastify().get("/:tenant_id", { onRequest: fastifyGuard({ ...rules, tenant: (r) => r.params.tenant_id }) }, async (request) => {
		same<typeof request.keywright, Admission>(true);
		same<typeof request.keywright.tenant.id, string>(true);
	});

	const expressGuard = keywrightExpress(OPTIONS);
	express().get("/:tenant_id", expressGuard({ ...rules, tenant: (r) => r.params.tenant_id }), (request) => {
		same<typeof request.keywright, Admission>(true);
		same<typeof request.params.tenant_id, string>(true);
	});

	const honoGuard = keywrightHono(OPTIONS);
	const app = new Hono();
	app.get("/:tenant_id", honoGuard({ ...rules, tenant: (c) => c.req.param("tenant_id") }), (c) => {
		same<typeof c.var.keywright, Admission>(true);
		const got = c.get("keywright");
		same<typeof got, Admission>(true);
		return c.text(c.req.param("tenant_id"));
	});
	app.get("/free", (c) => {
		// @ts-expect-error: no guard runs before this route.
		c.get("keywright");
		return c.text("free");
	});

	const nextGuard = keywrightNext(OPTIONS);
	nextGuard({ ...rules, tenant: (r) => r.params.tenant_id }, (request, context, keywright) => {
		same<typeof keywright, Admission>(true);
		same<typeof request, GuardableRequest>(true);
		same<typeof context, RouteContext<Record<string, string>>>(true);
		return Response.json(keywright.tenant.id);
	});
	interface NextRequest extends GuardableRequest {
		readonly cookies: { get(name: string): { value: string } | undefined };
	}
	nextGuard({ site: (r) => r.request.cookies.get("site")?.value }, async (request: NextRequest) => Response.json(request.cookies.get("site")));
	nextGuard<{ rest: string[] }>({ site: (r) => r.params.rest.at(0) }, async (_request, context) => Response.json((await context.params).rest));

	const nodeGuard = keywrightNode(OPTIONS);
	nodeGuard(rules, (request) => {
		same<typeof request.keywright, Admission>(true);
	});

	for (const guard of [fastifyGuard, expressGuard, honoGuard, nodeGuard.check]) {
		// @ts-expect-error: there is no such rule.
		assert.throws(() => guard({ permissions: "orders:read" }), /no rule "permissions"/);
	}
	// @ts-expect-error: the cost of a limit is a number.
	assert.throws(() => nodeGuard.check({ limits: { exports: "2" } }), /"limits" has no usable value/);
	// @ts-expect-error: the cost in a budget is a number.
	assert.throws(() => nodeGuard.check({ budgets: { credits: "25" } }), /"budgets" has no usable value/);
	nodeGuard.check({ budgets: (_request, target) => ({ credits: Number(target.query("size")), calls: 0 }) });
	// @ts-expect-error: a list is not an object of rules.
	assert.throws(() => nodeGuard.check(["orders:read"]), TypeError);
	// @ts-expect-error: undefined is not an object of rules; a misspelt variable has this value.
	assert.throws(() => nodeGuard.check(undefined), TypeError);
	// @ts-expect-error: a function is not an object of rules.
	assert.throws(() => nodeGuard.check(() => ({ tenant: "acme" })), TypeError);
	// @ts-expect-error: a Map is not an object of rules.
	assert.throws(() => nodeGuard.check(new Map([["tenant", "acme"]])), TypeError);
	// @ts-expect-error: a promise is not an object of rules.
	assert.throws(() => nodeGuard.check(Promise.resolve({ tenant: "acme" })), TypeError);
	// @ts-expect-error: a number is not an object of rules.
	assert.throws(() => nodeGuard.check(5), TypeError);
	// @ts-expect-error: an undefined rule is a mistake.
	assert.throws(() => nodeGuard.check({ tenant: undefined }), /"tenant" has no usable value/);
	// @ts-expect-error: limits are not a Map.
	assert.throws(() => nodeGuard.check({ limits: new Map([["exports", 5]]) }), /"limits" has no usable value/);
	// @ts-expect-error: limits are not a Date.
	assert.throws(() => nodeGuard.check({ limits: new Date() }), /"limits" has no usable value/);
	// @ts-expect-error: limits are not a promise.
	assert.throws(() => nodeGuard.check({ limits: Promise.resolve({ exports: 5 }) }), /"limits" has no usable value/);
	// @ts-expect-error: a rule is not asynchronous; its promise is refused at request time.
	nodeGuard.check({ limits: async () => ({ exports: 5 }) });
	// @ts-expect-error: a rule is not asynchronous.
	nodeGuard.check({ tenant: async () => "acme" });
	// @ts-expect-error: there is no such option.
	assert.throws(() => keywrightNode({ ...OPTIONS, timeout: 5 }), /no option "timeout"/);
	// @ts-expect-error: a guard of a handler needs the handler.
	assert.throws(() => nodeGuard(rules), /handler/);
	for (const { close } of [fastifyGuard, expressGuard, honoGuard, nextGuard, nodeGuard]) void close();
});
