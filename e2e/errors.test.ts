import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { readdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ERRORS, type ErrorCode } from "../server/src/core/error.ts";
import { type Answer, inParallel } from "./client.ts";
import { postgresPid } from "./data-folder.ts";
import { Database } from "./database.ts";
import { Browser, newMember, newPortalPerson, PASSWORD } from "./people.ts";
import { assertPointer, assertProblem, getRemaining } from "./problem.ts";
import { freeze } from "./processes.ts";
import { exchange, requestText, Wire } from "./raw-socket.ts";
import { type Server, startServer } from "./server.ts";
import { expectStatus, makeKey, makePlan, makeService, makeSite, makeText, makeWorld, newName } from "./things.ts";

/** Long enough that a busy machine renews it in time. */
const LEASE_MS = 3_000;
/** A usage flush starts one second after the previous one has ended. */
const USE_SHOWN_DEADLINE_MS = 5_000;
const FAILURES_PER_MINUTE = 20;
const REFUSALS_PER_MINUTE = 600;
/** Small enough for a test to exceed, large enough for PostgreSQL's 16 MiB WAL segments. */
const FILE_KIB_MAX = 24_576;
const LIMITS = [
	{ name: "burst", requests: 10_000, window_seconds: 60, per: "key" },
	{ name: "all", requests: 20_000, window_seconds: 60, per: "tenant" },
];
/** Sent in requests; no response may contain it. */
const CANARY = "canary7Zq";

const tested = new Set<ErrorCode>();
let server: Server;
let slow: Wire;
let world: Awaited<ReturnType<typeof makeWorld>>;

before(async () => {
	server = await startServer({
		env: {
			KEYWRIGHT_LEASE_SECONDS: String(LEASE_MS / 1_000),
			KEYWRIGHT_TRUSTED_PROXIES: "127.0.0.1",
			KEYWRIGHT_AUTH_FAILURES_PER_MINUTE: String(FAILURES_PER_MINUTE),
		},
		prelude: `ulimit -f ${FILE_KIB_MAX}`,
	});
	// Started here because it takes as long as all other tests together.
	slow = await Wire.open(server.port);
	slow.write("GET /api/v1/m2m/whoami HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ");
	world = await makeWorld(server, { rate_limits: LIMITS });
});

after(async () => {
	slow.destroy();
	await server.stop();
});

/** Defines the test of one error code. */
function guarantee(code: ErrorCode, sentence: string, work: () => Promise<void>): void {
	tested.add(code);
	test(`${code}: ${sentence}`, work);
}

let addresses = 0;

/** A source address that no other request of these tests has. */
function newAddress(): { "x-forwarded-for": string } {
	addresses += 1;
	return { "x-forwarded-for": `198.51.${Math.floor(addresses / 250)}.${(addresses % 250) + 1}` };
}

function whoami(raw_key: string, headers: Record<string, string> = newAddress()): Promise<Answer> {
	return server.keyed(raw_key, "GET", "/whoami", undefined, headers);
}

/** Asserts that `ask` is refused with `code`, that the responses report the remaining limits, and that a refusal consumes none of them. */
async function assertUnspent(code: ErrorCode, ask: () => Promise<Answer>): Promise<Answer> {
	const [first, second] = [await ask(), await ask()];
	for (const answer of [first, second]) assertProblem(answer, code, [CANARY]);
	const left = getRemaining(first);
	ok(Object.keys(left).length > 0, "RateLimit headers on an answer to a right secret");
	deepEqual(getRemaining(second), left);
	return first;
}

/** `raw_key` with another last character of its secret and the checksum that belongs to it is not made here: this only breaks the checksum. */
function withWrongChecksum(raw_key: string): string {
	return raw_key.slice(0, -1) + (raw_key.endsWith("0") ? "1" : "0");
}

guarantee("invalid_request", "a malformed body, query or header is refused with pointers and what to do", async () => {
	const { tenant, raw_key } = world;
	const wrong = { name: "", environment: CANARY, owner: 7, expires_at: CANARY };
	const body = await server.management(tenant.id, "POST", "/api-keys", wrong);
	assertProblem(body, "invalid_request", [CANARY]);
	for (const pointer of ["/name", "/environment", "/owner", "/expires_at"]) assertPointer(body, pointer);
	const query = await server.management(tenant.id, "GET", `/api-keys?limit=${CANARY}`);
	assertProblem(query, "invalid_request", [CANARY]);
	assertPointer(query, "/query/limit");
	const syntax = await server.operator("POST", "/services", `{"name": ${CANARY}`, { "content-type": "application/json" });
	assertProblem(syntax, "invalid_request", [CANARY]);
	match(String(syntax.json.detail), /line 1, column 10/);
	const twice = await server.management(tenant.id, "GET", "/api-keys?limit=1&limit=2");
	assertProblem(twice, "invalid_request");
	const idempotency = await server.management(tenant.id, "POST", "/sites", { name: "S" }, { "idempotency-key": `${CANARY} with spaces` });
	assertProblem(idempotency, "invalid_request", [CANARY]);
	const keyed = await server.keyed(raw_key, "GET", `/tenants/${tenant.id}/usage?from=${CANARY}`);
	assertProblem(keyed, "invalid_request", [CANARY]);
	ok(getRemaining(keyed).burst);
});

guarantee("unknown_field", "a field that is not known is refused by its name, in body and query", async () => {
	const { tenant, site, raw_key } = world;
	const body = await server.management(tenant.id, "POST", "/sites", { name: "Shop", colour: CANARY });
	assertProblem(body, "unknown_field", [CANARY]);
	assertPointer(body, "/colour");
	const nested = await server.management(tenant.id, "POST", "/api-keys", {
		name: "a-b-c",
		environment: "prod",
		owner: { name: "O", phone: CANARY },
	});
	assertProblem(nested, "unknown_field", [CANARY]);
	assertPointer(nested, "/owner/phone");
	const query = await server.operator("GET", `/tenants?page=${CANARY}`);
	assertProblem(query, "unknown_field", [CANARY]);
	assertPointer(query, "/query/page");
	const text = await server.keyed(raw_key, "POST", `/sites/${site.id}/documents/text`, { title: "T", content: "C", author: CANARY });
	assertProblem(text, "unknown_field", [CANARY]);
	ok(getRemaining(text).burst);
	assertPointer(text, "/author");
});

