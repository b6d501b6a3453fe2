/** The forward-auth endpoint, as trusted proxies call it and as callers do that pretend to be one. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { METHODS, request } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ERRORS, type ErrorCode } from "../server/src/core/error.ts";
import { type Answer, send } from "./client.ts";
import { postgresPid } from "./data-folder.ts";
import { Database } from "./database.ts";
import { assertProblem, withoutRequestId } from "./problem.ts";
import { freeze } from "./processes.ts";
import { exchange, requestText, Wire } from "./raw-socket.ts";
import { environmentWith, ROOT, type Server, startServer } from "./server.ts";
import { expectStatus, type MadeKey, makeKey, makePlan, makeService, makeSite, makeTenant } from "./things.ts";

/** Long enough that a busy machine renews it in time. */
const LEASE_MS = 5_000;
const PROMPT_MS = 1_500;
const FORWARD_AUTH = "/api/v1/forward-auth";
const IDENTITY = ["tenant", "key-id", "key-name", "environment", "permissions", "site"].map((word) => `x-keywright-${word}`);
const RULES = [
	{ pattern: "/tenants/:tenant_id/sites/:site_id/*", methods: ["GET"], permissions: ["orders:read"] },
	{ pattern: "/tenants/:tenant_id/orders", methods: ["GET"], permissions: ["orders:read"] },
	{ pattern: "/tenants/:tenant_id/orders", methods: ["POST"], permissions: ["orders:write"] },
	{ pattern: "/tenants/:tenant_id/exports/*", permissions: ["orders:read"], cost: 4 },
	{ pattern: "/reports", capability: "reports" },
	{ pattern: "/about" },
];

let server: Server;
let reader: MadeKey;
let stranger: MadeKey;

before(async () => {
	server = await startServer({
		env: { KEYWRIGHT_TRUSTED_PROXIES: "127.0.0.1", KEYWRIGHT_AUTH_FAILURES_PER_MINUTE: "5", KEYWRIGHT_LEASE_SECONDS: String(LEASE_MS / 1_000) },
	});
	for (const permission of ["orders:read", "orders:write"])
		expectStatus(await server.operator("PUT", `/permissions/${permission}`, { description: permission, capability: "orders" }), 200);
	const plan_id = await makePlan(server, { capabilities: ["m2m_api", "orders"] });
	for (const id of ["acme", "other"]) {
		await makeTenant(server, { id, plan_id });
		await makeSite(server, id, { id: "shop" });
	}
	await makeSite(server, "other", { id: "theirs" });
	reader = await makeKey(server, "acme", { name: "Größe 1", permissions: ["orders:read"] });
	stranger = await makeKey(server, "other");
	expectStatus(await putRules(RULES), 200);
});

after(() => server.stop());

const putRules = (rules: readonly object[]) => server.operator("PUT", "/forward-auth-rules", { rules });

let addresses = 0;

/** The headers of a caller with an address of its own. */
function newAddress(): string {
	addresses += 1;
	return `198.51.${Math.floor(addresses / 250)}.${(addresses % 250) + 1}`;
}

interface Asking {
	readonly method?: string;
	/** Null: the header is not sent. */
	readonly uri?: string | null;
	readonly key?: string | null;
	readonly lines?: readonly string[];
	readonly query?: string;
	/** The method of the forward-auth request itself. */
	readonly by?: string;
	readonly version?: string;
	readonly body?: string;
}

function questionText(asking: Asking = {}): string {
	const { method = "GET", uri = "/tenants/acme/orders", key = reader.raw_key, lines = [], query = "", by = "GET" } = asking;
	const forwarded = [
		...(key === null ? [] : [`X-API-Key: ${key}`]),
		`X-Forwarded-Method: ${method}`,
		...(uri === null ? [] : [`X-Forwarded-Uri: ${uri}`]),
		...(lines.some((line) => /^x-forwarded-for:/i.test(line)) ? [] : [`X-Forwarded-For: ${newAddress()}`]),
	];
	return requestText(by, `${FORWARD_AUTH}${query}`, [...forwarded, ...lines], asking.body).replace("HTTP/1.1", asking.version ?? "HTTP/1.1");
}

