/** Named limits, weighted costs, key limits and descriptions of capabilities, for services, owners and operators. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Answer, inParallel } from "./client.ts";
import { assertPointer, assertProblem, getRemaining } from "./problem.ts";
import { environmentWith, ROOT, type Server, startServer } from "./server.ts";
import { expectStatus, makeKey, makePlan, makeService, makeTenant, makeWorld } from "./things.ts";

const TIMEOUT_MS = 30_000;

let server: Server;
let credential: string;

before(async () => {
	server = await startServer({ env: { KEYWRIGHT_LOG_LEVEL: "warn" } });
	({ credential } = await makeService(server));
});
after(() => server.stop());

interface Decision {
	readonly allowed: boolean;
	readonly code: string;
	readonly detail: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly rate_limits: readonly { readonly name: string; readonly per: string; readonly remaining: number }[];
}

const limit = (name: string, requests: number, fields: object = {}) => ({ name, requests, window_seconds: 60, per: "key", ...fields });
const named = (name: string, requests: number) => limit(name, requests, { per: "tenant", named_only: true });
const costs = (limits: Readonly<Record<string, number>>) => Object.entries(limits).map(([name, cost]) => ({ name, cost }));

async function ask(raw_key: string, question: object = {}): Promise<Decision> {
	return expectStatus(await server.verify(credential, { raw_key, ...question }), 200).as<Decision>();
}

const left = ({ rate_limits }: Decision) => Object.fromEntries(rate_limits.map(({ name, remaining }) => [name, remaining]));

function whoami(raw_key: string): Promise<Answer> {
	return server.keyed(raw_key, "GET", "/whoami");
}

async function getLimits(raw_key: string, tenant_id: string) {
	const answer = expectStatus(await server.keyed(raw_key, "GET", `/tenants/${tenant_id}/limits`), 200);
	return answer.as<{ quota: { used: number } | null; rate_limits: { name: string; per: string; named_only: boolean; remaining: number }[] }>();
}

test("an address that a service passes on is accepted in every format of X-Forwarded-For", async () => {
	const { id } = await makeTenant(server);
	const { raw_key } = await makeKey(server, id, { allowed_ips: ["203.0.113.9", "2001:db8::1"] });
	const codeFor = async (ip: string) => (await ask(raw_key, { request: { ip } })).code;
	for (const ip of ["203.0.113.9", " 203.0.113.9 ", "203.0.113.9:4711", "::ffff:203.0.113.9", "[::ffff:203.0.113.9]:80"])
		equal(await codeFor(ip), "allowed", ip);
	for (const ip of ["2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:443", "2001:DB8:0::1"]) equal(await codeFor(ip), "allowed", ip);
	for (const ip of ["203.0.113.8:9", "[2001:db8::2]:443", "203.0.113.9:", "203.0.113.9:x", "203.0.113.9, 198.51.100.1", "203.0.113.9:1:2", ""])
		equal(await codeFor(ip), "ip_not_allowed", ip);
});

test("of 400 concurrent requests against one of three named limits of 100 exactly 100 are allowed, and the other limits and the quota are charged exactly 100", async () => {
	const { tenant, raw_key } = await makeWorld(server, {
		rate_limits: [named("exports", 100), limit("burst", 1_000), named("mails", 1_000), named("pages", 1_000)],
		quota_requests_per_month: 10_000,
	});
	const question = { limits: costs({ mails: 2, exports: 1, pages: 1 }) };
	const answers = await inParallel(400, 400, () => ask(raw_key, question));
	equal(answers.filter(({ allowed }) => allowed).length, 100);
	equal(answers.filter(({ code }) => code === "rate_limited").length, 300);
	const { quota, rate_limits } = await getLimits(raw_key, tenant.id);
	// The last request counts too; it names no limit.
	deepEqual(Object.fromEntries(rate_limits.map(({ name, remaining }) => [name, remaining])), { burst: 899, exports: 0, mails: 800, pages: 900 });
	equal(quota?.used, 101);
});

test("of 400 concurrent requests of cost 3 against a limit of 100 exactly 33 are allowed, and the remainder allows a cheaper one", async () => {
	const { raw_key } = await makeWorld(server, { rate_limits: [limit("burst", 100), limit("hourly", 1_000, { window_seconds: 3_600 })] });
	const answers = await inParallel(400, 400, () => ask(raw_key, { cost: 3 }));
	equal(answers.filter(({ allowed }) => allowed).length, 33);
	equal(answers.filter(({ code }) => code === "rate_limited").length, 367);
	deepEqual(left(await ask(raw_key)), { burst: 0, hourly: 900 });
});

test("if two limits are exhausted, Retry-After is the longer wait", async () => {
	const { raw_key } = await makeWorld(server, {
		rate_limits: [limit("second", 2, { window_seconds: 5 }), limit("hourly", 2, { window_seconds: 3_600 })],
	});
	equal((await ask(raw_key, { cost: 2 })).code, "allowed");
	const refused = await ask(raw_key);
	match(refused.detail, /"hourly"/);
	ok(Number(refused.headers["Retry-After"]) >= 3_600);
});

test("an invalid cost is refused and not counted", async () => {
	const { tenant, raw_key } = await makeWorld(server, { rate_limits: [limit("burst", 100)], quota_requests_per_month: 1_000 });
	for (const cost of [0, -1, 1.5, 1e9, "3", null, [3]]) {
		const answer = await server.verify(credential, { raw_key, cost });
		assertProblem(answer, "invalid_request", [raw_key]);
		assertPointer(answer, "/cost");
	}
	const many = Array.from({ length: 1_000 }, (_, index) => ({ name: `limit${index}`, cost: 1 }));
	assertPointer(await server.verify(credential, { raw_key, limits: many }), "/limits");
	const { quota, rate_limits } = await getLimits(raw_key, tenant.id);
	deepEqual([quota?.used, rate_limits[0]?.remaining], [1, 99], "only asking for the limits was a request");
});

test("an invalid cost in a budget is refused and spends nothing, and a name that the key does not have spends none", async () => {
	const budget = { name: "credits", unit: "credits", amount: 100, per: "total" };
	const { tenant, made, raw_key } = await makeWorld(server);
	expectStatus(await server.management(tenant.id, "PATCH", `/api-keys/${made.id}`, { budgets: [budget] }), 200);
	const wrong = [-1, 1.5, 1_000_001, 1e300, "3", null, [3], true].map((cost) => [{ credits: cost }, "/budgets/credits"] as const);
	for (const [budgets, pointer] of [
		...wrong,
		[{ Credits: 0 }, "/budgets"],
		[{ a: 0, b: 0, c: 0, d: 0, e: 0 }, "/budgets"],
		[[{ name: "credits", cost: 0 }], "/budgets"],
		[null, "/budgets"],
	] as const) {
		const answer = await server.verify(credential, { raw_key, budgets });
		equal(answer.status, 400, answer.text);
		const { errors } = answer.json as { errors: { pointer: string }[] };
		ok(errors[0]?.pointer.startsWith(pointer), `${JSON.stringify(budgets)}: ${JSON.stringify(errors)}`);
	}
	for (const budgets of ['{"credits":0,"credits":100}', '{"__proto__":{"credits":0}}', '{"constructor":0,"__proto__":0}']) {
		const body = Buffer.from(`{"raw_key":${JSON.stringify(raw_key)},"budgets":${budgets}}`);
		const headers = { authorization: `Bearer ${credential}`, "content-type": "application/json" };
		equal((await server.send({ method: "POST", path: "/api/v1/verify", body, headers })).status, 400, budgets);
	}
	equal((await ask(raw_key, { budgets: { credit: 0, constructor: 0 } })).code, "allowed");
	const { budgets } = expectStatus(await whoami(raw_key), 200).as<{ budgets: { used: number }[] }>();
	deepEqual(
		budgets.map(({ used }) => used),
		[2],
	);
});

test("an opt-in limit is in the headers and the response if the request names it, and always in the list of limits", async () => {
	const { tenant, raw_key } = await makeWorld(server, { rate_limits: [named("exports", 5), limit("burst", 50)] });
	deepEqual(getRemaining(await whoami(raw_key)), { burst: 49 });
	const plain = await ask(raw_key);
	deepEqual(left(plain), { burst: 48 });
	equal(plain.headers["RateLimit-Policy"], '"burst";q=50;w=60');
	const exporting = await ask(raw_key, { limits: costs({ exports: 4 }), cost: 10 });
	deepEqual(left(exporting), { burst: 38, exports: 1 });
	equal(exporting.headers["RateLimit-Policy"], '"burst";q=50;w=60, "exports";q=5;w=60');
	match(exporting.headers.RateLimit ?? "", /^"burst";r=38;t=\d+, "exports";r=1;t=\d+$/);
	const refused = await ask(raw_key, { limits: costs({ exports: 2 }) });
	deepEqual([refused.code, left(refused)], ["rate_limited", { burst: 38, exports: 1 }]);
	ok(refused.headers["Retry-After"]);
	const never = await ask(raw_key, { limits: costs({ exports: 6 }) });
	ok(never.detail.includes("can never pass"), never.detail);
	equal((await ask(raw_key, { limits: costs({ unknown: 1_000_000 }) })).code, "allowed");
	deepEqual(
		(await getLimits(raw_key, tenant.id)).rate_limits.map(({ name, named_only }) => [name, named_only]),
		[
			["burst", false],
			["exports", true],
		],
	);
});

test("invalid names, invalid costs, a repeated limit and more than eight limits are refused", async () => {
	const { raw_key } = await makeWorld(server, { rate_limits: [named("exports", 5)] });
	const wrong: [limits: unknown, pointer: string][] = [
		[
			[
				{ name: "exports", cost: 1 },
				{ name: "exports", cost: 2 },
			],
			"/limits/1/name",
		],
		[[{ name: "Exports", cost: 1 }], "/limits/0/name"],
		[[{ name: "exports", cost: 0 }], "/limits/0/cost"],
		[[{ name: "exports", cost: 1.5 }], "/limits/0/cost"],
		[[{ name: "exports", cost: 1_000_001 }], "/limits/0/cost"],
		[[{ name: "exports" }], "/limits/0/cost"],
		[Array.from({ length: 9 }, (_, index) => ({ name: `limit${index}`, cost: 1 })), "/limits"],
		[{ exports: 1 }, "/limits"],
	];
	for (const [limits, pointer] of wrong) {
		const answer = await server.verify(credential, { raw_key, limits });
		assertProblem(answer, "invalid_request", [raw_key]);
		assertPointer(answer, pointer);
	}
	assertProblem(await server.verify(credential, { raw_key, limits: [{ name: "exports", cost: 1, per: "key" }] }), "unknown_field");
	deepEqual(left(await ask(raw_key, { limits: costs({ exports: 1 }) })), { exports: 4 }, "none of them spent anything");
});

test("a key's own limit applies from the next request on, is in headers and limits, and survives a rotation", async () => {
	const { tenant, made, raw_key } = await makeWorld(server, { rate_limits: [limit("burst", 100)] });
	const path = `/api-keys/${made.id}`;
	const patch = async (rate_limits: object[]) => expectStatus(await server.management(tenant.id, "PATCH", path, { rate_limits }), 200);
	deepEqual(getRemaining(await whoami(raw_key)), { burst: 99 });
	const slow = { name: "slow", requests: 3, window_seconds: 60 };
	deepEqual((await patch([slow])).json.rate_limits, [slow]);
	deepEqual(getRemaining(await whoami(raw_key)), { burst: 98, slow: 2 });
	deepEqual((await ask(raw_key)).rate_limits.find(({ name }) => name === "slow")?.per, "key");
	equal((await ask(raw_key, { cost: 2 })).code, "rate_limited");
	expectStatus(await whoami(raw_key), 200);
	const refused = await whoami(raw_key);
	assertProblem(refused, "rate_limited");
	equal(refused.json.limit, "slow");
	expectStatus(await server.management(tenant.id, "PATCH", path, { labels: { changed: "yes" } }), 200);
	equal((await whoami(raw_key)).status, 429, "another change of the key resets nothing");
	await patch([{ ...slow, requests: 5 }]);
	deepEqual(getRemaining(await whoami(raw_key)), { burst: 95, slow: 1 });
	const read = expectStatus(await server.management(tenant.id, "GET", path), 200);
	deepEqual(read.json.rate_limits, [{ ...slow, requests: 5 }]);
	const second = await makeKey(server, tenant.id, { rate_limits: [slow] });
	deepEqual(getRemaining(await whoami(second.raw_key)), { burst: 99, slow: 2 });
	const unused = await makeKey(server, tenant.id, { rate_limits: [{ ...slow, requests: 1 }] });
	const reissued = expectStatus(await server.management(tenant.id, "POST", `/api-keys/${unused.id}/reissue`), 201).as<{ raw_key: string }>();
	expectStatus(await whoami(reissued.raw_key), 200);
	equal((await whoami(reissued.raw_key)).status, 429);
});

test("invalid key limits are refused with a pointer", async () => {
	const { tenant } = await makeWorld(server, { rate_limits: [limit("burst", 100)] });
	const wrong: [rate_limits: unknown, pointer: string][] = [
		[[{ name: "burst", requests: 1, window_seconds: 60 }], "/rate_limits/0/name"],
		[[{ name: "slow", requests: 100, window_seconds: 60 }], "/rate_limits/0/requests"],
		[[{ name: "slow", requests: 0, window_seconds: 60 }], "/rate_limits/0/requests"],
		[[{ name: "slow", requests: 1, window_seconds: 3_601 }], "/rate_limits/0/window_seconds"],
		[[{ name: "So slow", requests: 1, window_seconds: 60 }], "/rate_limits/0/name"],
		[Array.from({ length: 5 }, (_, index) => ({ name: `slow${index}`, requests: 9 - index, window_seconds: 60 })), "/rate_limits"],
		[null, "/rate_limits"],
	];
	for (const [rate_limits, pointer] of wrong) {
		const answer = await server.management(tenant.id, "POST", "/api-keys", { name: "bot", environment: "prod", owner: "Olivia", rate_limits });
		assertProblem(answer, "invalid_request");
		assertPointer(answer, pointer);
	}
});

test("a plan may have a capability without a description; the tenant sees its description, if any, and its permissions", async () => {
	const plan_id = await makePlan(server, { capabilities: ["m2m_api", "faxes"] });
	const tenant = await makeTenant(server, { plan_id });
	const seen = async () => {
		const { data } = expectStatus(await server.management(tenant.id, "GET", "/capabilities"), 200).as<{ data: { name: string }[] }>();
		return data.find(({ name }) => name === "faxes");
	};
	deepEqual(await seen(), { name: "faxes", description: "", included: true, permissions: [] });
	expectStatus(await server.operator("PUT", "/capabilities/faxes", { description: "Faxes: send and receive" }), 200);
	expectStatus(await server.operator("PUT", "/permissions/faxes:send", { description: "Send faxes", capability: "faxes" }), 200);
	deepEqual(await seen(), { name: "faxes", description: "Faxes: send and receive", included: true, permissions: ["faxes:send"] });
	const refused = await server.operator("DELETE", "/capabilities/faxes");
	assertProblem(refused, "conflict");
	deepEqual([refused.json.plans, refused.json.permissions, refused.json.forward_auth_rules], [1, 1, 0]);
	assertProblem(await server.operator("PUT", "/capabilities/documents", { description: "Papers" }), "conflict");
	assertProblem(await server.operator("DELETE", "/capabilities/m2m_api"), "conflict");
	assertProblem(await server.operator("PUT", "/capabilities/Fax", { description: "Fax" }), "invalid_request");
});

test("a permission in use by keys or rules cannot be deleted, and its uses are listed; once unused it can", async () => {
	expectStatus(await server.operator("PUT", "/capabilities/stamps", { description: "Stamps" }), 200);
	expectStatus(await server.operator("PUT", "/permissions/stamps:buy", { description: "Buy stamps", capability: "stamps" }), 200);
	const { tenant, plan_id, made, raw_key } = await makeWorld(server, { name: "Post", capabilities: ["m2m_api", "stamps"] });
	const uses = async () => expectStatus(await server.operator("GET", "/permissions/stamps:buy/uses"), 200).json;
	deepEqual(await uses(), {
		plans: [{ id: plan_id, name: "Post" }],
		keys: 1,
		tenants: 1,
		most: [{ id: tenant.id, name: tenant.name, keys: 1 }],
		forward_auth_rules: 0,
		in_use: true,
	});
	const rules = [{ pattern: "/tenants/:tenant_id/stamps", permissions: ["stamps:buy"], capability: "stamps" }];
	expectStatus(await server.operator("PUT", "/forward-auth-rules", { rules }), 200);
	const refused = await server.operator("DELETE", "/permissions/stamps:buy");
	assertProblem(refused, "conflict");
	deepEqual([refused.json.keys, refused.json.tenants, refused.json.forward_auth_rules], [1, 1, 1]);
	equal((await ask(raw_key, { permissions: ["stamps:buy"] })).code, "allowed");

	expectStatus(await server.management(tenant.id, "PATCH", `/api-keys/${made.id}`, { permissions: [] }), 200);
	assertProblem(await server.operator("DELETE", "/permissions/stamps:buy"), "conflict");
	expectStatus(await server.operator("PUT", "/forward-auth-rules", { rules: [] }), 200);
	deepEqual(await uses(), { plans: [{ id: plan_id, name: "Post" }], keys: 0, tenants: 0, most: [], forward_auth_rules: 0, in_use: false });
	expectStatus(await server.operator("DELETE", "/permissions/stamps:buy"), 204);
	assertProblem(await server.operator("GET", "/permissions/stamps:buy/uses"), "not_found");
});

/** Runs a snippet unchanged, with the values that the page names. */
function run(text: string, env: Record<string, string>): Promise<{ code: number; stdout: string }> {
	return new Promise((resolve) => {
		execFile("bash", ["-c", `set -e\n${text}`], { env: environmentWith(env), timeout: TIMEOUT_MS }, (error, stdout) => {
			resolve({ code: error === null ? 0 : 1, stdout });
		});
	});
}