guarantee("multiple_credentials", "one request has one identity: two credentials are refused before either is looked at", async () => {
	const { raw_key } = world;
	const two = await exchange(server.port, requestText("GET", "/api/v1/m2m/whoami", [`X-API-Key: ${raw_key}`, `x-api-key: ${raw_key}`]));
	const both = await server.send({ method: "GET", path: "/api/v1/m2m/whoami", headers: { "x-api-key": raw_key, ...server.bearer } });
	const bearers = await exchange(
		server.port,
		requestText("GET", "/api/v1/operator/plans", [`Authorization: Bearer ${server.operator_token}`, `Authorization: Bearer ${CANARY}`]),
	);
	for (const answer of [two, both, bearers]) assertProblem(answer, "multiple_credentials", [raw_key, server.operator_token, CANARY]);
});

guarantee("ambiguous_path", "a path that two parsers could read differently is refused, with any key or none", async () => {
	for (const path of ["/api/v1/m2m/../m2m/whoami", "/api/v1//m2m/whoami", "/api/v1/m2m/%2e%2e/whoami", `/api/v1/m2m/sites/${CANARY}%2fdocuments`]) {
		for (const headers of [{}, { "x-api-key": world.raw_key }])
			assertProblem(await server.send({ method: "GET", path, headers }), "ambiguous_path", [CANARY]);
	}
});

guarantee("key_missing", "a missing or blank key gets the name of the header, and a key in another place is reported as exposed", async () => {
	const { raw_key, tenant } = world;
	for (const headers of [{}, { "x-api-key": "" }, { "x-api-key": "   " }]) {
		const answer = await server.send({ method: "GET", path: "/api/v1/m2m/whoami", headers });
		assertProblem(answer, "key_missing");
		match(String(answer.json.detail), /X-API-Key/);
		equal(answer.header("ratelimit"), "");
	}
	const path = `/api/v1/m2m/tenants/${tenant.id}/limits`;
	const elsewhere: [RegExp, string, Record<string, string>][] = [
		[/URL/, `${path}?api_key=${raw_key}`, {}],
		[/cookie/, path, { cookie: `key=${raw_key}` }],
		[/Authorization/, path, { authorization: `Bearer ${raw_key}` }],
	];
	for (const [place, target, headers] of elsewhere) {
		const answer = await server.send({ method: "GET", path: target, headers });
		assertProblem(answer, "key_missing", [raw_key, raw_key.slice(20)]);
		match(String(answer.json.detail), place);
		match(String(answer.json.detail), /replace/);
	}
	const inBody = await server.send({ method: "POST", path: `/api/v1/m2m/sites/${world.site.id}/documents/text`, body: { raw_key } });
	assertProblem(inBody, "key_missing", [raw_key]);
});

guarantee("key_invalid", "a wrong key is refused, and where only its shape is wrong the detail names the mistake", async () => {
	const { raw_key } = world;
	const secret = raw_key.slice(-38, -6);
	const mistakes: [string, RegExp][] = [
		[raw_key.slice(0, -1), /57 of 58/],
		[`"${raw_key}"`, /quot/i],
		[`Bearer ${raw_key}`, /Bearer/],
		[withWrongChecksum(raw_key), /./],
		[CANARY, /./],
		["$API_KEY", /./],
		[raw_key.replace("kw_prod", "kw_live"), /prod, staging|environment/],
		[`${raw_key}${raw_key}`, /./],
	];
	for (const [text, detail] of mistakes) {
		const answer = await whoami(text);
		assertProblem(answer, "key_invalid", [secret, CANARY]);
		match(String(answer.json.detail), detail);
		equal(answer.header("ratelimit"), "");
	}
	const newline = await whoami(`${raw_key}%0a`);
	assertProblem(newline, "key_invalid", [secret]);
});

guarantee("key_expired", "an expired key gets this code only if its complete secret is right", async () => {
	const until = new Date(Date.now() + 2_000).toISOString();
	const { raw_key } = await makeKey(server, world.tenant.id, { expires_at: until });
	const while_it_lives = expectStatus(await whoami(raw_key), 200);
	equal(while_it_lives.header("x-api-key-expires"), until);
	await sleep(2_050);
	const answer = await assertUnspent("key_expired", () => whoami(raw_key));
	ok(String(answer.json.detail).includes(until));
});

guarantee("key_revoked", "a revoked key gets this code and never works again", async () => {
	const made = await makeKey(server, world.tenant.id);
	const path = `/api-keys/${made.id}`;
	expectStatus(await server.management(world.tenant.id, "POST", `${path}/revoke`, { reason: "other" }), 200);
	const answer = await assertUnspent("key_revoked", () => whoami(made.raw_key));
	ok(String(answer.json.detail).includes(made.key.name));
	assertProblem(await server.management(world.tenant.id, "POST", `${path}/resume`), "conflict");
	assertProblem(await whoami(made.raw_key), "key_revoked");
	assertProblem(await whoami(withWrongChecksum(made.raw_key)), "key_invalid");
});

/** A key with a rotation in progress, or with one that ended at once (overlap 0). */
async function newRotation(input: Record<string, unknown> = {}) {
	const made = await makeKey(server, world.tenant.id);
	const path = `/api-keys/${made.id}`;
	const begun = expectStatus(await server.management(world.tenant.id, "POST", `${path}/rotate`, input), 201);
	const { raw_key, rotation } = begun.as<{ raw_key: string; rotation: { id: string } }>();
	const ask = (method: string, rest: string, body?: unknown) => server.management(world.tenant.id, method, `${path}${rest}`, body);
	return { made, raw_key, rotation_id: rotation.id, ask };
}

guarantee("key_rotated", "a replaced secret gets this code from the next request on, and the new secret works", async () => {
	const { made, raw_key } = await newRotation({ overlap_seconds: 0 });
	const answer = await assertUnspent("key_rotated", () => whoami(made.raw_key));
	match(String(answer.json.detail), /was replaced/);
	equal(answer.header("x-api-key-expires"), "");
	expectStatus(await whoami(raw_key), 200);
});