const ask = (asking: Asking = {}): Promise<Answer> => exchange(server.port, questionText(asking));

/** The same request, with the method and path of the original request. */
function askByPath(path: string, asking: Asking = {}): Promise<Answer> {
	const { method = "GET", key = reader.raw_key, lines = [] } = asking;
	return exchange(
		server.port,
		requestText(method, `${FORWARD_AUTH}${path}`, [...(key === null ? [] : [`X-API-Key: ${key}`]), `X-Forwarded-For: ${newAddress()}`, ...lines]),
	);
}

function assertAdmitted(answer: Answer, key: MadeKey = reader): void {
	equal(answer.status, 200, answer.text);
	equal(answer.text, "");
	equal(answer.header("cache-control"), "no-store");
	equal(answer.header("x-keywright-tenant"), key.key.tenant_id);
	equal(answer.header("x-keywright-key-id"), key.id);
	for (const name of IDENTITY) ok(name in answer.headers, name);
}

function assertRefused(answer: Answer, code: ErrorCode): void {
	assertProblem(answer, code, [reader.raw_key]);
	deepEqual([answer.header("x-keywright-status"), answer.header("x-keywright-code")], [String(ERRORS[code].status), code]);
	for (const name of IDENTITY) ok(!(name in answer.headers), name);
}

test("the response to an accepted request identifies the caller in six headers, which are always present", async () => {
	const answer = await ask({ uri: "/tenants/acme/sites/shop/a?x=1" });
	assertAdmitted(answer);
	equal(decodeURIComponent(answer.header("x-keywright-key-name")), "Größe 1");
	equal(answer.header("x-keywright-environment"), "prod");
	equal(answer.header("x-keywright-permissions"), "orders:read");
	equal(answer.header("x-keywright-site"), "shop");
	const plain = await ask({ uri: "/about" });
	assertAdmitted(plain);
	equal(plain.header("x-keywright-site"), "");
});

test("the rules decide: by method, tenant, site, permission and capability", async () => {
	const cases: readonly [Asking, ErrorCode | null][] = [
		[{}, null],
		[{ method: "HEAD" }, null],
		[{ method: "POST" }, "permission_missing"],
		[{ method: "DELETE" }, "not_found"],
		[{ method: "OPTIONS" }, "not_found"],
		[{ method: "PROPFIND", uri: "/about" }, null],
		[{ uri: "/tenants/other/orders" }, "not_found"],
		[{ uri: "/tenants/ACME/orders" }, "not_found"],
		[{ uri: "/tenants/none/orders" }, "not_found"],
		[{ uri: "/tenants/%20acme/orders" }, "not_found"],
		[{ uri: "/tenants/acme/sites/theirs/a" }, "not_found"],
		[{ uri: "/tenants/acme/sites/shop%20/a" }, "not_found"],
		[{ uri: "/tenants/acme/sites/shop/" }, null],
		[{ uri: "/reports" }, "capability_not_in_plan"],
		[{ uri: "/unknown" }, "not_found"],
		[{ key: stranger.raw_key }, "not_found"],
		[{ key: null }, "key_missing"],
		[{ key: " " }, "key_missing"],
		[{ key: `${reader.raw_key}x` }, "key_invalid"],
		[{ uri: "/tenants/acme/Orders" }, "ambiguous_path"],
		[{ uri: "/tenants/acme/orders/" }, "ambiguous_path"],
	];
	for (const [asking, code] of cases) {
		const answer = await ask(asking);
		if (code === null) equal(answer.status, 200, `${JSON.stringify(asking)} ${answer.text}`);
		else assertRefused(answer, code);
	}
});

