import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import Type from "typebox";
import { TEST_PEPPER, type TestDatabase, testDatabase } from "../../testing/audit.ts";
import { testLog } from "../../testing/database.ts";
import { testPeople } from "../../testing/people.ts";
import { systemClock } from "../core/clock.ts";
import { makeServiceCredential } from "../core/credential.ts";
import { randomBase62 } from "../core/id.ts";
import { parsePeppers } from "../core/pepper.ts";
import { headerFilter } from "../core/secret-text.ts";
import { mount } from "../http/mount.ts";
import { type Route, route } from "../http/route.ts";
import { createHttp, handleUnknownPaths } from "../http/server.ts";
import { putPlan } from "../plans/plans.ts";
import { operatorPlanRoutes } from "../plans/routes.ts";
import type { EraseContext } from "../tenants/erase.ts";
import { managementSiteRoutes, operatorTenantRoutes } from "../tenants/routes.ts";
import { createTenant, updateTenant } from "../tenants/tenants.ts";
import { type ContextParts, serviceGate } from "./gate.ts";
import { managementGate, operatorGate } from "./management-gate.ts";
import { parseOperatorTokens } from "./operators/token.ts";
import { operatorServiceRoutes } from "./routes.ts";
import { ServiceCache } from "./services/cache.ts";
import { type ServiceContext, serviceKeysFrom } from "./services/service.ts";
import { createService } from "./services/services.ts";

const OPERATOR = "operator-token-of-the-tests";
const OPERATOR_AUTHORIZATION = `Bearer ${OPERATOR}`;
const service_keys = serviceKeysFrom(parsePeppers(TEST_PEPPER));
const problems = { problem_type_base: () => "http://127.0.0.1/problems" };

type EveryContext = EraseContext & ServiceContext;

/** Returns the caller that the gate has authenticated. */
const whoRoutes: readonly Route<EveryContext>[] = [
	route({
		method: "POST",
		path: "/api/v1/verify",
		access: "service",
		summary: "Who asks",
		status: 200,
		body: Type.Object({}, { additionalProperties: false }),
		output: Type.Object({ actor: Type.Any(), scope: Type.String() }),
		run: ({ actor, scope }: EveryContext) => ({ actor, scope }),
	}),
];
const whileSuspendedRoutes: readonly Route<EveryContext>[] = [
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/stop",
		access: "admin",
		while_suspended: true,
		summary: "Goes on in a suspended tenant",
		status: 200,
		output: Type.Object({ scope: Type.String() }),
		run: ({ scope }: EveryContext) => ({ scope }),
	}),
];

let db: TestDatabase;
let base: string;
let closeHttp: () => Promise<void>;

before(async () => {
	db = await testDatabase();
	const http = createHttp({ log: testLog, access_log: null, ...problems });
	const operator_tokens = parseOperatorTokens(OPERATOR);
	const makeContext = (parts: ContextParts): EveryContext => ({ ...db.context(), service_keys, forget_documents: async () => undefined, ...parts });
	const services = new ServiceCache({ database: db.database, node: db.node, service_keys });
	const operator: readonly Route<EveryContext>[] = [...operatorPlanRoutes, ...operatorTenantRoutes, ...operatorServiceRoutes];
	const management = [...managementSiteRoutes, ...whileSuspendedRoutes];
	const people = testPeople(db);
	const { sessions } = people;
	const gates = {
		operator_tokens,
		sessions,
		database: db.database,
		clock: systemClock,
		own_origins: ["http://127.0.0.1:8787"],
		...{ trusted_proxies: null, filterHeader: headerFilter() },
	};
	mount(http, operator, operatorGate({ ...gates, makeContext }), problems);
	mount(http, management, managementGate({ ...gates, makeContext }), problems);
	mount(http, whoRoutes, serviceGate({ ...gates, makeContext, services }), problems);
	handleUnknownPaths(http, [...operator, ...management, ...whoRoutes], problems);
	await http.listen({ port: 0, host: "127.0.0.1" });
	base = `http://127.0.0.1:${(http.server.address() as AddressInfo).port}`;
	closeHttp = async () => {
		await http.close();
		await people.close();
	};
	await putPlan(db.context(), { plan_id: "plan", name: "Plan", capabilities: ["m2m_api"] });
	await createTenant(db.context(), { id: "tenant", name: "Tenant", plan_id: "plan" });
	await createTenant(db.context(), { id: "suspended", name: "Suspended", plan_id: "plan", status: "suspended" });
});
after(async () => {
	await closeHttp();
	await db.close();
});