guarantee("rotation_in_progress", "a secret is replaced once at a time, and the one under way is named", async () => {
	const { rotation_id, ask } = await newRotation();
	const again = await ask("POST", "/rotate", {});
	assertProblem(again, "rotation_in_progress");
	equal(again.json.rotation_id, rotation_id);
});

guarantee("old_secret_still_in_use", "who has not moved is named, and both secrets go on", async () => {
	const { made, raw_key, rotation_id, ask } = await newRotation();
	expectStatus(await whoami(made.raw_key), 200);
	const unused = await ask("POST", `/rotations/${rotation_id}/complete`, {});
	assertProblem(unused, "old_secret_still_in_use");
	ok(Array.isArray(unused.json.stragglers));
	for (const secret of [made.raw_key, raw_key]) expectStatus(await whoami(secret), 200);
});

guarantee("successor_in_use", "a new secret that is used is not taken away again without force", async () => {
	const { raw_key, rotation_id, ask } = await newRotation();
	expectStatus(await whoami(raw_key), 200);
	for (const until = performance.now() + USE_SHOWN_DEADLINE_MS; performance.now() < until; await sleep(50))
		if ((await ask("GET", `/rotations/${rotation_id}`)).json.status !== "issued") break;
	assertProblem(await ask("POST", `/rotations/${rotation_id}/cancel`, {}), "successor_in_use");
	expectStatus(await whoami(raw_key), 200);
	expectStatus(await ask("POST", `/rotations/${rotation_id}/cancel`, { force: true }), 200);
	assertProblem(await whoami(raw_key), "key_rotated");
});

guarantee("credential_missing", "management, operator and verify routes ask for their bearer token; an API key is none", async () => {
	const { raw_key, tenant } = world;
	const calls = [
		{ method: "GET", path: "/api/v1/operator/plans" },
		{ method: "GET", path: `/api/v1/tenants/${tenant.id}/api-keys` },
		{ method: "POST", path: `/api/v1/tenants/${tenant.id}/api-keys`, body: "{ no JSON" },
		{ method: "POST", path: "/api/v1/verify", body: { raw_key } },
		{ method: "GET", path: "/metrics" },
	];
	for (const call of calls) {
		for (const headers of [{}, { authorization: " " }, { "x-api-key": raw_key }]) {
			const answer = await server.send({ ...call, headers });
			assertProblem(answer, "credential_missing", [raw_key]);
			match(String(answer.json.detail), /Bearer/);
		}
	}
});

guarantee("credential_invalid", "a wrong token is refused alike whatever is wrong with it, before tenant and body are looked at", async () => {
	const { raw_key, tenant } = world;
	const { credential } = await makeService(server);
	const wrong = ["Basic b3A6b3A=", `Bearer ${CANARY}`, `Bearer ${raw_key}`, `Bearer ${credential}`, server.operator_token, "Bearer a b"];
	for (const authorization of wrong) {
		for (const path of ["/api/v1/operator/plans", `/api/v1/tenants/${tenant.id}/api-keys`, "/api/v1/tenants/none/api-keys"]) {
			const answer = await server.send({ method: "GET", path, headers: { authorization } });
			assertProblem(answer, "credential_invalid", [CANARY, raw_key, credential.slice(-20), server.operator_token]);
		}
	}
	const unchecked = credential.slice(0, -1) + (credential.endsWith("0") ? "1" : "0");
	for (const token of [server.operator_token, unchecked, CANARY, raw_key])
		assertProblem(await server.verify(token, "{ no JSON"), "credential_invalid", [token]);
});

guarantee("key_paused", "a paused key is refused until it is resumed", async () => {
	const made = await makeKey(server, world.tenant.id);
	const path = `/api-keys/${made.id}`;
	expectStatus(await server.management(world.tenant.id, "POST", `${path}/pause`), 200);
	await assertUnspent("key_paused", () => whoami(made.raw_key));
	expectStatus(await server.management(world.tenant.id, "POST", `${path}/resume`), 200);
	expectStatus(await whoami(made.raw_key), 200);
});

guarantee("tenant_suspended", "a suspended tenant's keys are refused, reads and revocations go on, every other change is refused", async () => {
	const { tenant, raw_key, made, site } = await makeWorld(server, { rate_limits: LIMITS });
	expectStatus(await server.operator("PATCH", `/tenants/${tenant.id}`, { status: "suspended" }), 200);
	await assertUnspent("tenant_suspended", () => whoami(raw_key));
	const changes: [string, string, unknown][] = [
		["POST", "/api-keys", { name: "a-b-c", environment: "prod", owner: "O" }],
		["PATCH", `/api-keys/${made.id}`, { name: "d-e-f" }],
		["POST", `/api-keys/${made.id}/pause`, undefined],
		["POST", "/sites", { name: "S" }],
		["PATCH", `/sites/${site.id}`, { name: "T" }],
		["DELETE", `/sites/${site.id}`, undefined],
		["POST", "/api-keys", "{ no JSON"],
	];
	for (const [method, path, body] of changes) assertProblem(await server.management(tenant.id, method, path, body), "tenant_suspended");
	expectStatus(await server.management(tenant.id, "GET", `/api-keys/${made.id}`), 200);
	expectStatus(await server.management(tenant.id, "POST", `/api-keys/${made.id}/revoke`, { reason: "other" }), 200);
	expectStatus(await server.operator("PATCH", `/tenants/${tenant.id}`, { status: "active" }), 200);
	assertProblem(await whoami(raw_key), "key_revoked");
});