test("a path without a rule, another tenant's path and an unknown site get the same response", async () => {
	const lines = [`X-Forwarded-For: ${newAddress()}`];
	const first = withoutRequestId(await ask({ uri: "/unknown", lines }));
	for (const uri of ["/tenants/other/orders", "/tenants/acme/sites/theirs/a", "/tenants/acme/sites/none/a"])
		equal(withoutRequestId(await ask({ uri, lines })), first);
});

test("every method works as the forwarded method and as the method of the request, and an announced body is not awaited", async () => {
	expectStatus(await putRules([{ pattern: "/any" }]), 200);
	try {
		for (const method of METHODS.filter((word) => word !== "CONNECT")) {
			assertAdmitted(await ask({ method, uri: "/any" }));
			const headers = { "x-api-key": reader.raw_key, "x-forwarded-for": newAddress() };
			const by_path = await server.send({ method, path: `${FORWARD_AUTH}/any`, headers });
			equal(by_path.status, 200, method);
			equal(by_path.header("x-keywright-tenant"), "acme");
			const forwarded = { "x-forwarded-method": "GET", "x-forwarded-uri": "/any" };
			equal((await server.send({ method, path: FORWARD_AUTH, headers: { ...headers, ...forwarded } })).status, 200, method);
		}
		for (const length of ["Content-Length: 5", "Content-Length: 5000000", "Transfer-Encoding: chunked"]) {
			for (const more of [[], ["Content-Type: application/json"], ["Content-Encoding: gzip"], ["Expect: 100-continue"]]) {
				const wire = await Wire.open(server.port);
				wire.write(questionText({ uri: "/any", by: "POST", lines: [length, ...more] }));
				const answer = await wire.answer(PROMPT_MS);
				assertAdmitted(answer);
				equal(answer.header("connection"), "close");
				ok(await wire.waitClosed(PROMPT_MS), "what would come next on this connection is no question");
			}
		}
	} finally {
		expectStatus(await putRules(RULES), 200);
	}
});

test("bytes after the head of a request are never parsed as another request", async () => {
	const smuggled = questionText({ uri: "/about" });
	for (const asking of [{}, { key: null }, { uri: "/a/../b" }, { method: "get" }] as const) {
		const wire = await Wire.open(server.port);
		wire.write(questionText({ ...asking, by: "POST", lines: [`Content-Length: ${smuggled.length}`], body: smuggled }) + smuggled);
		await wire.answer(PROMPT_MS);
		ok(await wire.waitClosed(PROMPT_MS));
		equal(wire.pending, "");
	}
});

test("requests on one connection are decided independently", async () => {
	const wire = await Wire.open(server.port);
	for (const [asking, status] of [
		[{}, 200],
		[{ key: null }, 401],
		[{ key: stranger.raw_key, uri: "/tenants/other/orders" }, 200],
		[{ uri: "/unknown" }, 404],
		[{ uri: null }, 400],
	] as const) {
		wire.write(questionText(asking));
		const answer = await wire.answer();
		equal(answer.status, status, answer.text);
		equal("x-keywright-tenant" in answer.headers, status === 200);
	}
	wire.destroy();
	const old = await ask({ version: "HTTP/1.0" });
	assertAdmitted(old);
});

test("a request by path is about its own method and path, and its query is the original query", async () => {
	assertAdmitted(await askByPath("/tenants/acme/orders"));
	assertAdmitted(await askByPath("/tenants/acme/orders?deny=403&x=/../"));
	assertRefused(await askByPath("/tenants/acme/orders", { method: "POST" }), "permission_missing");
	assertRefused(await askByPath("/tenants/acme/orders?deny=403", { method: "POST" }), "permission_missing");
	equal((await askByPath("x/about")).status, 404);
});

