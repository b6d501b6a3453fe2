/** Requests that are broken in ten ways, on keyed routes, through a guard in JavaScript and in Python, and behind nginx: the request id that the caller gets explains each. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { createServer, type Server as HttpServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { keywright, type NodeGuard } from "@keywright/client/node";
import type { Host } from "../../client/testing/run-behaviour.ts";
import { type Answer, send } from "../client.ts";
import { createHostStarter } from "../guards/host.ts";
import { assertProblem } from "../problem.ts";
import { endLeftovers, type Server, startServer } from "../server.ts";
import { expectStatus, makeKey, makePlan, makeService, makeSite, makeTenant } from "../things.ts";
import { Echo } from "./echo.ts";
import { type RunningProxy, startProxy } from "./proxy.ts";

/** Contract: refusals are readable within 2 s. */
const READABLE_MS = 2_000;
const EXPIRY_MS = 1_500;
const LIMIT = 5;
const PERMISSIONS: Readonly<Record<string, string>> = { items: "sites:read", documents: "documents:read", exports: "sites:read" };
/** What an export spends of two budgets of a key; of a third one, and for other resources, a request spends 1. */
const EXPORT_COSTS = { credits: 25, calls: 0 };
const COSTS_OF_THE_CALLER = {
	...{ "x-cost": "0", "x-keywright-cost": "0", "x-keywright-budgets": '{"credits":0}', "x-keywright-limits": "credits=0", budgets: "credits=0" },
};
const PATH = /^\/tenants\/([\w-]+)\/sites\/([\w-]+)\/(items|documents|exports)(?:\?.*)?$/;

interface Explanation {
	readonly request_id: string;
	readonly allowed: boolean;
	readonly code: string;
	readonly check: string;
	readonly cause: readonly { readonly fact: string; readonly value: unknown }[];
	readonly last_success: { readonly at: string; readonly operation: string } | null;
	readonly exact: boolean;
}

interface Asked {
	readonly raw_key: string;
	readonly tenant_id?: string;
	readonly site_id?: string;
	readonly resource?: "items" | "documents" | "exports";
	readonly also?: Readonly<Record<string, string>>;
}

let server: Server;
let echo: Echo;
let nginx: RunningProxy;
let guard: NodeGuard;
let guarded: HttpServer;
let python: Host;
let service: string;
let tenant_id: string;
let other_id: string;

before(async () => {
	server = await startServer({ env: { KEYWRIGHT_TRUSTED_PROXIES: "127.0.0.1", KEYWRIGHT_AUTH_FAILURES_PER_MINUTE: "0" } });
	const rate_limits = [{ name: "burst", requests: LIMIT, window_seconds: 600, per: "key" }];
	const plan_id = await makePlan(server, { capabilities: ["m2m_api"], rate_limits });
	tenant_id = (await makeTenant(server, { plan_id })).id;
	other_id = (await makeTenant(server, { plan_id })).id;
	await makeSite(server, tenant_id, { id: "shop" });
	await makeSite(server, tenant_id, { id: "lab", environment: "dev" });
	const rules = ["items", "documents", "exports"].map((resource) => ({
		pattern: `/tenants/:tenant_id/sites/:site_id/${resource}`,
		permissions: [PERMISSIONS[resource]],
		...(resource === "exports" ? { budgets: EXPORT_COSTS } : {}),
	}));
	expectStatus(await server.operator("PUT", "/forward-auth-rules", { rules }), 200);
	echo = await Echo.start();
	nginx = await startProxy("nginx", { keywright: server.port, app: echo.port });
	const { credential } = await makeService(server);
	service = credential;
	guard = keywright({ url: server.url, credential });
	const part = (url: string | undefined, index: number) => PATH.exec(url ?? "")?.[index] ?? "";
	const isExport = (url: string | undefined) => part(url, 3) === "exports";
	const check = guard(
		{
			tenant: (request) => part(request.url, 1),
			site: (request) => part(request.url, 2),
			permission: (request) => PERMISSIONS[part(request.url, 3)],
			budgets: (request) => (isExport(request.url) ? EXPORT_COSTS : {}),
		},
		(_request, response) => response.end("here"),
	);
	guarded = createServer((request, response) => void check(request, response));
	await new Promise<void>((resolve) => guarded.listen(0, "127.0.0.1", resolve));
	const env = { KEYWRIGHT_CREDENTIAL: credential, PERMISSIONS: JSON.stringify(PERMISSIONS), EXPORT_COSTS: JSON.stringify(EXPORT_COSTS) };
	python = await createHostStarter({ command: "/usr/bin/python3", args: ["explained_app.py"], cwd: import.meta.dirname, env })(server.url);
});