guarantee("ip_not_allowed", "a key with a list of addresses is refused from every other one", async () => {
	const { raw_key } = await makeKey(server, world.tenant.id, { allowed_ips: ["203.0.113.0/24", "2001:db8::/48"] });
	for (const address of ["203.0.113.9", "2001:db8::77"]) expectStatus(await whoami(raw_key, { "x-forwarded-for": address }), 200);
	for (const address of ["203.0.114.1", "2001:db8:1::1", "", CANARY])
		await assertUnspent("ip_not_allowed", () => whoami(raw_key, { "x-forwarded-for": address }));
	expectStatus(await whoami(raw_key, { "x-forwarded-for": "192.0.2.1, 203.0.113.9" }), 200);
	assertProblem(await whoami(raw_key, { "x-forwarded-for": "203.0.113.9, 192.0.2.1" }), "ip_not_allowed");
});

guarantee("client_not_allowed", "a browser or an app is refused where the tenant's policy blocks it, a server is not", async () => {
	const { tenant, raw_key } = await makeWorld(server, { rate_limits: LIMITS });
	expectStatus(await server.operator("PATCH", `/tenants/${tenant.id}`, { client_policy: "observe" }), 200);
	const clients = [{ origin: "https://shop.example" }, { "sec-fetch-site": "cross-site" }, { "user-agent": "okhttp/4.12.0" }];
	for (const headers of clients) expectStatus(await whoami(raw_key, { ...headers, ...newAddress() }), 200);
	expectStatus(await server.operator("PATCH", `/tenants/${tenant.id}`, { client_policy: "block" }), 200);
	for (const headers of clients) await assertUnspent("client_not_allowed", () => whoami(raw_key, { ...headers, ...newAddress() }));
	expectStatus(await whoami(raw_key, { "user-agent": "python-requests/2.32", ...newAddress() }), 200);
});

guarantee("environment_mismatch", "a key is refused at a site that is bound to another environment", async () => {
	const staging = await makeSite(server, world.tenant.id, { environment: "staging" });
	const answer = await assertUnspent("environment_mismatch", () => server.keyed(world.raw_key, "GET", `/sites/${staging.id}`));
	match(String(answer.json.detail), /prod.*staging/);
	const made = await makeKey(server, world.tenant.id, { environment: "staging", name: newName("staging-bot") });
	expectStatus(await server.keyed(made.raw_key, "GET", `/sites/${staging.id}`), 200);
	expectStatus(await server.keyed(made.raw_key, "GET", `/sites/${world.site.id}`), 200);
});

guarantee("capability_not_in_plan", "what the plan does not include is refused by its name, for keys and for their makers", async () => {
	const { plan_id, tenant, site, raw_key } = await makeWorld(server, { rate_limits: LIMITS });
	await makePlan(server, { id: plan_id, capabilities: ["m2m_api"], rate_limits: LIMITS });
	const answer = await assertUnspent("capability_not_in_plan", () => server.keyed(raw_key, "GET", `/sites/${site.id}/documents`));
	equal(answer.json.capability, "documents");
	await makePlan(server, { id: plan_id, capabilities: [], rate_limits: LIMITS });
	const limits = await assertUnspent("capability_not_in_plan", () => server.keyed(raw_key, "GET", `/tenants/${tenant.id}/limits`));
	equal(limits.json.capability, "m2m_api");
	expectStatus(await whoami(raw_key), 200);
	const create = await server.management(tenant.id, "POST", "/api-keys", { name: "prod-a-b", environment: "prod", owner: "O" });
	assertProblem(create, "capability_not_in_plan");
	equal(create.json.capability, "m2m_api");
});

guarantee("permission_missing", "what the key may not do is refused by its name", async () => {
	const { tenant, site } = world;
	const { raw_key } = await makeKey(server, tenant.id, { permissions: [] });
	const routes: [string, string, string][] = [
		["tenant:read", "GET", `/tenants/${tenant.id}/limits`],
		["usage:read", "GET", `/tenants/${tenant.id}/usage`],
		["sites:read", "GET", `/tenants/${tenant.id}/sites`],
		["sites:read", "GET", `/sites/${site.id}`],
		["documents:read", "GET", `/sites/${site.id}/documents`],
		["documents:read", "GET", `/sites/${site.id}/documents/doc_x`],
		["documents:read", "GET", `/sites/${site.id}/documents/doc_x/content`],
		["documents:write", "POST", `/sites/${site.id}/documents`],
		["documents:write", "POST", `/sites/${site.id}/documents/text`],
		["documents:write", "DELETE", `/sites/${site.id}/documents/doc_x`],
	];
	for (const [permission, method, path] of routes) {
		const answer = await assertUnspent("permission_missing", () => server.keyed(raw_key, method, path));
		equal(answer.json.permission, permission);
	}
	expectStatus(await whoami(raw_key), 200);
});

guarantee("role_not_allowed", "the response to an insufficient role names the required role and the actual one", async () => {
	const { tenant } = world;
	const viewers = [(await newMember(server, tenant.id, "viewer")).browser, await newPortalPerson(server, tenant.id, "viewer")];
	for (const viewer of viewers) {
		for (const body of [{ name: CANARY }, "{ no JSON"]) {
			const answer = await viewer.management(tenant.id, "POST", "/sites", body, { "content-type": "application/json" });
			assertProblem(answer, "role_not_allowed", [CANARY]);
			deepEqual([answer.json.role_needed, answer.json.role], ["admin", "viewer"]);
			match(String(answer.json.detail), /admin or owner.*viewer/);
		}
		expectStatus(await viewer.management(tenant.id, "GET", "/sites"), 200);
	}
});