test("with ?deny=403 every refusal but 401 is a 403 with the actual status and code in headers", async () => {
	const deny = { query: "?deny=403" };
	const cases: readonly [Asking, ErrorCode][] = [
		[{ ...deny, key: null }, "key_missing"],
		[{ ...deny, key: `${reader.raw_key}x` }, "key_invalid"],
		[{ ...deny, uri: "/unknown" }, "not_found"],
		[{ ...deny, uri: null }, "forwarded_uri_missing"],
		[{ ...deny, uri: "/a/../b" }, "ambiguous_path"],
		[{ ...deny, method: "POST" }, "permission_missing"],
		[{ ...deny, lines: [`X-API-Key: ${stranger.raw_key}`] }, "multiple_credentials"],
		[{ ...deny, lines: ["Authorization: Bearer x"] }, "multiple_credentials"],
		[{ ...deny, lines: Array.from({ length: 101 }, (_, index) => `X-Flood-${index}: 1`) }, "headers_too_large"],
		[{ ...deny, lines: ["Transfer-Encoding: gzip, chunked"] }, "unknown_transfer_coding"],
	];
	for (const [asking, code] of cases) {
		const answer = await ask(asking);
		const { status } = ERRORS[code];
		equal(answer.status, status === 401 ? 401 : 403, answer.text);
		deepEqual([answer.header("x-keywright-status"), answer.header("x-keywright-code")], [String(status), code]);
		equal(answer.header("www-authenticate") !== "", status === 401);
		equal(answer.json.status, status);
		deepEqual(JSON.parse(answer.header("x-keywright-problem")), answer.json, "the same words, for a proxy that drops the body");
		match(answer.header("x-keywright-problem"), /^[ -~]*$/);
	}
	assertAdmitted(await ask(deny));
	for (const query of ["?deny=404", "?deny=403&deny=404", "?x=1", "?"]) assertRefused(await ask({ query, uri: "/unknown" }), "not_found");
});

test("duplicate, contradictory and missing headers are refused", async () => {
	const refused: readonly [Asking, ErrorCode][] = [
		[{ lines: ["X-Forwarded-Uri: /about"] }, "invalid_request"],
		[{ lines: ["x-forwarded-uri: /tenants/acme/orders"] }, "invalid_request"],
		[{ lines: ["X-Forwarded-Method: GET"] }, "invalid_request"],
		[{ lines: ["X-HTTP-Method-Override: DELETE"] }, "invalid_request"],
		[{ lines: ["X-Original-URL: /about"] }, "invalid_request"],
		[{ lines: ["X-Rewrite-URL: /about"] }, "invalid_request"],
		[{ method: "get" }, "invalid_request"],
		[{ method: "GET, POST" }, "invalid_request"],
		[{ method: "" }, "forwarded_uri_missing"],
		[{ uri: "" }, "forwarded_uri_missing"],
		[{ uri: null }, "forwarded_uri_missing"],
		[{ lines: ["X-Forwarded-For: unknown"] }, "forwarded_uri_missing"],
		[{ uri: "http://h/tenants/acme/orders" }, "ambiguous_path"],
		[{ uri: "/tenants/acme/orders#x" }, "ambiguous_path"],
		[{ uri: "/tenants/acme/orders, /about" }, "ambiguous_path"],
		[{ uri: "/tenants/other/../acme/orders" }, "ambiguous_path"],
		[{ uri: "/tenants/acme/%6frders" }, "ambiguous_path"],
		[{ uri: "/tenants/acme%2forders" }, "ambiguous_path"],
		[{ uri: "//tenants/acme/orders" }, "ambiguous_path"],
		[{ lines: ["Cookie: kw_session=x"] }, "multiple_credentials"],
	];
	for (const [asking, code] of refused) assertRefused(await ask(asking), code);
	assertAdmitted(await ask({ lines: ["X-HTTP-Method-Override: GET", "X-Original-URL: https://api.example/tenants/acme/orders"] }));
	assertAdmitted(await ask({ lines: ["Cookie: theirs=1", "Content-Encoding: gzip"] }));
	assertRefused(await ask({ uri: `/about?${"x".repeat(7_000)}`, key: null }), "key_missing");
	equal((await ask({ uri: `/about?${"x".repeat(17_000)}` })).status, 431);
});