after(async () => {
	guard?.close();
	await new Promise((resolve) => guarded?.close(resolve));
	await python?.close();
	await nginx?.stop();
	await echo?.stop();
	await server?.stop();
	await endLeftovers();
});

function portOf(listening: HttpServer): number {
	const address = listening.address();
	ok(address !== null && typeof address === "object");
	return address.port;
}

async function explain(request_id: string): Promise<Explanation> {
	for (const until = performance.now() + READABLE_MS; ; await sleep(50)) {
		const answer = await server.management(tenant_id, "GET", `/explain/${request_id}`);
		if (answer.status === 200) return answer.as<Explanation>();
		ok(performance.now() < until, `not explained within 2 s: ${answer.text}`);
	}
}

const through = (url: string, { raw_key, tenant_id: of = tenant_id, site_id = "shop", resource = "items", also = {} }: Asked) =>
	send(url, {
		method: "GET",
		path: `/tenants/${of}/sites/${site_id}/${resource}${"x-cost" in also ? "?cost=0&budgets=credits%3D0" : ""}`,
		headers: { ...also, "x-api-key": raw_key },
	});

function keyed({ raw_key, tenant_id: of, site_id = "shop", resource = "items" }: Asked): Promise<Answer> {
	if (of !== undefined) return server.keyed(raw_key, "GET", `/tenants/${of}/limits`);
	return server.keyed(raw_key, "GET", `/sites/${site_id}${resource === "items" ? "" : "/documents"}`);
}

const WAYS: readonly { readonly name: string; readonly ask: (asked: Asked) => Promise<Answer> }[] = [
	{ name: "on a keyed route", ask: keyed },
	{ name: "through a guard", ask: (asked) => through(`http://127.0.0.1:${portOf(guarded)}`, asked) },
	{ name: "through Python's guard", ask: (asked) => through(python.url, asked) },
	{ name: "behind nginx", ask: (asked) => through(nginx.url, asked) },
];