guarantee("confirmation_needed", "making secrets needs a password that was entered within the hour; reading and stopping never do", async () => {
	const { tenant } = world;
	const { browser, email } = await newMember(server, tenant.id, "owner");
	const members = expectStatus(await browser.management(tenant.id, "GET", "/members?limit=100"), 200).as<{ data: { id: string; email: string }[] }>();
	const owner = { name: "O", member_id: members.data.find((member) => member.email === email)?.id };
	const due = await makeKey(server, tenant.id, { owner, rotate_every_days: 30 });
	const hand_over = (fields: object) => browser.management(tenant.id, "PATCH", `/api-keys/${due.id}`, fields);
	const database = await Database.open(server.data_dir);
	try {
		await database.rows("update sign_in_sessions set confirmed_at = now() - interval '61 minutes'");
	} finally {
		await database.close();
	}
	const create = () => browser.management(tenant.id, "POST", "/api-keys", { name: "prod-a-b", environment: "prod", owner: "O" });
	const answer = await create();
	assertProblem(answer, "confirmation_needed");
	match(String(answer.json.detail), /session\/confirm/);
	assertProblem(await browser.management(tenant.id, "POST", "/invitations", { role: "viewer" }), "confirmation_needed");
	assertProblem(await hand_over({ auto_rotate: "handover" }), "confirmation_needed");
	expectStatus(await hand_over({ name: "prod-renamed", auto_rotate: "self" }), 200);
	const by_operator = { auto_rotate: "handover" };
	expectStatus(await server.management(tenant.id, "PATCH", `/api-keys/${due.id}`, by_operator), 200);
	assertProblem(await hand_over({ owner: { ...owner, name: "Another" } }), "confirmation_needed");
	expectStatus(await hand_over({ name: "prod-renamed-again", auto_rotate: null }), 200);
	expectStatus(await browser.management(tenant.id, "GET", "/api-keys"), 200);
	const made = await makeKey(server, tenant.id);
	expectStatus(await browser.management(tenant.id, "POST", `/api-keys/${made.id}/revoke`, { reason: "other" }), 200);
	const wrong = await browser.send("POST", "/api/v1/session/confirm", { password: CANARY });
	assertProblem(wrong, "invalid_request", [CANARY]);
	assertPointer(wrong, "/password");
	assertProblem(await create(), "confirmation_needed");
	expectStatus(await browser.send("POST", "/api/v1/session/confirm", { password: PASSWORD }), 204);
	expectStatus(await create(), 201);
	expectStatus(await hand_over({ auto_rotate: "handover" }), 200);
});

guarantee("cross_site_request", "a page of another site can neither use a person's cookie nor sign a person in", async () => {
	const { browser, email } = await newMember(server, world.tenant.id, "owner");
	const create = { method: "POST", path: `/api/v1/tenants/${world.tenant.id}/sites`, body: { name: CANARY } };
	for (const headers of [{}, { origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }])
		assertProblem(await browser.bare({ ...create, headers }), "cross_site_request", [CANARY]);
	const sign_in = await new Browser(server).send(
		"POST",
		"/api/auth/sign-in/email",
		{ email, password: PASSWORD },
		{ origin: "https://evil.example" },
	);
	assertProblem(sign_in, "cross_site_request");
	equal(sign_in.header("set-cookie"), "");
	expectStatus(await browser.bare({ ...create, headers: { origin: server.url } }), 201);
});

guarantee("not_found", "unknown resources and another tenant's are not found; a key gets the id of its own tenant", async () => {
	const other = await makeWorld(server);
	const { tenant, raw_key } = world;
	for (const path of [`/tenants/${other.tenant.id}/limits`, `/sites/${other.site.id}`, `/tenants/${CANARY}/limits`, `/sites/${CANARY}`]) {
		const answer = await assertUnspent("not_found", () => server.keyed(raw_key, "GET", path));
		ok(String(answer.json.detail).includes(tenant.id));
	}
	for (const path of [`/api-keys/${other.made.id}`, `/api-keys/${CANARY}`, `/sites/${other.site.id}`])
		assertProblem(await server.management(tenant.id, "GET", path), "not_found", [CANARY, other.made.id]);
	assertProblem(await server.management(CANARY, "GET", "/api-keys"), "not_found", [CANARY]);
	for (const path of [`/tenants/${CANARY}`, `/plans/${CANARY}`]) assertProblem(await server.operator("GET", path), "not_found", [CANARY]);
	assertProblem(await server.send({ method: "GET", path: `/${CANARY}` }), "not_found", [CANARY]);
	assertProblem(await server.send({ method: "GET", path: `/problems/${CANARY}` }), "not_found", [CANARY]);
});

guarantee("method_not_allowed", "a known path says which methods it knows", async () => {
	const known: [string, string, string][] = [
		["DELETE", "/api/v1/m2m/whoami", "GET"],
		["PUT", `/api/v1/m2m/sites/${world.site.id}/documents`, "GET, POST"],
		["POST", "/api/v1/operator/plans", "GET"],
		["GET", "/api/v1/verify", "POST"],
		["OPTIONS", `/api/v1/tenants/${world.tenant.id}/api-keys`, "GET, POST"],
	];
	for (const [method, path, allow] of known) {
		const answer = await server.send({ method, path });
		assertProblem(answer, "method_not_allowed");
		equal(answer.header("allow"), allow);
	}
});

guarantee("request_timeout", "headers that do not arrive in time end the connection with an answer", async () => {
	ok(await slow.waitClosed(30_000), "the slow connection is closed");
	assertProblem(await slow.answer(), "request_timeout");
});

guarantee("conflict", "what is there already or does not fit the plan is refused with what is so", async () => {
	const { plan_id, tenant } = await makeWorld(server, { limits: { api_keys: 1, sites: 1 } });
	assertProblem(await server.operator("POST", "/tenants", { id: tenant.id, name: "Again", plan_id }), "conflict");
	const key = await server.management(tenant.id, "POST", "/api-keys", { name: "prod-a-b", environment: "prod", owner: "O" });
	assertProblem(key, "conflict");
	deepEqual([key.json.max, key.json.used], [1, 1]);
	const site = await server.management(tenant.id, "POST", "/sites", { name: "Second" });
	assertProblem(site, "conflict");
	assertProblem(await server.operator("DELETE", `/plans/${plan_id}`), "conflict");
	const roomy = await makeWorld(server, { limits: { documents: 1 }, rate_limits: LIMITS });
	await makeText(server, roomy.raw_key, roomy.site.id);
	const full = await server.keyed(roomy.raw_key, "POST", `/sites/${roomy.site.id}/documents/text`, { title: CANARY, content: CANARY });
	assertProblem(full, "conflict", [CANARY]);
	ok(getRemaining(full).burst);
	assertProblem(await server.management(roomy.tenant.id, "DELETE", `/sites/${roomy.site.id}`), "conflict");
});

