/** Size limits of proxies: requests and identities within the documented limits are accepted, larger ones get a 4xx. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Answer } from "../client.ts";
import { Database } from "../database.ts";
import { endLeftovers } from "../server.ts";
import { makeKey, makePlan, makeTenant } from "../things.ts";
import { checkArrival, getValues, IDENTITY } from "./arrival.ts";
import { ITEMS, ORDERS } from "./attack.ts";
import { attempt, toBytes } from "./caller.ts";
import { type Arrived, Echo } from "./echo.ts";
import { PROXY_NAMES, type RunningProxy, startProxy } from "./proxy.ts";
import { startWorld, type World } from "./world.ts";

const PATIENCE_MS = 5_000;
/** The documented maximum of header lines per recipe, with the lines that the proxy adds or does not count. */
const LINES: Readonly<Record<(typeof PROXY_NAMES)[number], number>> = { nginx: 95, caddy: 95, haproxy: 90 };
/** HAProxy's own maximum. */
const HAPROXY_LINES_MAX = 101;
/** Host, Connection and the key. */
const LINES_OF_EVERY_REQUEST = 3;
/** The maximum length of a permission's parts, the maximum permissions per call, and more permissions than fit into a header. */
const LONG_WORD = "o".repeat(32);
const NAMED = 105;
const ALL = 130;
const CONTROLS = ["\x01", "\x08", "\x0b", "\x1b", "\x7f"];

let world: World;
let echo: Echo;

const permission = (index: number) => `${LONG_WORD}:v_${String(index).padStart(3, "0")}_${LONG_WORD.slice(6)}`;

before(async () => {
	world = await startWorld();
	echo = await Echo.start();
	// In one statement, because the API would need one change per permission.
	const database = await Database.open(world.server.data_dir);
	const names = Array.from({ length: ALL }, (_, index) => permission(index));
	await database.rows("insert into permissions (name, description, capability) select name, 'one of many', 'many' from unnest($1::text[]) name", [
		names,
	]);
	await database.close();
});

after(async () => {
	await echo?.stop();
	await world?.server.stop();
	await endLeftovers();
});

for (const name of PROXY_NAMES) {
	describe(name, () => {
		let proxy: RunningProxy;

		before(async () => {
			proxy = await startProxy(name, { keywright: world.server.port, app: echo.port });
		});

		after(() => proxy?.stop());

		async function call(lines: readonly string[], target = ITEMS): Promise<{ answer: Answer | null; arrived: readonly Arrived[] }> {
			echo.take();
			const answer = await attempt(proxy.port, toBytes({ name: "", target, lines, outcome: "either" }, world), PATIENCE_MS);
			const arrived = echo.take();
			for (const one of arrived) checkArrival(world, one);
			ok(proxy.running, `${name} has ended: ${proxy.output.slice(-500)}`);
			return { answer, arrived };
		}

		async function isCallersFault(lines: readonly string[], target?: string): Promise<void> {
			const { answer, arrived } = await call(lines, target);
			ok(answer !== null && answer.status >= 400 && answer.status < 500, answer === null ? "no answer" : `${answer.status} ${answer.text}`);
			equal(answer.header("retry-after"), "", "repeating it is no use");
			deepEqual(arrived, []);
		}

		test("any number of header lines is accepted or gets a 4xx, and the proxy keeps working", async () => {
			const most = LINES[name];
			for (let count = most - 8; count <= HAPROXY_LINES_MAX + 1; count += 1) {
				const lines = Array.from({ length: count - LINES_OF_EVERY_REQUEST }, (_, index) => `X-Line-${index}: ${index}`);
				const { answer, arrived } = await call(lines);
				const status = answer?.status ?? 0;
				ok(
					status === 200 ? count <= HAPROXY_LINES_MAX - 1 : count > most && (status === 431 || status === 400),
					`${count} lines: ${status} ${answer?.text}`,
				);
				equal(arrived.length, status === 200 ? 1 : 0);
			}
		});

		test("headers and URLs up to the limit are accepted, longer ones get a 4xx", async () => {
			const long = (bytes: number) =>
				Array.from({ length: Math.ceil(bytes / 4_000) }, (_, at) => `X-Long-${at}: ${"a".repeat(Math.min(4_000, bytes - at * 4_000))}`);
			for (const bytes of [12_000, 13_000]) equal((await call(long(bytes))).answer?.status, 200, `${bytes}`);
			for (const bytes of [13_500, 14_000, 15_000, 15_500, 16_000, 16_300]) {
				const { answer } = await call(long(bytes));
				ok(answer?.status === 200 || answer?.status === 431, `${bytes}: ${answer?.status} ${answer?.text}`);
			}
			for (const bytes of [17_000, 20_000, 30_000, 60_000]) await isCallersFault(long(bytes));
			equal((await call([], `${ITEMS}?${"a".repeat(6_000)}`)).answer?.status, 200);
			await isCallersFault([], `${ITEMS}?${"a".repeat(20_000)}`);
		});

		test("control characters in a header get a 4xx, and the next request is accepted", async () => {
			for (const control of CONTROLS) await isCallersFault([`X-Control: a${control}b`]);
			equal((await call([])).answer?.status, 200);
		});

		test("a key with more permissions than fit into a header is accepted, and the header has those that the rule requires", async () => {
			const plan_id = await makePlan(world.server, { capabilities: ["m2m_api", "orders", "many"] });
			const tenant = await makeTenant(world.server, { plan_id });
			const named = Array.from({ length: NAMED }, (_, index) => permission(index));
			const many = await makeKey(world.server, tenant.id, { permissions: [...named, "orders:read"] });
			const every = await makeKey(world.server, tenant.id, { name: "\u{1f511}".repeat(200) });
			const target = ORDERS.replace("acme", tenant.id);
			for (const [key, filler] of [
				[many, 0],
				[every, 0],
				[every, 12_000],
			] as const) {
				echo.take();
				const lines = Array.from({ length: filler / 4_000 }, (_, at) => `X-Long-${at}: ${"a".repeat(4_000)}`);
				const bytes = toBytes({ name: "", target, key: null, lines: [`X-API-Key: ${key.raw_key}`, ...lines], outcome: "admitted" }, world);
				const answer = await attempt(proxy.port, bytes, PATIENCE_MS);
				equal(answer?.status, 200, answer?.text ?? "no answer");
				const [arrived] = echo.take();
				ok(arrived);
				const [value = ""] = getValues(arrived, "X-Keywright-Permissions");
				const permissions = value.split(" ");
				ok(permissions.includes("orders:read"));
				ok(permissions.every((one) => key.key.permissions.includes(one)));
				ok(value.length <= 8_000 && (permissions.length === key.key.permissions.length || value.length > 7_900), `${value.length} characters`);
				for (const header of IDENTITY.slice(0, 4)) equal(getValues(arrived, header).length, 1, header);
			}
			equal(many.key.permissions.length, NAMED + 1);
		});
	});
}

test("two HAProxies with the same recipe run side by side, each with its own Keywright", async () => {
	const one = await startProxy("haproxy", { keywright: world.server.port, app: echo.port });
	const two = await startProxy("haproxy", { keywright: echo.port, app: echo.port });
	try {
		const question = toBytes({ name: "", target: ITEMS, outcome: "admitted" }, world);
		const ask = (port: number) => attempt(port, question, PATIENCE_MS).then((answer) => answer?.status, String);
		const answers = [await ask(one.port), await ask(two.port), await ask(one.port)];
		deepEqual(answers, [200, 503, 200], "the second one asks a program that is no Keywright");
	} finally {
		await one.stop();
		await two.stop();
	}
});
