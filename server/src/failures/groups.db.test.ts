import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type Refusing, startRefusing } from "../../testing/refusals.ts";
import { type MadeKey, type Process, type VerificationFixture, verificationFixture } from "../../testing/verification.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../core/time.ts";
import { asKid, makeRawKey } from "../keys/secrets/format.ts";
import { makeSource } from "../usage/sources/source.ts";
import { listFailureGroups, listFailureHours } from "./groups.ts";
import { listFailures } from "./list.ts";

const ORDERS = makeSource("203.0.113.0/24", "order-bot", null);
const EXPORT = makeSource("198.51.100.0/24", "export", "nightly");
const WRONG_SECRET = "0".repeat(32);

suite("refusals in groups", () => {
	let fixture: VerificationFixture;
	let process: Process;
	let refusing: Refusing;
	let tenant_id: string;
	let key: MadeKey;
	let other: MadeKey;
	let last_permission: string;

	type Query = Omit<Parameters<typeof listFailureGroups>[1], "tenant_id">;
	const list = (query: Query = {}, of = tenant_id) => listFailureGroups(fixture.context(process.node), { tenant_id: of, ...query });

	before(async () => {
		fixture = await verificationFixture();
		process = await fixture.process();
		refusing = startRefusing(fixture, process);
		tenant_id = await fixture.tenant(process.node, { capabilities: ["m2m_api"] });
		key = await fixture.key(process.node, tenant_id, { name: "order-bot", permissions: [] });
		other = await fixture.key(process.node, tenant_id, { name: "portal", permissions: [] });
		// More than are kept of one key and code.
		const missing = { permissions: ["sites:read"], operation: "GET /sites", source: ORDERS };
		for (let sent = 0; sent < 149; sent += 1) await refusing.refuse(key.raw_key, missing);
		fixture.clock.advance(1);
		last_permission = await refusing.refuse(key.raw_key, missing);
		for (let sent = 0; sent < 4; sent += 1) await refusing.refuse(key.raw_key, { ...missing, source: EXPORT });
		fixture.clock.advance(60_000);
		for (const tenant of ["elsewhere", "nowhere"]) await refusing.refuse(other.raw_key, { tenant_id: tenant, operation: `GET /${tenant}` });
		const forged = makeRawKey({ brand: "kw", environment: "prod", kid: asKid(key.kid), secret: WRONG_SECRET });
		for (const raw_key of [forged, forged, key.raw_key.slice(0, -1)])
			await refusing.refuse(raw_key, { source: makeSource("192.0.2.0/24", "curl", null) });
		await refusing.flush();
	});
	after(() => fixture.close());

	const shown = async (query: Query = {}) =>
		(await list(query)).data.map(({ code, proven, key: of, source, requests }) => [code, proven, of?.name ?? null, source.network, requests]);

	test("each code, key and source is a group with the exact count, however few are kept; those without a right secret name no key", async () => {
		deepEqual(await shown(), [
			["permission_missing", true, "order-bot", "203.0.113.0/24", 150],
			["permission_missing", true, "order-bot", "198.51.100.0/24", 4],
			["key_invalid", false, null, "192.0.2.0/24", 3],
			["not_found", true, "portal", "unknown", 2],
		]);
		const { groups, requests, data } = await list();
		deepEqual([groups, requests, data[0]?.status, data[0]?.last_request_id], [4, 159, 403, last_permission]);
	});

	test("a group tells what all of its kept refusals have in common, and nothing that only some of them do", async () => {
		const { data } = await list();
		const told = data.map(({ check, operation, subject }) => [check, operation, subject]);
		deepEqual(told[0], ["permission_held", "GET /sites", "sites:read"]);
		deepEqual(told[2]?.slice(0, 1), [null]);
		deepEqual(told[3], ["tenant_matches", null, null]);
	});

	test("code, key, source, proof and period filter the groups, as they filter single refusals", async () => {
		equal((await shown({ code: "not_found" })).length, 1);
		deepEqual((await shown({ key_id: other.key_id })).flat()[4], 2);
		deepEqual(await shown({ source_id: EXPORT.id }), [["permission_missing", true, "order-bot", "198.51.100.0/24", 4]]);
		equal((await list({ proven: false })).requests, 3);
		const from = new Date(Math.floor(fixture.clock.now() / MINUTE_MS) * MINUTE_MS).toISOString();
		deepEqual((await list({ from })).requests, 5);
		equal((await list({ to: new Date(fixture.clock.now() - DAY_MS).toISOString() })).groups, 0);
		const each = await listFailures(fixture.context(process.node), { tenant_id, source_id: EXPORT.id });
		ok(each.data.length > 0 && each.data.every(({ key_name, source }) => key_name === "order-bot" && source.id === EXPORT.id));
		const single = (proven: boolean) => listFailures(fixture.context(process.node), { tenant_id, proven });
		const requests = ({ counts }: Awaited<ReturnType<typeof single>>) => counts.reduce((sum, count) => sum + count.requests, 0);
		const [unproven, with_secret] = [await single(false), await single(true)];
		deepEqual([unproven.data.length, requests(unproven), requests(with_secret)], [3, 3, 156]);
		ok(unproven.data.every(({ proven }) => !proven) && with_secret.data.every(({ proven }) => proven));
	});

	test("pages of one group each list all of them once, by count and by time", async () => {
		for (const sort of ["requests", "last"] as const) {
			const whole = (await list({ sort })).data.map(({ id }) => id);
			const paged: string[] = [];
			let cursor: string | null = null;
			do {
				const page: Awaited<ReturnType<typeof list>> = await list({ sort, limit: 1, ...(cursor === null ? {} : { cursor }) });
				paged.push(...page.data.map(({ id }) => id));
				equal(page.groups, 4);
				cursor = page.next_cursor;
			} while (cursor !== null);
			deepEqual([paged, new Set(paged).size], [whole, 4], sort);
		}
		await rejects(list({ cursor: Buffer.from('["many","x"]').toString("base64url") }), { code: "invalid_request" });
		await rejects(list({ sort: "last", cursor: Buffer.from('["4","x"]').toString("base64url") }), { code: "invalid_request" });
	});

	test("hours tell all refusals, and how many of them no usage report counts", async () => {
		const { data } = await listFailureHours(fixture.context(process.node), { tenant_id });
		equal(
			data.reduce((sum, { requests }) => sum + requests, 0),
			159,
		);
		equal(
			data.reduce((sum, { unproven }) => sum + unproven, 0),
			3,
		);
		ok(data.every(({ start }) => Date.parse(start) % HOUR_MS === 0));
	});

	test("each minute has its own exact counts, by key, code and source", async () => {
		const rows = await fixture.behind(
			`select code, proven, requests, extract(epoch from start)::bigint as start, granularity_seconds as seconds, key_id, source_id
			from keywright.auth_failure_counts where tenant_id = $1 order by start, requests desc`,
			[tenant_id],
		);
		const second = Math.floor(fixture.clock.now() / MINUTE_MS) * 60;
		const counted = rows.map((row) => [Number(row["start"]) - second, row["seconds"], row["code"], row["proven"], Number(row["requests"])]);
		deepEqual(counted, [
			[-60, 60, "permission_missing", true, 150],
			[-60, 60, "permission_missing", true, 4],
			[0, 60, "key_invalid", false, 3],
			[0, 60, "not_found", true, 2],
		]);
		deepEqual(
			rows.map((row) => [row["key_id"], row["source_id"]]).slice(0, 2),
			[ORDERS, EXPORT].map(({ id }) => [key.key_id, id]),
		);
	});

	test("another tenant has groups of its own only, and its key is not found", async () => {
		const foreign = await fixture.tenant(process.node);
		const stranger = await fixture.key(process.node, foreign);
		await refusing.refuse(stranger.raw_key, { tenant_id });
		await refusing.flush();
		deepEqual([(await list({}, foreign)).requests, (await list()).requests], [1, 159]);
		await rejects(list({ key_id: stranger.key_id }), { code: "not_found" });
		equal((await list({ source_id: ORDERS.id }, foreign)).groups, 0);
	});

	test("an explanation lists the checks in the order of verification, up to the one that refused, and what the caller received", async () => {
		const told = await refusing.explain(tenant_id, last_permission);
		const outcomes = told.checks.map(({ check, outcome }) => `${check} ${outcome}`);
		deepEqual(outcomes.slice(0, 3), ["key_present passed", "key_shape passed", "key_known passed"]);
		deepEqual(outcomes.slice(-5), [
			"capability_included passed",
			"permission_held refused",
			"rate_limit not_reached",
			"quota not_reached",
			"budget not_reached",
		]);
		equal(told.detail, 'The key "order-bot" does not have the permission sites:read. Ask its owner to add it.');
		deepEqual(
			[told.status, told.operation, told.key?.name, told.key?.last4, told.source.network],
			[403, "GET /sites", "order-bot", key.raw_key.slice(-4), "203.0.113.0/24"],
		);
		deepEqual([told.alike?.requests, told.alike?.requests_24h], [150, 150]);
	});
});