for (const { name, ask } of WAYS) {
	describe(`a request that was refused ${name} is explained by its request id`, () => {
		/** Explains the refusal, whose answer has `code`, by its check and these facts. */
		async function assertExplained(asked: Asked, code: string, check: string, facts: Readonly<Record<string, unknown>>): Promise<Explanation> {
			const refused = await ask(asked);
			equal(refused.code, code, refused.text);
			const request_id = refused.header("x-request-id");
			equal(request_id, refused.json.request_id);
			const explanation = await explain(request_id);
			const found = Object.fromEntries(explanation.cause.map(({ fact, value }) => [fact, value]));
			deepEqual([explanation.check, explanation.code, explanation.allowed, explanation.exact], [check, code, false, true]);
			deepEqual(Object.fromEntries(Object.keys(facts).map((fact) => [fact, found[fact]])), facts);
			return explanation;
		}
		const newKey = (fields: object = {}) => makeKey(server, tenant_id, { ...fields });

		test("cut off, or in quotes", async () => {
			const { raw_key } = await newKey();
			const characters = { characters: raw_key.length - 1, characters_expected: raw_key.length };
			await assertExplained({ raw_key: raw_key.slice(0, -1) }, "key_invalid", "key_shape", { mistake: "truncated", ...characters, proven: false });
			await assertExplained({ raw_key: `"${raw_key}"` }, "key_invalid", "key_shape", { mistake: "quoted", proven: false });
		});

		test("of another environment: as it was sent, and at a site", async () => {
			const { raw_key } = await newKey();
			const sent = { presented_environment: "dev", key_environment: "prod" };
			await assertExplained({ raw_key: raw_key.replace("kw_prod_", "kw_dev_") }, "key_invalid", "key_shape", sent);
			const at_site = { key_environment: "prod", site_environment: "dev", site_id: "lab", proven: true };
			await assertExplained({ raw_key, site_id: "lab" }, "environment_mismatch", "environment_matches", at_site);
		});

		test("revoked, with the reason and the last request that succeeded", async () => {
			const { id, raw_key } = await newKey();
			expectStatus(await ask({ raw_key }), 200);
			expectStatus(await server.management(tenant_id, "POST", `/api-keys/${id}/revoke`, { reason: "integration_retired" }), 200);
			const { request_id } = await assertExplained({ raw_key }, "key_revoked", "not_revoked", { revoke_reason: "integration_retired" });
			// Uses and refusals are written apart, each within a second.
			let { last_success } = await explain(request_id);
			for (const until = performance.now() + READABLE_MS; last_success === null && performance.now() < until; await sleep(50))
				({ last_success } = await explain(request_id));
			ok(last_success !== null && Date.parse(last_success.at) <= Date.now(), "nothing had succeeded");
			ok(!last_success.operation.includes("shop"), "an operation is no path");
		});

		test("replaced, with the time", async () => {
			const { id, raw_key } = await newKey();
			const started = expectStatus(await server.management(tenant_id, "POST", `/api-keys/${id}/rotate`, {}), 201).as<{ rotation: { id: string } }>();
			const end = { force: true, reason: "a test" };
			expectStatus(await server.management(tenant_id, "POST", `/api-keys/${id}/rotations/${started.rotation.id}/complete`, end), 200);
			const { cause } = await assertExplained({ raw_key }, "key_rotated", "not_replaced", {});
			ok(cause.some(({ fact, value }) => fact === "replaced_at" && Date.parse(String(value)) <= Date.now()));
		});

		test("expired, with the time since when", async () => {
			const expires_at = new Date(Date.now() + EXPIRY_MS).toISOString();
			const { raw_key } = await newKey({ expires_at });
			for (let answer = await ask({ raw_key }); answer.code !== "key_expired"; answer = await ask({ raw_key })) await sleep(300);
			await assertExplained({ raw_key }, "key_expired", "not_expired", { expired_at: expires_at });
		});

		test("for another tenant, and for another site", async () => {
			const { raw_key } = await newKey({ site_ids: ["shop"] });
			await assertExplained({ raw_key, tenant_id: other_id }, "not_found", "tenant_matches", { key_tenant_id: tenant_id });
			await assertExplained({ raw_key, site_id: "lab" }, "not_found", "site_visible", { key_site_ids: ["shop"] });
		});

		test("without a permission, and without a capability, with who can grant them", async () => {
			const { raw_key } = await newKey({ permissions: [] });
			await assertExplained({ raw_key }, "permission_missing", "permission_held", { permission: "sites:read", granted_by: "owner or admin" });
			const plan = { capability: "documents", granted_by: "operator" };
			await assertExplained({ raw_key, resource: "documents" }, "capability_not_in_plan", "capability_included", plan);
		});

		test("over a limit, with its name and when it refills, counted once", async () => {
			const { raw_key, id } = await newKey();
			for (let sent = 0; sent < LIMIT; sent += 1) expectStatus(await ask({ raw_key }), 200);
			const { cause } = await assertExplained({ raw_key }, "rate_limited", "rate_limit", { limit: "burst", requests: LIMIT, window_seconds: 600 });
			ok(cause.some(({ fact, value }) => fact === "refills_at" && Date.parse(String(value)) > Date.now()));
			// Counts and refusals are written apart, each within a second.
			for (const until = performance.now() + READABLE_MS; ; await sleep(50)) {
				const listed = expectStatus(await server.management(tenant_id, "GET", `/auth-failures?key_id=${id}&code=rate_limited`), 200);
				const { counts } = listed.as<{ counts: unknown[] }>();
				if (counts.length === 0 && performance.now() < until) continue;
				deepEqual(counts, [{ code: "rate_limited", requests: 1 }]);
				break;
			}
		});

		if (ask !== keyed)
			test("over a budget that the rule spends at a cost of its own, with its name, its unit, the cost and when it refills", async () => {
				const budgets = [
					{ name: "credits", unit: "credits", amount: 60, per: "month" },
					{ name: "calls", unit: "requests", amount: 3, per: "month" },
					{ name: "all", unit: "requests", amount: 50, per: "total" },
				];
				const { raw_key, id } = await newKey({ budgets });
				expectStatus(await ask({ raw_key }), 200);
				expectStatus(await ask({ raw_key, resource: "exports" }), 200);
				// What the caller says about the cost changes nothing.
				expectStatus(await ask({ raw_key, resource: "exports", also: COSTS_OF_THE_CALLER }), 200);
				const known = { budget: "credits", unit: "credits", amount: 60, per: "month", cost: 25 };
				const { cause } = await assertExplained({ raw_key, resource: "exports" }, "quota_exceeded", "budget", known);
				ok(cause.some(({ fact, value }) => fact === "refills_at" && Date.parse(String(value)) > Date.now()));
				const shown = expectStatus(await server.management(tenant_id, "GET", `/api-keys/${id}/budgets`), 200);
				deepEqual(
					shown.as<{ data: { name: string; used: number }[] }>().data.map(({ name: budget, used }) => [budget, used]),
					[
						["credits", 51],
						["calls", 1],
						["all", 3],
					],
				);
			});
	});
}

