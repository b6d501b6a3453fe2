import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { FastifyInstance } from "fastify";
import { testLog } from "../../testing/database.ts";
import { type KeysFixture, keysFixture } from "../../testing/keys.ts";
import { mount } from "../http/mount.ts";
import { createHttp } from "../http/server.ts";
import { aggregateUsage } from "../usage/aggregate.ts";
import { keyRoutes } from "./routes.ts";
import { type KeyAnswer, KeySchema } from "./schema.ts";

const problem_type_base = () => "https://example.com/problems";
let fixture: KeysFixture;
let http: FastifyInstance;
let origin: string;
before(async () => {
	fixture = await keysFixture();
	http = createHttp({ log: testLog, access_log: null, problem_type_base });
	mount(http, keyRoutes, () => (request) => fixture.context({ request_id: request.id, idempotency_key: getIdempotencyKey(request.headers) }), {
		problem_type_base,
		aggregateUsage: () => aggregateUsage({ database: fixture.db.database, log: testLog }),
	});
	await http.listen({ host: "127.0.0.1", port: 0 });
	origin = `http://127.0.0.1:${getAddress(http).port}`;
});
after(async () => {
	await http.close();
	await fixture.close();
});

/** Guarantee: the server listens on TCP. */
function getAddress(server: FastifyInstance): AddressInfo {
	return server.server.address() as AddressInfo;
}

function getIdempotencyKey(headers: Record<string, unknown>): string | null {
	return typeof headers["idempotency-key"] === "string" ? headers["idempotency-key"] : null;
}

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
	const response = await fetch(`${origin}/api/v1/tenants/${path}`, {
		method,
		headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
		...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
	});
	return { status: response.status, body: asAnswer(await response.json()) };
}

/** The fields of a response that the tests read: of a created key, a key, or a problem. */
interface Answer extends KeyAnswer {
	key: KeyAnswer;
	raw_key: string;
	warnings: { code: string }[];
	code: string;
	key_id: string;
	errors: { pointer: string }[];
}

/** No guarantee: a missing field fails the assertion that reads it. */
function asAnswer(body: unknown): Answer {
	return body as Answer;
}

const KEY = { name: "prod-order-bot", environment: "prod", owner: "Ada" };

test("over HTTP, each action on a key returns the whole key", async () => {
	const tenant_id = await fixture.tenant();
	const path = `${tenant_id}/api-keys`;
	const labels = { team: "shop", "cost centre": "4711", ключ: "значение" };
	const created = await call("POST", path, { ...KEY, name: "test", labels, owner: { name: "Ada", email: "ada@example.com" }, allowed_ips: ["::1"] });
	assert.equal(created.status, 201);
	const { key, raw_key, warnings } = created.body;
	assert.match(raw_key, /^kw_prod_[0-9A-Za-z]{50}$/);
	assert.deepEqual(
		warnings.map((warning) => warning.code),
		["name_vague"],
	);
	assert.deepEqual([key.labels, key.owner, key.allowed_ips], [labels, { name: "Ada", email: "ada@example.com" }, ["::1"]]);
	assert.deepEqual(Object.keys(key), Object.keys(KeySchema.properties));
	const read = await call("GET", `${path}/${key.id}`);
	assert.deepEqual(read, { status: 200, body: key });
	assert.deepEqual(await call("GET", `${path}?limit=1&status=active&search=TEST`), { status: 200, body: { data: [key], next_cursor: null } });
	const patched = await call("PATCH", `${path}/${key.id}`, { integration: "shop", site_ids: [] });
	assert.deepEqual(patched, { status: 200, body: { ...key, integration: "shop", site_ids: [] } });
	assert.equal((await call("POST", `${path}/${key.id}/pause`)).body.status, "paused");
	assert.equal((await call("POST", `${path}/${key.id}/resume`)).body.status, "active");
	const revoked = await call("POST", `${path}/${key.id}/revoke`, { reason: "other" });
	assert.deepEqual([revoked.status, revoked.body.status, revoked.body.revoke_reason], [200, "revoked", "other"]);
	assert(!JSON.stringify([read, patched, revoked, await call("GET", path)]).includes(raw_key.slice(-50)), "the raw key is in one response only");
});

test("over HTTP, a handover returns a link and no raw key, and keys are revoked in bulk", async () => {
	const tenant_id = await fixture.tenant();
	const path = `${tenant_id}/api-keys`;
	const created = await call("POST", path, { ...KEY, name: "test", handover: { expires_in_seconds: 600 } });
	assert.equal(created.status, 201, JSON.stringify(created.body));
	assert.deepEqual(Object.keys(created.body), ["key", "handover", "handover_url", "mailed", "warnings"]);
	const { key } = created.body;
	assert.deepEqual([key.handover?.status, key.secrets], ["waiting", []]);
	const linked = await call("POST", `${path}/${key.id}/handovers`, {});
	assert.deepEqual([linked.status, Object.keys(linked.body)], [201, ["handover", "handover_url", "mailed"]]);
	const seen = await call("GET", `${path}/${key.id}`);
	const cancelled = await call("DELETE", `${path}/${key.id}/handovers/${seen.body.handover?.id}`);
	assert.deepEqual([cancelled.status, cancelled.body.handover?.status], [200, "cancelled"]);
	const issued = await call("POST", `${path}/${key.id}/reissue`);
	assert.deepEqual([issued.status, Object.keys(issued.body)], [201, ["key", "raw_key"]]);
	const kept = await call("PUT", `${path}/${key.id}/kept-in`, { place: "secret_manager" });
	assert.deepEqual([kept.status, kept.body.secrets[0]?.kept_in?.place], [200, "secret_manager"]);
	assert.equal((await call("GET", `${path}/activity?key_ids=${key.id}`)).status, 200);
	assert.equal((await call("GET", `${path}?sort=last_used&order=asc`)).status, 200);
	const revoke = { key_ids: [key.id], reason: "other" };
	assert.equal((await call("POST", `${path}/bulk-revoke`, { ...revoke, preview: true })).status, 200);
	assert.equal((await call("POST", `${path}/bulk-revoke`, { ...revoke, preview: false, expected_key_ids: [key.id] })).status, 200);
	assert.equal((await call("GET", `${path}/${key.id}`)).body.status, "revoked");
});

