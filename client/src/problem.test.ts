import assert from "node:assert/strict";
import { test } from "node:test";
import { ERRORS } from "../../server/src/core/error.ts";
import { admitted, denied } from "../testing/peer.ts";
import { CODES } from "./codes.ts";
import { getHeaders, getProblem } from "./problem.ts";
import { type Denial, deny, parseDecision } from "./verifier/decision.ts";

function getDenial(answer: Record<string, unknown>): Denial {
	const decision = parseDecision(JSON.stringify(answer));
	assert.ok(decision && !decision.allowed);
	return decision;
}

test("statuses and titles are the server's", () => {
	for (const [code, { status, title }] of Object.entries(CODES)) {
		const entry = Object.entries(ERRORS).find(([name]) => name === code);
		assert.deepEqual({ status: entry?.[1].status, title: entry?.[1].title }, { status, title }, code);
	}
});

test("a problem has the members of RFC 9457 and names its decision", () => {
	const problem = getProblem(getDenial(denied(403, "permission_missing")), { type_base: "https://example.com/errors/" });
	assert.equal(problem.status, 403);
	assert.deepEqual(JSON.parse(problem.body), {
		type: "https://example.com/errors/permission_missing",
		title: "The key does not have the required permission",
		status: 403,
		detail: "Refused as permission_missing.",
		instance: "urn:keywright:request:req_denied",
		code: "permission_missing",
		request_id: "req_denied",
	});
	assert.equal(problem.headers["Content-Type"], "application/problem+json");
	assert.equal(problem.headers["Cache-Control"], "no-store");
	assert.equal(problem.headers["X-Request-Id"], "req_denied");
	assert.equal(problem.headers["WWW-Authenticate"], undefined);
	assert.equal(problem.headers["Retry-After"], undefined);
});

test("type is this API's page of the code, else Keywright's, else a URN", () => {
	const getType = (denial: Denial, options = {}): string => JSON.parse(getProblem(denial, options).body).type;
	const named = getDenial(denied(403, "key_paused", { type: "https://keys.example/errors/key_paused" }));
	assert.equal(getType(named, { type_base: "https://example.com/" }), "https://example.com/key_paused");
	assert.equal(getType(named), "https://keys.example/errors/key_paused");
	assert.equal(getType(getDenial(denied(403, "key_paused"))), "urn:keywright:error:key_paused");
});

test("a 401 carries a challenge: the answer's, or this API's own realm, quoted", () => {
	assert.equal(getProblem(deny("key_missing", "x")).headers["WWW-Authenticate"], 'ApiKey realm="api"');
	const answered = getDenial(denied(401, "key_invalid", { headers: { "www-authenticate": 'ApiKey realm="shop"' } }));
	assert.equal(getProblem(answered).headers["WWW-Authenticate"], 'ApiKey realm="shop"');
	assert.equal(getProblem(answered, { realm: 'my "orders"\r\nX: 1' }).headers["WWW-Authenticate"], 'ApiKey realm="my \\"orders\\"X: 1"');
});

test("429 and 503 always have Retry-After", () => {
	assert.equal(getProblem(getDenial(denied(429, "rate_limited", { headers: { "Retry-After": "17" } }))).headers["Retry-After"], "17");
	assert.equal(getProblem(getDenial(denied(429, "rate_limited"))).headers["Retry-After"], "1");
	assert.equal(getProblem(getDenial(denied(503, "unavailable"))).headers["Retry-After"], "1");
});

test("rate limits are on admissions and refusals alike", () => {
	const decision = parseDecision(JSON.stringify(admitted()));
	assert.ok(decision);
	assert.equal(getHeaders(decision).RateLimit, '"burst";r=50;t=30');
	assert.equal(getHeaders(decision)["RateLimit-Policy"], '"burst";q=100;w=60');
	const refused = getDenial(denied(403, "permission_missing", { headers: { RateLimit: '"burst";r=1;t=2' } }));
	assert.equal(getProblem(refused).headers.RateLimit, '"burst";r=1;t=2');
});

test("a code of a newer server is passed on with the usual title of its status", () => {
	const problem = getProblem(getDenial(denied(403, "moon_in_wrong_phase")));
	assert.equal(JSON.parse(problem.body).title, "Forbidden");
	assert.equal(JSON.parse(getProblem(getDenial(denied(403, "constructor"))).body).title, "Forbidden");
});