guarantee("idempotency_mismatch", "an Idempotency-Key belongs to one request", async () => {
	const headers = { "idempotency-key": newName("once") };
	const first = expectStatus(await server.management(world.tenant.id, "POST", "/sites", { name: "One" }, headers), 201);
	const repeat = expectStatus(await server.management(world.tenant.id, "POST", "/sites", { name: "One" }, headers), 201);
	equal(repeat.text, first.text);
	assertProblem(await server.management(world.tenant.id, "POST", "/sites", { name: "Two" }, headers), "idempotency_mismatch", [
		headers["idempotency-key"],
	]);
	const keyed = { "idempotency-key": newName("once") };
	const path = `/sites/${world.site.id}/documents/text`;
	const text = expectStatus(await server.keyed(world.raw_key, "POST", path, { title: "A", content: "A" }, keyed), 201);
	equal(expectStatus(await server.keyed(world.raw_key, "POST", path, { title: "A", content: "A" }, keyed), 201).text, text.text);
	const other = await server.keyed(world.raw_key, "POST", path, { title: "A", content: "B" }, keyed);
	assertProblem(other, "idempotency_mismatch");
	ok(getRemaining(other).burst);
});

guarantee("secret_already_issued", "a repeated create makes no second key and shows no secret again", async () => {
	const headers = { "idempotency-key": newName("once") };
	const body = { name: newName("prod-bot"), environment: "prod", owner: "O" };
	const first = expectStatus(await server.management(world.tenant.id, "POST", "/api-keys", body, headers), 201).as<{
		raw_key: string;
		key: { id: string };
	}>();
	const repeat = await server.management(world.tenant.id, "POST", "/api-keys", body, headers);
	assertProblem(repeat, "secret_already_issued", [first.raw_key, first.raw_key.slice(-38)]);
	equal(repeat.json.key_id, first.key.id);
	const list = await server.management(world.tenant.id, "GET", `/api-keys?search=${body.name}`);
	equal(list.as<{ data: unknown[] }>().data.length, 1);
	assertProblem(await server.management(world.tenant.id, "POST", "/api-keys", { ...body, owner: "P" }, headers), "idempotency_mismatch");
	const [a, b] = await Promise.all(
		[1, 2].map(() => server.management(world.tenant.id, "POST", "/api-keys", body, { "idempotency-key": "both at once" })),
	);
	// A header with spaces is malformed; only a well-formed one is evaluated.
	for (const answer of [a, b]) equal(answer?.code, "invalid_request");
	const key = newName("race");
	const race = await Promise.all(
		[1, 2, 3, 4].map(() => server.management(world.tenant.id, "POST", "/api-keys", { ...body, name: key }, { "idempotency-key": key })),
	);
	deepEqual(race.map(({ status }) => status).sort(), [201, 409, 409, 409]);
});

guarantee("payload_too_large", "a body beyond its bound is refused", async () => {
	const large = JSON.stringify({ name: "x".repeat(70_000) });
	assertProblem(await server.operator("POST", "/services", large, { "content-type": "application/json" }), "payload_too_large");
	const { site, raw_key } = await makeWorld(server, { rate_limits: LIMITS, limits: { document_bytes: 1_000 } });
	const text = await server.keyed(raw_key, "POST", `/sites/${site.id}/documents/text`, { title: "T", content: "y".repeat(1_001) });
	assertProblem(text, "payload_too_large");
	ok(getRemaining(text).burst);
	match(String(text.json.detail), /1000/);
	assertProblem(await upload(raw_key, site.id, Buffer.alloc(1_001)), "payload_too_large");
	expectStatus(await upload(raw_key, site.id, Buffer.alloc(1_000)), 201);
});

function upload(raw_key: string, site_id: string, content: Buffer, content_type = "multipart/form-data; boundary=edge"): Promise<Answer> {
	const head = Buffer.from('--edge\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n');
	const body = Buffer.concat([head, content, Buffer.from("\r\n--edge--\r\n")]);
	return server.keyed(raw_key, "POST", `/sites/${site_id}/documents`, body, { "content-type": content_type });
}

guarantee("unsupported_media_type", "the response to an unsupported content type names the supported one", async () => {
	const { tenant, site, raw_key } = world;
	for (const content_type of [`text/plain; x=${CANARY}`, "application/x-www-form-urlencoded", "application/merge-patch+json"]) {
		const answer = await server.management(tenant.id, "POST", "/sites", "{}", { "content-type": content_type });
		assertProblem(answer, "unsupported_media_type", [CANARY]);
		match(String(answer.json.detail), /application\/json/);
	}
	const untyped = await server.management(tenant.id, "POST", "/sites", '{"name":"S"}');
	assertProblem(untyped, "unsupported_media_type");
	match(String(untyped.json.detail), /Content-Type: application\/json/);
	for (const content_type of ["multipart/form-data", "application/json", "application/pdf"]) {
		const answer = await upload(raw_key, site.id, Buffer.from("x"), content_type);
		assertProblem(answer, "unsupported_media_type");
		match(String(answer.json.detail), /boundary/);
		ok(getRemaining(answer).burst);
	}
	const encoded = await server.management(tenant.id, "POST", "/sites", "x", { "content-type": "application/json", "content-encoding": "gzip" });
	assertProblem(encoded, "unsupported_media_type");
});

guarantee("headers_too_large", "too many or too long headers are refused before anything else", async () => {
	const lines = Array.from({ length: 101 }, (_, index) => `x-${index}: ${CANARY}`);
	assertProblem(await exchange(server.port, requestText("GET", "/nowhere/../", lines)), "headers_too_large", [CANARY]);
	const long = requestText("GET", "/nowhere", [`X-API-Key: ${CANARY.repeat(8_000)}`]);
	assertProblem(await exchange(server.port, long), "headers_too_large", [CANARY]);
});

guarantee("unknown_transfer_coding", "a body in a coding that is not known is refused", async () => {
	const answer = await exchange(
		server.port,
		requestText("POST", "/api/v1/m2m/whoami", [`X-API-Key: ${world.raw_key}`, `Transfer-Encoding: ${CANARY}`]),
	);
	assertProblem(answer, "unknown_transfer_coding", [CANARY]);
});