test("refusals are problem details that name the field and change nothing", async () => {
	const tenant_id = await fixture.tenant();
	const path = `${tenant_id}/api-keys`;
	const before = await fixture.state();
	const cases: [string, string, unknown, number, string, string?][] = [
		["POST", path, { ...KEY, colour: "red" }, 400, "unknown_field", "/colour"],
		["POST", path, { ...KEY, owner: { name: "Ada", age: 1 } }, 400, "unknown_field", "/owner/age"],
		["POST", path, { ...KEY, permissions: ["sites:paint"] }, 400, "invalid_request", "/permissions/0"],
		["POST", path, { ...KEY, name: "a\u0000b" }, 400, "invalid_request"],
		["POST", path, '{"name":"a","name":"b"}', 400, "invalid_request"],
		["POST", path, '{"name":"a","environment":"prod","owner":"x","labels":{"__proto__":"y"}}', 400, "invalid_request"],
		["POST", "nobody/api-keys", KEY, 404, "not_found"],
		["GET", `${path}/key_nobody`, undefined, 404, "not_found"],
		["GET", `${path}?status=gone`, undefined, 400, "invalid_request", "/query/status"],
		["GET", `${path}?cursor=!`, undefined, 400, "invalid_request", "/query/cursor"],
		["PATCH", `${path}/key_nobody`, { environment: "dev" }, 400, "unknown_field", "/environment"],
		["POST", `${path}/key_nobody/revoke`, { reason: "because" }, 400, "invalid_request", "/reason"],
		["POST", `${path}/key_nobody/pause`, undefined, 404, "not_found"],
		["POST", path, { ...KEY, handover: { expires_in_seconds: 299 } }, 400, "invalid_request", "/handover/expires_in_seconds"],
		["POST", path, { ...KEY, handover: { email: "a@example.com\r\nBcc: b@example.com" } }, 400, "invalid_request", "/handover/email"],
		["POST", path, { ...KEY, handover: { to: "a" } }, 400, "unknown_field", "/handover/to"],
		["POST", `${path}/key_nobody/handovers`, { expires_in_seconds: 604_801 }, 400, "invalid_request", "/expires_in_seconds"],
		["POST", `${path}/key_nobody/handovers`, {}, 404, "not_found"],
		["DELETE", `${path}/key_nobody/handovers/hnd_nobody`, undefined, 404, "not_found"],
		["POST", `${path}/key_nobody/reissue`, undefined, 404, "not_found"],
		["PUT", `${path}/key_nobody/kept-in`, { place: "drawer" }, 400, "invalid_request", "/place"],
		["POST", `${path}/bulk-revoke`, { filter: {}, reason: "other" }, 400, "invalid_request", "/preview"],
		["POST", `${path}/bulk-revoke`, { key_ids: Array(201).fill("k"), reason: "other", preview: true }, 400, "invalid_request", "/key_ids"],
		["GET", `${path}/activity`, undefined, 400, "invalid_request", "/query/key_ids"],
		["GET", `${path}?sort=size`, undefined, 400, "invalid_request", "/query/sort"],
	];
	for (const [method, where, body, status, code, pointer] of cases) {
		const answer = await call(method, where, body);
		assert.deepEqual([answer.status, answer.body.code], [status, code], `${method} ${where} ${JSON.stringify(answer.body)}`);
		if (pointer) assert.equal(answer.body.errors[0]?.pointer, pointer);
		assert(!JSON.stringify(answer.body).includes("paint"), "echoes input");
	}
	assert.equal(await fixture.state(), before);
});

test("a repeated Idempotency-Key is refused with 409 and the id of the key", async () => {
	const path = `${await fixture.tenant()}/api-keys`;
	const first = await call("POST", path, KEY, { "idempotency-key": "a-1" });
	const again = await call("POST", path, { owner: "Ada", environment: "prod", name: "prod-order-bot" }, { "idempotency-key": "a-1" });
	assert.deepEqual([again.status, again.body.code, again.body.key_id], [409, "secret_already_issued", first.body.key.id]);
	const other = await call("POST", path, { ...KEY, name: "other-bot" }, { "idempotency-key": "a-1" });
	assert.deepEqual([other.status, other.body.code], [409, "idempotency_mismatch"]);
});