test("forwarded headers of a peer that is not a trusted proxy are ignored", async () => {
	const forwarded = { "x-api-key": reader.raw_key, "x-forwarded-uri": "/about", "x-forwarded-method": "GET", "x-forwarded-for": newAddress() };
	const askFrom = (localAddress: string, path: string) =>
		new Promise<string>((resolve, reject) => {
			const asked = request({ port: server.port, host: "127.0.0.1", localAddress, path, headers: forwarded }, (answer) => {
				answer.resume();
				resolve(`${answer.statusCode} ${String(answer.headers["x-keywright-code"])} ${String(answer.headers["x-keywright-tenant"])}`);
			});
			asked.on("error", reject).end();
		});
	const paths = [FORWARD_AUTH, `${FORWARD_AUTH}/about`];
	for (const path of paths) equal(await askFrom("127.0.0.2", path), "400 forwarded_uri_missing undefined");
	equal(await askFrom("127.0.0.1", FORWARD_AUTH), "200 undefined acme");
});

test("a key in any other place than its header counts as missing, and the log identifies it without its secret", async () => {
	const kid = reader.key.secrets[0]?.kid ?? "";
	for (const asking of [
		{ uri: `/about?api_key=${reader.raw_key}` },
		{ uri: "/about", lines: [`Cookie: key=${reader.raw_key}`] },
		{ uri: "/about", lines: [`Authorization: Bearer ${reader.raw_key}`] },
	]) {
		const before = server.logs.stdout.split("key_exposed").length;
		assertRefused(await ask({ key: null, ...asking }), "key_missing");
		for (const until = performance.now() + PROMPT_MS; server.logs.stdout.split("key_exposed").length === before; await sleep(20))
			ok(performance.now() < until, "a line in the log");
	}
	ok(server.logs.stdout.includes(kid));
	ok(!server.logs.stdout.includes(reader.raw_key));
});

test("IP allowlists and the limit of wrong keys use the caller's address as the proxy saw it", async () => {
	const bound = await makeKey(server, "acme", { permissions: ["orders:read"], allowed_ips: ["203.0.113.0/24"] });
	const from = (chain: string) => ask({ key: bound.raw_key, lines: [`X-Forwarded-For: ${chain}`] });
	assertAdmitted(await from("203.0.113.5"), bound);
	assertAdmitted(await from("192.0.2.1, 203.0.113.5, 127.0.0.1"), bound);
	assertRefused(await from("203.0.113.5, 192.0.2.1"), "ip_not_allowed");
	assertRefused(await from("203.0.113.5, 127.0.0.1, 192.0.2.1"), "ip_not_allowed");
	const wrong = (address: string) => ask({ key: `${reader.raw_key}x`, lines: [`X-Forwarded-For: ${address}`] });
	for (let count = 0; count < 5; count += 1) assertRefused(await wrong("192.0.2.200"), "key_invalid");
	const answer = await wrong("192.0.2.200");
	assertRefused(answer, "too_many_auth_failures");
	assertRefused(await wrong("192.0.2.201"), "key_invalid");
	assertAdmitted(await ask({ lines: ["X-Forwarded-For: 192.0.2.200"] }));
});

test("a request consumes the cost of its rule, refusals consume nothing, and the response has the remaining limits", async () => {
	const plan_id = await makePlan(server, {
		capabilities: ["m2m_api", "orders"],
		rate_limits: [{ name: "burst", requests: 10, window_seconds: 60, per: "key" }],
	});
	const tenant = await makeTenant(server, { plan_id });
	const limited = await makeKey(server, tenant.id);
	const get = (path: string, query = "") => ask({ key: limited.raw_key, uri: `/tenants/${tenant.id}${path}`, query });
	const left = async (path: string) => /r=(\d+)/.exec((await get(path)).header("ratelimit"))?.[1];
	deepEqual([await left("/orders"), await left("/exports/1"), await left("/unknown"), await left("/exports/2")], ["9", "5", "5", "1"]);
	const refused = await get("/exports/3", "?deny=403");
	deepEqual([refused.status, refused.header("x-keywright-code")], [403, "rate_limited"]);
	match(refused.header("retry-after"), /^[1-9]\d*$/);
	match(refused.header("ratelimit"), /r=1/);
	equal(await left("/orders"), "0");
});

