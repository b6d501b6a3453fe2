import { deepEqual, equal, match } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import type { FastifyInstance } from "fastify";
import { testLog } from "../../testing/database.ts";
import { type UsageTestDatabase, usageTestDatabase } from "../../testing/usage.ts";
import { mount } from "../http/mount.ts";
import { createHttp } from "../http/server.ts";
import { aggregateUsage } from "./aggregate.ts";
import { keyedUsageRoutes, managementUsageRoutes } from "./routes.ts";

interface Answer {
	code?: string;
	errors?: { pointer: string }[];
	from: string;
	data: { start: string; key_id?: string; code: string; requests: number }[];
}

/** Guarantee: tests assert each member that they read. */
function asAnswer(body: unknown): Answer {
	return body as Answer;
}

function withoutStart(answer: Answer): unknown[] {
	return answer.data.map(({ start: _start, ...row }) => row);
}

suite("usage routes", () => {
	let db: UsageTestDatabase;
	let http: FastifyInstance;
	let base: string;
	before(async () => {
		db = await usageTestDatabase();
		const hour = "date_trunc('hour', now())";
		await db.query(
			`insert into usage_keys values ('a', 'a_key_0', 'a_kid_0', 60, ${hour}, 'allowed', 3), ('a', 'a_key_1', 'a_kid_1', 60, ${hour}, 'allowed', 4)`,
		);
		await db.query(`insert into usage_operations values ('a', '', 'op', 60, ${hour}, 'allowed', 7)`);
		const options = { problem_type_base: () => "https://keywright.example/problems/" };
		http = createHttp({ log: testLog, access_log: null, ...options });
		const aggregated = { ...options, aggregateUsage: () => aggregateUsage({ database: db.database, log: testLog }) };
		mount(http, [...keyedUsageRoutes, ...managementUsageRoutes], () => () => db.contextFor("a"), aggregated);
		base = await http.listen({ host: "127.0.0.1", port: 0 });
	});
	after(async () => {
		await http.close();
		await db.close();
	});

	async function get(path: string) {
		const response = await fetch(base + path);
		return { status: response.status, body: asAnswer(await response.json()) };
	}

	test("the keyed route reports every key of the tenant separately, or one when it is named", async () => {
		const { status, body } = await get("/api/v1/m2m/tenants/a/usage");
		equal(status, 200);
		deepEqual(Object.keys(body), ["from", "to", "granularity", "data"]);
		deepEqual(withoutStart(body), [
			{ key_id: "a_key_0", code: "allowed", requests: 3 },
			{ key_id: "a_key_1", code: "allowed", requests: 4 },
		]);
		match(body.data[0]?.start ?? "", /^\d{4}-\d\d-\d\dT\d\d:00:00\.000Z$/);
		equal((await get("/api/v1/m2m/tenants/a/usage?key_id=a_key_1&granularity=minute")).body.data.length, 1);
		equal((await get("/api/v1/m2m/tenants/a/usage?key_id=b_key_0")).status, 404);
	});

	test("the management routes report the tenant's sum, and one key's usage", async () => {
		const tenant = await get("/api/v1/tenants/a/usage");
		deepEqual(withoutStart(tenant.body), [{ code: "allowed", requests: 7 }]);
		equal((await get("/api/v1/tenants/a/usage?by_key=true&granularity=day")).body.data.length, 2);
		const day = new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10);
		const key = await get(`/api/v1/tenants/a/api-keys/a_key_0/usage?from=${day}T01:02:03Z&granularity=day`);
		deepEqual([key.status, key.body.from, key.body.data[0]?.requests], [200, `${day}T00:00:00.000Z`, 3]);
		equal((await get("/api/v1/tenants/a/api-keys/nothing/usage")).status, 404);
		for (const group of ["code", "key", "site", "operation", "source"])
			equal((await get(`/api/v1/tenants/a/usage?group_by=${group}`)).status, 200, group);
		for (const group of ["key", "secret", "source"])
			equal((await get(`/api/v1/tenants/a/api-keys/a_key_0/usage?group_by=${group}`)).status, 200, group);
	});

	test("an invalid query is refused with a pointer to the error", async () => {
		const wrong: [string, string, string][] = [
			["granularity=week", "invalid_request", "/query/granularity"],
			["from=yesterday", "invalid_request", "/query/from"],
			["to=2026-02-30T00:00:00Z", "invalid_request", "/query/to"],
			["from=2024-01-01T00:00:00Z&to=2024-01-02T00:00:00Z&granularity=minute", "invalid_request", "/query/granularity"],
			["group_by=source&granularity=hour", "invalid_request", "/query/granularity"],
			["group_by=source&from=2026-01-01T00:00:00Z", "invalid_request", "/query/from"],
			["since=2026-01-01T00:00:00Z", "unknown_field", "/query/since"],
		];
		for (const [query, code, pointer] of wrong) {
			const { status, body } = await get(`/api/v1/tenants/a/usage?${query}`);
			deepEqual([status, body.code, body.errors?.[0]?.pointer], [400, code, pointer], query);
		}
	});
});