test("the snippets of docs/verify.md about costs and budgets run unchanged and do what the page says", async () => {
	const markdown = readFileSync(join(ROOT, "docs/verify.md"), "utf8");
	const snippets = [...markdown.matchAll(/^<!-- run -->\n+```sh\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
	equal(snippets.length, 6);
	const [prepare = "", moving = "", exporting = "", own = "", budgets = "", spending = ""] = snippets;
	const base = { KEYWRIGHT_URL: server.url, KEYWRIGHT_OPERATOR_TOKEN: server.operator_token, KEYWRIGHT_SERVICE_CREDENTIAL: credential };
	equal((await run(prepare, base)).code, 0);
	await makeTenant(server, { id: "acme", plan_id: "pro" });
	const { id, raw_key } = await makeKey(server, "acme");
	const env = { ...base, RAW_KEY: raw_key, KEY_ID: id };
	equal((await run(moving, env)).code, 0);
	const decisions: Decision[] = [];
	for (let count = 0; count < 11; count += 1) decisions.push(JSON.parse((await run(exporting, env)).stdout) as Decision);
	deepEqual(left(decisions[0] ?? decisions[10] ?? (await ask(raw_key))), { burst: 580, exports: 9 });
	deepEqual(
		decisions.map(({ code }) => code),
		[...Array.from({ length: 10 }, () => "allowed"), "rate_limited"],
	);
	const patched = await run(own, env);
	equal(patched.code, 0);
	deepEqual(getRemaining(await whoami(raw_key)).trial, 59);
	equal((await run(budgets, env)).code, 0);
	const spent = JSON.parse((await run(spending, env)).stdout) as Decision;
	equal(spent.code, "allowed");
	match(spent.headers["RateLimit-Policy"] ?? "", /"calls";q=10000;qu="requests";w=86400, "credits";q=500;qu="credits";w=\d+$/);
	interface Shown {
		readonly budgets: readonly { readonly name: string; readonly used: number; readonly resets_at: string }[];
	}
	const { budgets: shown } = expectStatus(await whoami(raw_key), 200).as<Shown>();
	deepEqual(Object.fromEntries(shown.map(({ name, used }) => [name, used])), { calls: 2, credits: 26 });
	const { budgets: of_limits } = expectStatus(await server.keyed(raw_key, "GET", "/tenants/acme/limits"), 200).as<Shown>();
	deepEqual(
		of_limits,
		shown.map((budget) => ({ ...budget, used: budget.used + 1 })),
	);
	const [day = Number.NaN, month = Number.NaN] = shown.map(({ resets_at }) => Date.parse(resets_at) - Date.now());
	ok(day > -60_000 && day <= 86_400_000 && month >= day && month <= 31 * 86_400_000, `${day} and ${month} ms until they refill`);
	ok(shown.every(({ resets_at }) => resets_at.endsWith("T00:00:00.000Z")));
});