guarantee("rate_limited", "the request after the last allowed one is refused until the window has moved on", async () => {
	const { raw_key, tenant } = await makeWorld(server, {
		rate_limits: [
			{ name: "burst", requests: 2, window_seconds: 2, per: "key" },
			{ name: "hourly", requests: 50, window_seconds: 3_600, per: "tenant" },
		],
	});
	equal(getRemaining(await whoami(raw_key)).burst, 1);
	equal(getRemaining(await whoami(raw_key)).burst, 0);
	const [refused, again] = [await whoami(raw_key), await server.keyed(raw_key, "GET", `/tenants/${tenant.id}/limits`)];
	for (const answer of [refused, again]) {
		assertProblem(answer, "rate_limited");
		equal(answer.json.limit, "burst");
		deepEqual(getRemaining(answer), { burst: 0, hourly: 48 });
	}
	await sleep(Number(refused.header("retry-after")) * 1_000);
	const { burst, hourly } = getRemaining(expectStatus(await whoami(raw_key), 200));
	equal(hourly, 47);
	ok(burst === 0 || burst === 1, "both came back, or the one that was taken first");
});

guarantee("quota_exceeded", "the month's quota is spent exactly and says when it is there again", async () => {
	const { raw_key } = await makeWorld(server, { quota_requests_per_month: 3, rate_limits: LIMITS });
	for (const _ of [1, 2, 3]) expectStatus(await whoami(raw_key), 200);
	const answer = await assertUnspent("quota_exceeded", () => whoami(raw_key));
	const now = new Date();
	const seconds = (Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1) - now.getTime()) / 1_000;
	ok(Math.abs(Number(answer.header("retry-after")) - seconds) < 5);
});

guarantee("too_many_auth_failures", "an address with too many wrong keys gets Retry-After, and its right key is accepted", async () => {
	const address = newAddress();
	const wrong = withWrongChecksum(world.raw_key);
	for (let count = 0; count < FAILURES_PER_MINUTE; count += 1) assertProblem(await whoami(wrong, address), "key_invalid");
	const answer = await whoami(wrong, address);
	assertProblem(answer, "too_many_auth_failures");
	equal(answer.header("ratelimit"), "");
	expectStatus(await whoami(world.raw_key, address), 200);
	assertProblem(await whoami(wrong), "key_invalid");
	const revoked = await makeKey(server, world.tenant.id);
	expectStatus(await server.management(world.tenant.id, "POST", `/api-keys/${revoked.id}/revoke`, { reason: "other" }), 200);
	assertProblem(await whoami(revoked.raw_key, address), "key_revoked");
});

guarantee("too_many_refusals", "a key with too many refusals gets Retry-After, and the refusals consume no limit", async () => {
	const { raw_key, tenant } = await makeWorld(server, { rate_limits: LIMITS });
	const before = getRemaining(expectStatus(await whoami(raw_key), 200));
	const refuse = () => server.keyed(raw_key, "GET", "/sites/none");
	const refusals = await inParallel(REFUSALS_PER_MINUTE, 16, refuse);
	equal(refusals.filter(({ code }) => code === "not_found").length, REFUSALS_PER_MINUTE);
	deepEqual(getRemaining(await assertUnspent("too_many_refusals", refuse)), before);
	assertProblem(await server.keyed(raw_key, "GET", `/tenants/${tenant.id}/limits`), "too_many_refusals");
});

guarantee("internal_error", "an internal error returns its request id and no internals, and is logged", async () => {
	const { site, raw_key } = world;
	const document = await makeText(server, raw_key, site.id, "whole");
	const uploads = join(server.data_dir, "uploads");
	const file = readdirSync(uploads, { recursive: true, encoding: "utf8" }).find((path) => path.endsWith(document.id)) ?? "";
	truncateSync(join(uploads, file), 2);
	const answer = await server.keyed(raw_key, "GET", `/sites/${site.id}/documents/${document.id}/content`);
	assertProblem(answer, "internal_error", [server.data_dir, "uploads"]);
	ok(getRemaining(answer).burst);
	const request_id = String(answer.json.request_id);
	for (let waited = 0; waited < 50 && !server.logs.stdout.includes(request_id); waited += 1) await sleep(100);
	ok(server.logs.stdout.includes(request_id));
});

guarantee("storage_full", "a file that does not fit on the disk is refused and removed, and everything else works", async () => {
	const { tenant, site, raw_key } = world;
	const before = readdirSync(join(server.data_dir, "uploads"), { recursive: true }).length;
	const getUsed = async () => {
		const { documents, storage_bytes } = (await server.keyed(raw_key, "GET", `/tenants/${tenant.id}/limits`)).json;
		return { documents, storage_bytes };
	};
	const used = await getUsed();
	const answer = await upload(raw_key, site.id, Buffer.alloc((FILE_KIB_MAX + 1_024) * 1_024, 7));
	assertProblem(answer, "storage_full");
	ok(getRemaining(answer).burst);
	equal(readdirSync(join(server.data_dir, "uploads"), { recursive: true }).length, before);
	deepEqual(await getUsed(), used);
	expectStatus(await whoami(raw_key), 200);
	expectStatus(await upload(raw_key, site.id, Buffer.alloc(1_000)), 201);
});

guarantee("forwarded_uri_missing", "a proxy that does not say which request it holds gets no answer about any", async () => {
	const forwarded: Record<string, string> = { "x-forwarded-uri": "/orders", "x-forwarded-method": "GET", ...newAddress() };
	const ask = (headers: Record<string, string>) =>
		server.send({ method: "GET", path: "/api/v1/forward-auth", headers: { "x-api-key": world.raw_key, ...headers } });
	expectStatus(await ask(forwarded), 200);
	for (const name of Object.keys(forwarded)) {
		const { [name]: _left_out, ...rest } = forwarded;
		assertProblem(await ask(rest), "forwarded_uri_missing");
		assertProblem(await ask({ ...rest, [name]: "" }), "forwarded_uri_missing");
	}
});