interface Answer {
	status: number;
	headers: Headers;
	text: string;
	body: Record<string, unknown>;
}

async function call(
	method: string,
	path: string,
	options: { authorization?: string; headers?: Record<string, string>; json?: unknown } = {},
): Promise<Answer> {
	const headers: Record<string, string> = { ...options.headers };
	if (options.authorization !== undefined) headers["authorization"] = options.authorization;
	if (options.json !== undefined) headers["content-type"] = "application/json";
	const response = await fetch(base + path, { method, headers, body: options.json === undefined ? null : JSON.stringify(options.json) });
	const text = await response.text();
	return { status: response.status, headers: response.headers, text, body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

function asOperator(method: string, path: string, json?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
	return call(method, path, { authorization: OPERATOR_AUTHORIZATION, headers, json });
}

test("the operator manages plans, tenants and sites", async () => {
	equal((await asOperator("PUT", "/api/v1/operator/plans/team", { name: "Team", capabilities: ["m2m_api"], limits: { sites: 1 } })).status, 200);
	const plan = await asOperator("GET", "/api/v1/operator/plans/team");
	deepEqual(plan.body["limits"], { sites: 1, api_keys: null, documents: null, storage_bytes: null, document_bytes: null });
	equal((await asOperator("PUT", "/api/v1/operator/permissions/orders:write", { description: "Orders", capability: "orders" })).status, 200);
	equal((await asOperator("DELETE", "/api/v1/operator/permissions/orders:write")).status, 204);
	const created = await asOperator("POST", "/api/v1/operator/tenants", { id: "acme", name: "Acme", plan_id: "team", external_id: "cus/1" });
	equal(created.status, 201);
	deepEqual(Object.keys(created.body), [
		"id",
		"name",
		"plan_id",
		"status",
		"external_id",
		"limits",
		"client_policy",
		"leak_response",
		"key_policy",
		"created_at",
	]);
	const found = await asOperator("GET", "/api/v1/operator/tenants?external_id=cus%2F1");
	deepEqual(found.body["data"], [created.body]);
	equal((await asOperator("PATCH", "/api/v1/operator/tenants/acme", { limits: { sites: 2, rate_limits: [] } })).status, 200);
	const site = await asOperator("POST", "/api/v1/tenants/acme/sites", { name: "Shop", environment: "prod" });
	equal(site.status, 201);
	const path = `/api/v1/tenants/acme/sites/${String(site.body["id"])}`;
	equal((await asOperator("PATCH", path, { environment: null })).body["environment"], null);
	equal((await asOperator("GET", path)).body["name"], "Shop");
	equal((await asOperator("DELETE", path)).status, 204);
	equal((await asOperator("DELETE", "/api/v1/operator/tenants/acme")).status, 204);
	equal((await asOperator("GET", "/api/v1/operator/tenants/acme")).status, 404);
	equal((await asOperator("GET", "/api/v1/tenants/acme/sites")).status, 404);
});

test("management without a credential is 401 with a challenge, before any other check", async () => {
	for (const [method, path] of [
		["GET", "/api/v1/operator/plans"],
		["GET", "/api/v1/operator/plans?cursor=%00"],
		["PUT", "/api/v1/operator/tenants/tenant"],
		["GET", "/api/v1/tenants/tenant/sites"],
		["GET", "/api/v1/tenants/nobody/sites"],
		["POST", "/api/v1/tenants/suspended/sites"],
		["POST", "/api/v1/verify"],
	] as const) {
		for (const [authorization, code] of [
			[undefined, "credential_missing"],
			["Bearer wrong-token", "credential_invalid"],
			[`Basic ${btoa(`:${OPERATOR}`)}`, "credential_invalid"],
		] as const) {
			const options = method === "GET" ? {} : { json: { wrong: true }, headers: { "idempotency-key": "a b" } };
			const answer = await call(method, path, { ...options, ...(authorization === undefined ? {} : { authorization }) });
			equal(answer.status, 401, `${method} ${path} ${authorization}`);
			equal(answer.body["code"], code);
			match(answer.headers.get("www-authenticate") ?? "", /^Bearer /);
			equal(answer.headers.get("cache-control"), "no-store");
		}
	}
});

test("the refusal of another kind of credential names its route and does not repeat it", async () => {
	const raw_key = `kw_prod_${randomBase62(50)}`;
	const { credential } = await createService({ ...db.context(), service_keys }, { name: "Elsewhere" });
	for (const [authorization, path, expected_detail] of [
		[`Bearer ${raw_key}`, "/api/v1/operator/tenants", /X-API-Key/],
		[`Bearer ${raw_key}`, "/api/v1/tenants/tenant/sites", /X-API-Key/],
		[`Bearer ${credential}`, "/api/v1/operator/tenants", /service credential/],
	] as const) {
		const answer = await call("GET", path, { authorization });
		equal(answer.body["code"], "credential_invalid");
		match(String(answer.body["detail"]), expected_detail);
		ok(!answer.text.includes(raw_key.slice(8, 20)) && !answer.text.includes(credential.slice(4, 16)));
	}
	const alone = await call("GET", "/api/v1/operator/tenants", { headers: { "x-api-key": raw_key } });
	equal(alone.body["code"], "credential_missing");
	match(String(alone.body["detail"]), /does not accept X-API-Key/);
	equal((await asOperator("POST", "/api/v1/verify", {})).body["code"], "credential_invalid");
});

test("an unknown tenant is 404 before the body is validated", async () => {
	for (const path of [
		"/api/v1/tenants/nobody/sites",
		"/api/v1/tenants/a.b/sites",
		"/api/v1/tenants/*/sites",
		`/api/v1/tenants/${"x".repeat(100)}/sites`,
	]) {
		const answer = await asOperator("POST", path, { wrong: true });
		equal(answer.status, 404, path);
		equal(answer.body["detail"], "There is no tenant with this id.");
	}
});

test("in a suspended tenant reads and routes with while_suspended work; the rest is 403", async () => {
	equal((await asOperator("GET", "/api/v1/tenants/suspended/sites")).status, 200);
	deepEqual((await asOperator("POST", "/api/v1/tenants/suspended/stop")).body, { scope: "suspended" });
	const refused = await asOperator("POST", "/api/v1/tenants/suspended/sites", { wrong: true });
	equal(refused.status, 403);
	equal(refused.body["code"], "tenant_suspended");
	await updateTenant(db.context(), { tenant_id: "suspended", status: "active" });
	equal((await asOperator("POST", "/api/v1/tenants/suspended/sites", { name: "Shop" })).status, 201);
});

test("an Idempotency-Key makes a creating request happen once; a malformed one is refused", async () => {
	const send = (key: string) => asOperator("POST", "/api/v1/operator/tenants", { name: "Once", plan_id: "plan" }, { "idempotency-key": key });
	const first = await send("0b9e-once");
	equal(first.status, 201);
	equal((await send("0b9e-once")).text, first.text);
	for (const key of ["a b", "x".repeat(256), "ä", ""]) {
		const answer = await send(key);
		equal(answer.status, 400, key);
		equal(answer.body["code"], "invalid_request");
	}
	const ignored = await asOperator("GET", "/api/v1/operator/plans", undefined, { "idempotency-key": "a b" });
	equal(ignored.status, 200);
});

test("malformed input is refused with a pointer to the error", async () => {
	for (const [method, path, json, code, pointer] of [
		["GET", "/api/v1/operator/tenants?limit=201", undefined, "invalid_request", "/query/limit"],
		["GET", "/api/v1/operator/tenants?limit=0", undefined, "invalid_request", "/query/limit"],
		["GET", "/api/v1/operator/tenants?cursor=abc", undefined, "invalid_request", "/query/cursor"],
		["GET", "/api/v1/operator/tenants?page=2", undefined, "unknown_field", "/query/page"],
		["GET", "/api/v1/tenants/tenant/sites?cursor=bnVsbA", undefined, "invalid_request", "/query/cursor"],
		["POST", "/api/v1/operator/tenants", { name: "A", plan_id: "none" }, "invalid_request", "/plan_id"],
		["POST", "/api/v1/operator/tenants", { name: "A", plan_id: "plan", id: "a/b" }, "invalid_request", "/id"],
		["POST", "/api/v1/operator/tenants", { name: "A\0", plan_id: "plan" }, "invalid_request", "/name"],
		["POST", "/api/v1/operator/tenants", { plan_id: "plan" }, "invalid_request", "/name"],
		["PATCH", "/api/v1/operator/tenants/tenant", { status: "paused" }, "invalid_request", "/status"],
		["PATCH", "/api/v1/operator/tenants/tenant", { plan: "x" }, "unknown_field", "/plan"],
		["POST", "/api/v1/tenants/tenant/sites", { name: "A", environment: "test" }, "invalid_request", "/environment"],
		["PUT", "/api/v1/operator/plans/a.b", { name: "A", capabilities: [] }, "invalid_request", "/path/plan_id"],
		["PUT", "/api/v1/operator/permissions/orders", { description: "", capability: "a" }, "invalid_request", "/path/permission"],
	] as const) {
		const answer = await asOperator(method, path, json);
		equal(answer.status, 400, `${method} ${path}`);
		equal(answer.body["code"], code, path);
		const pointers = (answer.body["errors"] as { pointer: string }[] | undefined)?.map((error) => error.pointer) ?? [];
		if (!answer.text.includes("NUL")) ok(pointers.includes(pointer), `${path} ${JSON.stringify(pointers)}`);
	}
	equal((await asOperator("GET", "/api/v1/operator/tenants?external_id=a%00b")).body["code"], "invalid_request");
});

test("a service authenticates with its credential and is the actor, cached or not", async () => {
	const { service, credential } = await createService({ ...db.context(), service_keys }, { name: "Orders API" });
	for (let repeat = 0; repeat < 3; repeat += 1) {
		const answer = await call("POST", "/api/v1/verify", { authorization: `Bearer ${credential}`, json: {} });
		equal(answer.status, 200);
		deepEqual(answer.body, { actor: { kind: "service", id: service.id, name: "Orders API" }, scope: "*" });
		equal(answer.headers.get("cache-control"), "no-store");
	}
});

test("unknown, wrong and revoked service credentials get the same response except for the request id", async () => {
	const revoked = await asOperator("POST", "/api/v1/operator/services", { name: "Revoked" });
	equal(revoked.status, 201);
	equal(revoked.headers.get("cache-control"), "no-store");
	const { id } = revoked.body["service"] as { id: string };
	equal((await asOperator("DELETE", `/api/v1/operator/services/${id}`)).status, 204);
	const texts = new Set<string>();
	for (const token of [makeServiceCredential().text, String(revoked.body["credential"]), "kws_wrong-shape", "nonsense"]) {
		const answer = await call("POST", "/api/v1/verify", { authorization: `Bearer ${token}`, json: {} });
		equal(answer.status, 401);
		texts.add(answer.text.replaceAll(String(answer.body["request_id"]), ""));
	}
	equal(texts.size, 1);
});
