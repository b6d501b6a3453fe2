import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { admitted, denied } from "../../testing/peer.ts";
import { parseDecision } from "./decision.ts";

const KEY = { id: "key_1", name: "a", environment: "prod", permissions: [], site_ids: null, expires_at: null };

test("an admission needs all that handlers rely on; without it there is no decision", () => {
	assert.equal(parseDecision(JSON.stringify(admitted()))?.allowed, true);
	const broken = [
		{ allowed: "true" },
		{ allowed: 1 },
		{ status: 204 },
		{ status: 403 },
		{ key: undefined },
		{ key: { ...KEY, site_ids: undefined } },
		{ key: { ...KEY, permissions: "orders:read" } },
		{ key: { ...KEY, expires_at: 5 } },
		{ tenant: null },
		{ tenant: { id: 5, name: "a" } },
		{ request_id: "req\r\nSet-Cookie: a" },
		{ code: "Not A Code" },
	];
	for (const change of broken) assert.equal(parseDecision(JSON.stringify(admitted(change))), null, JSON.stringify(change));
});

test("a denial has an error status: a refusal can never be sent as a success", () => {
	for (const status of [0, 100, 200, 302, 399, 600, 403.5])
		assert.equal(parseDecision(JSON.stringify(denied(status, "key_invalid"))), null, String(status));
	assert.equal(parseDecision(JSON.stringify(denied(403, "key_paused")))?.allowed, false);
});

test("nothing but a whole answer is an admission, whatever the text", () => {
	fc.assert(
		fc.property(
			fc.oneof(
				fc.json(),
				fc.string(),
				fc.object().map((value) => JSON.stringify({ ...value, allowed: true })),
			),
			(text) => {
				assert.equal(parseDecision(text)?.allowed ?? false, false);
			},
		),
	);
});

test("only headers of a decision are passed on, and none that could end its line", () => {
	const decision = parseDecision(
		JSON.stringify(
			denied(429, "rate_limited", { headers: { "retry-after": "3", "Set-Cookie": "a=b", RateLimit: "a\r\nX-Evil: 1", "WWW-Authenticate": 5 } }),
		),
	);
	assert.deepEqual(decision?.headers, { "Retry-After": "3" });
});

test("unknown fields are left out, so that a handler sees only what is promised", () => {
	const decision = parseDecision(JSON.stringify(admitted({ raw_key: "x", key: { ...KEY, mac: "x" } })));
	assert.ok(decision?.allowed);
	assert.equal("raw_key" in decision, false);
	assert.deepEqual(decision.key, KEY);
});