test("usage is counted by the pattern of the rule, not by path", async () => {
	const tenant = await makeTenant(server, { plan_id: await makePlan(server, { capabilities: ["m2m_api", "orders"] }) });
	const counted = await makeKey(server, tenant.id);
	const base = `/tenants/${tenant.id}`;
	const asked: Asking[] = [
		...Array.from({ length: 20 }, (_, index) => ({ uri: `${base}/exports/${index}` })),
		{ uri: `${base}/exports/x`, method: "PROPFIND" },
		{ uri: `${base}/exports/x`, method: "PURGE" },
		...Array.from({ length: 5 }, (_, index) => ({ uri: `/unknown/${index}` })),
	];
	for (const asking of asked) await ask({ key: counted.raw_key, ...asking });
	const database = await Database.open(server.data_dir);
	try {
		const read = () =>
			database.rows("select operation, code, sum(requests)::int as requests from usage_operations where tenant_id = $1 group by 1, 2 order by 1", [
				tenant.id,
			]);
		let rows = await read();
		for (const until = performance.now() + 10_000; rows.reduce((sum, row) => sum + Number(row.requests), 0) < asked.length; rows = await read()) {
			ok(performance.now() < until, JSON.stringify(rows));
			await sleep(100);
		}
		deepEqual(rows, [
			{ operation: "GET /tenants/:tenant_id/exports/*", code: "allowed", requests: 20 },
			{ operation: "OTHER /tenants/:tenant_id/exports/*", code: "allowed", requests: 2 },
			{ operation: "forward-auth without a rule", code: "not_found", requests: 5 },
		]);
	} finally {
		await database.close();
	}
});

test("changed rules apply to the next request; without rules every active key is accepted", async () => {
	try {
		for (let round = 0; round < 10; round += 1) {
			expectStatus(await putRules([{ pattern: `/round/${round}` }]), 200);
			assertAdmitted(await ask({ uri: `/round/${round}` }));
			assertRefused(await ask({ uri: `/round/${round - 1}` }), "not_found");
		}
		expectStatus(await putRules([]), 200);
		const doomed = await makeKey(server, "acme");
		assertAdmitted(await ask({ key: doomed.raw_key, uri: "/whatever", method: "DELETE" }), doomed);
		assertRefused(await ask({ uri: "/whatever//else" }), "ambiguous_path");
		expectStatus(await server.management("acme", "POST", `/api-keys/${doomed.id}/revoke`, { reason: "other" }), 200);
		assertRefused(await ask({ key: doomed.raw_key, uri: "/whatever" }), "key_revoked");
	} finally {
		expectStatus(await putRules(RULES), 200);
	}
});

test("the tester returns the decision of the route", async () => {
	const uris = ["/tenants/acme/orders", "/tenants/acme/orders/", "/tenants/other/orders", "/unknown", "/a/../b", "/reports", "/about?x=1"];
	for (const method of ["GET", "POST", "HEAD", "get"]) {
		for (const uri of uris) {
			const answer = await ask({ method, uri });
			const tested = expectStatus(await server.operator("POST", "/forward-auth-rules/test", { method, uri, raw_key: reader.raw_key }), 200).json as {
				refusal: { status: number; code: string } | null;
				decision: { status: number; code: string } | null;
			};
			const decision = tested.decision ?? tested.refusal;
			equal(decision?.status, answer.status, `${method} ${uri}`);
			if (answer.status !== 200) equal(decision?.code, answer.code);
		}
	}
});

