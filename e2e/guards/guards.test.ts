/** The behaviour table of `@keywright/client` on hosts that need their own process; hosts in Node are in the unit tests. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, denied, RAW_KEY, sends } from "../../client/testing/peer.ts";
import { assertProblem, describeBehaviour, type Stage } from "../../client/testing/run-behaviour.ts";
import { startNext } from "./next.ts";

const KEY_LINE = ["X-API-Key", RAW_KEY] as const;

describeBehaviour("Next", startNext, { address: null, lines: false, closes: true, normalises: true }, ({ url, peer }: Stage) => {
	test("the option `ip` sets the caller's address", async () => {
		await call(url("/any"), { lines: [KEY_LINE, ["X-Real-IP", "203.0.113.9"]] });
		assert.equal(JSON.parse(peer().asked[0]?.body ?? "").request.ip, "203.0.113.9");
	});

	test("proxy.ts refuses a request, or forwards it and adds the headers of a keyed response", async () => {
		assertProblem(await call(url("/proxied")), 401, "key_missing");
		const reply = await call(url("/proxied"), { lines: [KEY_LINE] });
		assert.deepEqual([reply.status, reply.body], [200, '{"proxied":true}']);
		assert.equal(reply.headers.ratelimit, '"burst";r=50;t=30');
		assert.equal(reply.headers["cache-control"], "no-store");
		peer().respond = sends(denied(403, "permission_missing"));
		assertProblem(await call(url("/proxied"), { lines: [KEY_LINE] }), 403, "permission_missing");
	});

	test("proxy.ts and a handler with the same rules charge a request once", async () => {
		const lines = [KEY_LINE, ["X-Keywright-Handed-On", "a".repeat(32)] as const];
		const reply = await call(url("/twice/acme"), { lines });
		assert.deepEqual([reply.status, reply.body], [200, '{"tenant":"acme"}']);
		assert.equal(peer().asked.length, 1);
		assert.ok(!/handed-on/.test(JSON.stringify(reply.headers)), "the token stays inside");
		peer().respond = sends(denied(401, "key_revoked"));
		assertProblem(await call(url("/twice/acme"), { lines }), 401, "key_revoked");
		assert.equal(peer().asked.length, 2);
	});

	test("next build needs no credential for a route with revalidate, whose responses are not cached for other callers", async () => {
		assert.equal((await call(url("/kept"), { lines: [KEY_LINE] })).status, 200);
		assertProblem(await call(url("/kept")), 401, "key_missing");
		assert.equal((await call(url("/kept"), { lines: [KEY_LINE] })).status, 200);
		assert.equal(peer().asked.length, 2);
	});

	test("no request header bypasses the guard", async () => {
		const names = ["proxy:proxy:proxy:proxy:proxy", "middleware:middleware:middleware:middleware:middleware", "src/proxy"];
		const lines = names.flatMap((name) => [["X-Middleware-Subrequest", name] as const, ["X-Middleware-Next", "1"] as const]);
		for (const path of ["/proxied", "/any", "/tenants/acme/orders"]) {
			assertProblem(await call(url(path), { lines }), 401, "key_missing");
			// Next's internal requests may be redirected first; the guard still refuses them.
			const reply = await call(url(`${path}?_rsc=x`), { lines: [...lines, ["RSC", "1"], ["Next-Router-Prefetch", "1"]] });
			assert.ok([307, 401].includes(reply.status), `${reply.status}`);
		}
		assert.deepEqual(JSON.parse((await call(url("/__seen"))).body).handled, []);
		assert.deepEqual(peer().asked, []);
	});

	test("the snippets of the README make a working app", async () => {
		assert.equal((await call(url("/readme/tenants/acme/orders"))).status, 401);
		const reply = await call(url("/readme/tenants/acme/orders"), { lines: [KEY_LINE] });
		assert.deepEqual([reply.status, JSON.parse(reply.body)], [200, { orders_of: "Acme" }]);
	});
});