test("a key with the line end of a file, which no header can carry, is explained from the id that its question was answered with", async () => {
	const { raw_key } = await makeKey(server, tenant_id);
	for (const ending of ["\n", "\r\n"]) {
		const answer = await server.verify(service, { raw_key: raw_key + ending, permissions: ["sites:read"] });
		equal(answer.json.code, "key_invalid", answer.text);
		const { check, code, cause, exact } = await explain(String(answer.json.request_id));
		const found = Object.fromEntries(cause.map(({ fact, value }) => [fact, value]));
		deepEqual([check, code, exact, found.mistake, found.proven], ["key_shape", "key_invalid", true, "trailing_newline", false]);
	}
});

test("a key explains its own requests; those of other keys and tenants, and made-up ids, get the same 404", async () => {
	const [own, other] = [await makeKey(server, tenant_id, { permissions: [] }), await makeKey(server, tenant_id)];
	const stranger = await makeKey(server, other_id);
	const request_id = (await keyed({ raw_key: own.raw_key })).header("x-request-id");
	const explanation = await explain(request_id);
	deepEqual(expectStatus(await server.keyed(own.raw_key, "GET", `/explain/${request_id}`), 200).json, { ...explanation });
	const made_up = `req_${"0".repeat(20)}`;
	for (const [raw_key, of] of [
		[other.raw_key, tenant_id],
		[stranger.raw_key, other_id],
	] as const) {
		const answers = [await server.keyed(raw_key, "GET", `/explain/${request_id}`), await server.keyed(raw_key, "GET", `/explain/${made_up}`)];
		for (const answer of answers) assertProblem(answer, "not_found");
		equal(answers[0]?.json.detail, answers[1]?.json.detail);
		if (of !== tenant_id) assertProblem(await server.management(of, "GET", `/explain/${request_id}`), "not_found");
	}
	equal(expectStatus(await server.operator("GET", `/explain/${request_id}`), 200).json.tenant_id, tenant_id);
});