test("the first use of a new secret by /verify or forward-auth is recorded before the response, so that the rotation cannot be cancelled", async () => {
	const { credential } = await makeService(server);
	const ways = {
		verify: async (raw_key: string) => {
			const headers = { authorization: `Bearer ${credential}` };
			const answer = await send(server.url, { method: "POST", path: "/api/v1/verify", headers, body: { raw_key } });
			equal(expectStatus(answer, 200).json.allowed, true, answer.text);
		},
		"forward-auth": async (raw_key: string) => {
			const headers = { "x-api-key": raw_key, "x-forwarded-method": "GET", "x-forwarded-uri": "/about", "x-forwarded-for": newAddress() };
			expectStatus(await send(server.url, { method: "GET", path: FORWARD_AUTH, headers }), 200);
		},
	};
	expectStatus(await putRules(RULES), 200);
	for (const [name, use] of Object.entries(ways)) {
		const made = await makeKey(server, "acme", { permissions: ["tenant:read"] });
		await use(made.raw_key);
		const reissued = await server.management("acme", "POST", `/api-keys/${made.id}/reissue`, {});
		equal(reissued.status, 409, `${name}: the first secret is in use: ${reissued.text}`);
		const begun = await server.management("acme", "POST", `/api-keys/${made.id}/rotate`, { overlap_seconds: 3_600 });
		const { raw_key, rotation } = expectStatus(begun, 201).as<{ raw_key: string; rotation: { id: string } }>();
		await use(raw_key);
		const cancelled = await server.management("acme", "POST", `/api-keys/${made.id}/rotations/${rotation.id}/cancel`, {});
		equal(expectStatus(cancelled, 409).json.code, "successor_in_use", name);
		await use(raw_key);
	}
});

test("the snippets of docs/forward-auth.md run unchanged and do what the page says", async () => {
	const markdown = readFileSync(join(ROOT, "docs/forward-auth.md"), "utf8");
	const [permission = "", setting = "", trying = "", ...more] = [...markdown.matchAll(/^<!-- run -->\n+```sh\n([\s\S]*?)^```$/gm)].map(
		([, text = ""]) => text,
	);
	equal(more.length, 0);
	const values = { KEYWRIGHT_URL: server.url, KEYWRIGHT_OPERATOR_TOKEN: server.operator_token, RAW_KEY: reader.raw_key };
	const run = (text: string) => JSON.parse(execFileSync("bash", ["-c", text], { env: environmentWith(values), encoding: "utf8" })) as object;
	try {
		ok("name" in run(permission));
		ok("updated_at" in run(setting));
		const answer = run(trying) as { rule: { pattern: string }; rule_index: number; decision: { allowed: boolean } };
		deepEqual([answer.rule.pattern, answer.rule_index, answer.decision.allowed], ["/tenants/:tenant_id/orders/*", 1, true]);
		const statuses = [];
		for (const uri of ["/tenants/acme/orders/7", "/tenants/acme/Orders/7", "/status/", "/tenants/acme/orders"])
			statuses.push((await ask({ uri })).status);
		deepEqual(statuses, [200, 400, 400, 400]);
	} finally {
		expectStatus(await putRules(RULES), 200);
	}
});

test("while PostgreSQL does not answer, no request is accepted after the lease, and with ?deny=403 the refusal is a 403", async () => {
	assertAdmitted(await ask());
	const thaw = freeze(postgresPid(server.data_dir) ?? 0);
	const until = performance.now() + LEASE_MS;
	try {
		let answer = await ask({ query: "?deny=403" });
		for (let sent = performance.now(); answer.status === 200; sent = performance.now()) {
			ok(sent <= until, "nothing is let in that was sent after the lease");
			answer = await ask({ query: "?deny=403" });
		}
		deepEqual([answer.status, answer.header("x-keywright-status"), answer.header("x-keywright-code")], [403, "503", "unavailable"]);
		assertRefused(await ask(), "unavailable");
	} finally {
		thaw();
	}
	let back = await ask();
	for (const late = performance.now() + 5_000; back.status !== 200 && performance.now() < late; back = await ask()) await sleep(50);
	assertAdmitted(back);
});