guarantee(
	"unavailable",
	"while PostgreSQL does not answer, keys are denied with 503 after the lease and never allowed; then requests succeed again",
	async () => {
		const { raw_key, tenant } = world;
		const { raw_key: cold } = await makeKey(server, tenant.id);
		expectStatus(await whoami(raw_key), 200);
		const thaw = freeze(postgresPid(server.data_dir) ?? 0);
		const frozen_ms = performance.now();
		try {
			let [answer, sent_ms] = [await whoami(raw_key), frozen_ms];
			while (answer.status === 200) {
				ok(sent_ms <= frozen_ms + LEASE_MS, "nothing is let in that was sent after the lease");
				sent_ms = performance.now();
				answer = await whoami(raw_key);
			}
			assertProblem(answer, "unavailable");
			for (const key of [raw_key, cold]) assertProblem(await whoami(key), "unavailable");
			assertProblem(await whoami(withWrongChecksum(raw_key)), "key_invalid");
			assertProblem(await server.send({ method: "GET", path: "/readyz" }), "unavailable");
			expectStatus(await server.send({ method: "GET", path: "/healthz" }), 200);
			const asked = performance.now();
			assertProblem(await server.management(tenant.id, "GET", "/api-keys"), "unavailable");
			ok(performance.now() - asked < 3_500, "management answers within three seconds");
		} finally {
			thaw();
		}
		let back = await whoami(cold);
		for (const until = performance.now() + 5_000; back.status !== 200 && performance.now() < until; back = await whoami(cold)) await sleep(50);
		expectStatus(back, 200);
	},
);

test("verify returns the status, the code and the headers that a keyed route would answer", async () => {
	const { plan_id, tenant, site, made, raw_key } = await makeWorld(server, { rate_limits: LIMITS });
	const staging = await makeSite(server, tenant.id, { environment: "staging" });
	const bound = await makeKey(server, tenant.id, { allowed_ips: ["203.0.113.0/24"], permissions: ["sites:read"], site_ids: [site.id] });
	const { credential } = await makeService(server);
	type Decision = { allowed: boolean; status: number; code: string; headers: Record<string, string>; key?: { id: string } };
	const ask = async (question: object) => expectStatus(await server.verify(credential, { raw_key, ...question }), 200).as<Decision>();
	async function assertDecision(code: ErrorCode, question: object, matched = true): Promise<void> {
		const decision = await ask(question);
		deepEqual([decision.allowed, decision.status, decision.code], [false, ERRORS[code].status, code]);
		equal(decision.key !== undefined, matched);
		if (matched) ok(decision.headers.RateLimit?.startsWith('"burst";r='));
		if (decision.status === 401) match(decision.headers["WWW-Authenticate"] ?? "", /^ApiKey/);
		if (decision.status === 429) match(decision.headers["Retry-After"] ?? "", /^[1-9]\d*$/);
	}
	const allowed = await ask({ tenant_id: tenant.id, site_id: site.id, permissions: ["documents:read", "documents:write"], capability: "documents" });
	deepEqual([allowed.allowed, allowed.status, allowed.code, allowed.key?.id], [true, 200, "allowed", made.id]);
	await assertDecision("key_missing", { raw_key: "" }, false);
	await assertDecision("key_invalid", { raw_key: withWrongChecksum(raw_key) }, false);
	await assertDecision("not_found", { tenant_id: world.tenant.id });
	await assertDecision("not_found", { raw_key: bound.raw_key, site_id: staging.id, request: { ip: "203.0.113.5" } });
	await assertDecision("environment_mismatch", { site_id: staging.id });
	await assertDecision("permission_missing", { permissions: ["documents:read", "key:rotate"] });
	await assertDecision("capability_not_in_plan", { capability: "orders" });
	await assertDecision("ip_not_allowed", { raw_key: bound.raw_key, request: { ip: "192.0.2.1" } });
	await assertDecision("ip_not_allowed", { raw_key: bound.raw_key });
	for (let count = 0; count < FAILURES_PER_MINUTE; count += 1) await ask({ raw_key: withWrongChecksum(raw_key), request: { ip: "192.0.2.77" } });
	await assertDecision("too_many_auth_failures", { raw_key: withWrongChecksum(raw_key), request: { ip: "192.0.2.77" } }, false);
	expectStatus(await server.operator("PATCH", `/tenants/${tenant.id}`, { client_policy: "block" }), 200);
	await assertDecision("client_not_allowed", { request: { origin: "https://shop.example" } });
	await makePlan(server, { id: plan_id, rate_limits: LIMITS, quota_requests_per_month: 0 });
	await assertDecision("quota_exceeded", {});
	await makePlan(server, { id: plan_id, rate_limits: [{ ...LIMITS[0], requests: 1 }] });
	await assertDecision("rate_limited", { cost: 2 });
	expectStatus(await server.management(tenant.id, "POST", `/api-keys/${made.id}/pause`), 200);
	await assertDecision("key_paused", {});
	expectStatus(await server.management(tenant.id, "POST", `/api-keys/${made.id}/revoke`, { reason: "other" }), 200);
	await assertDecision("key_revoked", {});
	expectStatus(await server.operator("PATCH", `/tenants/${tenant.id}`, { status: "suspended" }), 200);
	await assertDecision("tenant_suspended", { raw_key: bound.raw_key, request: { ip: "203.0.113.5" } });
	for (const malformed of [{}, { raw_key: 7 }, { raw_key, cost: 0 }, { raw_key, permissions: "documents:read" }, { raw_key, request: { ip: 1 } }])
		assertProblem(await server.verify(credential, malformed), "invalid_request", [raw_key]);
});

test("every code of the error table has a test here", () => {
	deepEqual([...tested].sort(), Object.keys(ERRORS).sort());
});

test("every code has a page at the `type` of its problems", async () => {
	for (const [code, { status, title }] of Object.entries(ERRORS)) {
		const page = expectStatus(await server.send({ method: "GET", path: `/problems/${code}` }), 200);
		match(page.header("content-type"), /^text\/html/);
		ok(page.text.includes(`${status} ${code}`) && page.text.includes(title));
	}
	notEqual(Object.keys(ERRORS).length, 0);
});
