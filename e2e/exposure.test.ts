/** Keys that are seen where they must not be: a fact of the key, an event, and a refusal where the policy says so. And canary keys, which must not be seen at all. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { asKid, makeRawKey, newKid, newSecret } from "../server/src/keys/secrets/format.ts";
import { SERVER_CLIENTS } from "../server/testing/client-headers.ts";
import type { Answer } from "./client.ts";
import { Database } from "./database.ts";
import { assertProblem, withoutRequestId } from "./problem.ts";
import { exchange, requestText } from "./raw-socket.ts";
import { type Server, startServer } from "./server.ts";
import { expectStatus, type MadeKey, makeKey, makePlan, makeService, makeSite, makeTenant } from "./things.ts";

/** Contract: exposure is readable within 2 s. */
const READABLE_MS = 2_000;
/** Contract: a canary key alarms within 5 s. */
const ALARM_MS = 5_000;
const BROWSER = { origin: "https://shop.example" };
const APP = { "user-agent": "Dalvik/2.1.0 (Linux; U; Android 14)" };

interface Exposed {
	readonly exposed_at: string | null;
	readonly exposure: readonly { readonly kind: string; readonly kid: string; readonly requests: number; readonly source_id: string | null }[];
	readonly client_policy: string | null;
}

let server: Server;
let database: Database;
let tenant_id: string;
before(async () => {
	server = await startServer({ env: { KEYWRIGHT_TRUSTED_PROXIES: "127.0.0.1" } });
	database = await Database.open(server.data_dir);
	tenant_id = (await makeTenant(server, { plan_id: await makePlan(server) })).id;
	expectStatus(await server.operator("PUT", "/forward-auth-rules", { rules: [{ pattern: "/orders" }] }), 200);
});
after(async () => {
	await database.close();
	await server.stop();
});

const whoami = (raw_key: string, headers: Record<string, string> = {}) => server.keyed(raw_key, "GET", "/whoami", undefined, headers);
const unkeyed = (query: string, headers: Record<string, string> = {}) => server.send({ method: "GET", path: `/api/v1/m2m/whoami${query}`, headers });
const read = async (key_id: string) => expectStatus(await server.management(tenant_id, "GET", `/api-keys/${key_id}`), 200).as<Exposed>();

async function exposedAs(key_id: string, kind: string): Promise<Exposed> {
	for (const until = performance.now() + READABLE_MS; ; await sleep(50)) {
		const key = await read(key_id);
		if (key.exposure.some((exposure) => exposure.kind === kind)) return key;
		ok(performance.now() < until, `not exposed as ${kind} within 2 s: ${JSON.stringify(key.exposure)}`);
	}
}

async function changePolicy(key: MadeKey, client_policy: string | null): Promise<void> {
	expectStatus(await server.management(tenant_id, "PATCH", `/api-keys/${key.id}`, { client_policy }), 200);
}

test("a production key from a browser or an app is refused by default; other keys are let in and recorded", async () => {
	const prod = await makeKey(server, tenant_id, { environment: "prod" });
	const staging = await makeKey(server, tenant_id, { environment: "staging" });
	for (const headers of [BROWSER, APP]) {
		assertProblem(await whoami(prod.raw_key, headers), "client_not_allowed");
		expectStatus(await whoami(staging.raw_key, headers), 200);
	}
	expectStatus(await whoami(prod.raw_key), 200);
	for (const key of [prod, staging]) {
		const shown = await exposedAs(key.id, "app");
		deepEqual(shown.exposure.map(({ kind }) => kind).sort(), ["app", "browser"]);
		deepEqual(
			shown.exposure.map(({ requests }) => requests),
			[1, 1],
		);
		ok(shown.exposed_at !== null);
	}
	const events = await database.rows("select data->>'kind' as kind from outbox where type = 'key.exposed' and data->>'key_id' = $1", [prod.id]);
	deepEqual(events.map(({ kind }) => kind).sort(), ["app", "browser"], "one event for each kind");
});

test("a library that servers use as well is refused only where `block` was chosen", async () => {
	const key = await makeKey(server, tenant_id, { environment: "prod" });
	const java = { "user-agent": "okhttp/4.12.0" };
	expectStatus(await whoami(key.raw_key, java), 200);
	await changePolicy(key, "block");
	assertProblem(await whoami(key.raw_key, java), "client_not_allowed");
	await exposedAs(key.id, "app");
});

/** Programs that call `URL` with `KEY` and print the status, by their languages' own libraries. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
	curl: ["sh", "-c", 'curl -s -o /dev/null -w "%{http_code}" -H "X-API-Key: $KEY" "$URL"'],
	"Node fetch": [
		process.execPath,
		"-e",
		`fetch(process.env.URL, { headers: { "X-API-Key": process.env.KEY } }).then(({ status }) => console.log(status))`,
	],
	"Node http": [
		...[process.execPath, "-e"],
		`require("http").get(process.env.URL, { headers: { "X-API-Key": process.env.KEY } }, (r) => console.log(r.resume().statusCode))`,
	],
	"Python urllib": [
		...["/usr/bin/python3", "-c"],
		`import os, urllib.request as u; print(u.urlopen(u.Request(os.environ["URL"], headers={"X-API-Key": os.environ["KEY"]})).status)`,
	],
	"PHP streams": [
		...["php", "-r"],
		`file_get_contents(getenv("URL"), false, stream_context_create(["http" => ["header" => "X-API-Key: " . getenv("KEY")]])); echo explode(" ", $http_response_header[0])[1];`,
	],
};

test("programs in Node, Python, PHP, Java, Go, Ruby and curl are let in under `block`, and are no exposure", async () => {
	const key = await makeKey(server, tenant_id, { environment: "prod", client_policy: "block" });
	const env = { ...process.env, KEY: key.raw_key, URL: `${server.url}/api/v1/m2m/whoami` };
	const run = async ([command = "", ...args]: readonly string[]) => (await promisify(execFile)(command, args, { env })).stdout.trim();
	await Promise.all(Object.entries(PROGRAMS).map(async ([name, program]) => equal(await run(program), "200", name)));
	for (const [name, lines] of Object.entries(SERVER_CLIENTS)) {
		const answer = await exchange(server.port, requestText("GET", "/api/v1/m2m/whoami", [...lines, `X-API-Key: ${key.raw_key}`]));
		equal(answer.status, 200, `${name}: ${answer.text}`);
	}
	const page = await makeKey(server, tenant_id, { environment: "prod", client_policy: "block" });
	assertProblem(await whoami(page.raw_key, BROWSER), "client_not_allowed");
	await exposedAs(page.id, "browser");
	// Exposures are written together, so an earlier one would be there too.
	deepEqual((await read(key.id)).exposure, []);
});

test("the key's policy comes before the tenant's, and the tenant's before the default", async () => {
	const key = await makeKey(server, tenant_id, { environment: "prod" });
	const policy = (client_policy: string | null) => server.management(tenant_id, "PUT", "/policy", { client_policy });
	const status = async () => (await whoami(key.raw_key, BROWSER)).status;
	equal(await status(), 403);
	const others = { leak_response: "revoke", key_policy: [] };
	deepEqual(expectStatus(await policy("alert"), 200).json, { client_policy: "alert", ...others });
	equal(await status(), 200);
	await changePolicy(key, "block");
	equal(await status(), 403);
	await changePolicy(key, null);
	equal(await status(), 200);
	expectStatus(await policy(null), 200);
	equal(await status(), 403);
	deepEqual(expectStatus(await server.management(tenant_id, "GET", "/policy"), 200).json, { client_policy: null, ...others });
	assertProblem(await policy("never"), "invalid_request");
});

test("a whole key in a URL, a cookie, Authorization or a stored text is a fact of the key; a right kid with a wrong secret is none", async () => {
	const places: Readonly<Record<string, (text: string) => Promise<unknown>>> = {
		url: (text) => unkeyed(`?api_key=${text}`),
		cookie: (text) => unkeyed("", { cookie: `key=${text}` }),
		authorization: (text) => unkeyed("", { authorization: `Bearer ${text}` }),
		body: (text) => server.management(tenant_id, "POST", "/sites", { name: `Shop ${text}` }),
	};
	const key = await makeKey(server, tenant_id, { environment: "prod" });
	const other = await makeKey(server, tenant_id, { environment: "prod" });
	const stranger = await makeKey(server, tenant_id, { environment: "prod" });
	// Well-formed: with its own checksum.
	const secret = key.raw_key.slice(-38, -6);
	const forged = makeRawKey({ brand: "kw", environment: "prod", kid: asKid(stranger.raw_key.slice(-50, -38)), secret });
	assertProblem(await whoami(forged), "key_invalid");
	equal((await whoami(forged)).json.detail, (await whoami(makeRawKey({ brand: "kw", environment: "prod", kid: newKid(), secret }))).json.detail);
	for (const send of Object.values(places)) {
		await send(forged);
		await send(key.raw_key);
	}
	for (const kind of Object.keys(places)) await exposedAs(key.id, kind);
	expectStatus(await server.keyed(key.raw_key, "GET", `/whoami?again=${other.raw_key}`), 200);
	await exposedAs(other.id, "url");
	// Exposures are proven in order and written together, so an earlier one would be there too.
	deepEqual((await read(stranger.id)).exposure, [], "who knows only the kid cannot mark the key");
	equal(server.logs.stdout.includes(key.raw_key), false);
});

test("a key is found wherever else it stands in the request, encoded, beside another one, and in a request that is refused unread", async () => {
	const escaped = (text: string) => text.replaceAll("_", "%5F").replace("kw", "%6bw");
	const make = () => makeKey(server, tenant_id, { environment: "staging" });
	const [used, url, cookie, both, bearer, basic, lost, doubled, path] = await Promise.all(Array.from({ length: 9 }, make));
	ok(used && url && cookie && both && bearer && basic && lost && doubled && path);
	expectStatus(
		await server.keyed(used.raw_key, "GET", `/whoami?k=${escaped(url.raw_key)}`, undefined, { cookie: `k=${escaped(cookie.raw_key)}` }),
		200,
	);
	assertProblem(await whoami(both.raw_key, { authorization: `Bearer ${bearer.raw_key}` }), "multiple_credentials");
	assertProblem(await unkeyed("", { authorization: `Basic ${Buffer.from(`${basic.raw_key}:`).toString("base64")}` }), "key_missing");
	assertProblem(await server.send({ method: "GET", path: `/nowhere?k=${lost.raw_key}` }), "not_found");
	const lines = [`Authorization: Bearer kws_0123`, `Authorization: Bearer ${doubled.raw_key}`];
	equal((await exchange(server.port, requestText("GET", "/api/v1/m2m/whoami", lines))).status, 400);
	assertProblem(await server.send({ method: "GET", path: `/api//${escaped(path.raw_key)}` }), "ambiguous_path");
	for (const [key, kind] of [
		[url, "url"],
		[cookie, "cookie"],
		[bearer, "authorization"],
		[basic, "authorization"],
		[lost, "url"],
		[doubled, "authorization"],
		[path, "url"],
	] as const)
		await exposedAs(key.id, kind);
	for (const key of [used, both]) deepEqual((await read(key.id)).exposure, []);
});

test("a key over plain HTTP at a trusted proxy is exposed; over HTTPS or on one machine it is not", async () => {
	const key = await makeKey(server, tenant_id, { environment: "prod" });
	expectStatus(await whoami(key.raw_key, { "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.7" }), 200);
	expectStatus(await whoami(key.raw_key, { "x-forwarded-proto": "http", "x-forwarded-for": "127.0.0.1" }), 200);
	expectStatus(await whoami(key.raw_key, { "x-forwarded-proto": "http", "x-forwarded-for": "203.0.113.7" }), 200);
	const { exposure } = await exposedAs(key.id, "plain_http");
	deepEqual(
		exposure.map(({ kind, requests }) => [kind, requests]),
		[["plain_http", 1]],
	);
	ok(exposure[0]?.source_id?.startsWith("src_"));
});

test("a key whose exposed secret was replaced is not exposed any more, and what was seen stays", async () => {
	const key = await makeKey(server, tenant_id, { environment: "staging" });
	await unkeyed(`?k=${key.raw_key}`);
	ok((await exposedAs(key.id, "url")).exposed_at !== null);
	expectStatus(await server.management(tenant_id, "POST", `/api-keys/${key.id}/rotate`, { overlap_seconds: 0 }), 201);
	const replaced = await read(key.id);
	deepEqual([replaced.exposed_at, replaced.exposure.length], [null, 1]);
});

/** A well-formed key that does not exist. */
const unknownKey = () => makeRawKey({ brand: "kw", environment: "prod", kid: newKid(), secret: newSecret() });

let addresses = 0;

/** A caller's address of its own, so that the limit of wrong keys per address is reached when a test wants it. */
function newAddress(): string {
	addresses += 1;
	return `198.18.${Math.floor(addresses / 250)}.${(addresses % 250) + 1}`;
}

test("the answers to a canary key cannot be distinguished from those to an unknown key: keyed, verified, behind a proxy, over the limit of an address", async () => {
	const { credential } = await makeService(server);
	const site_id = (await makeSite(server, tenant_id)).id;
	const form = { "content-type": "multipart/form-data; boundary=x" };
	const verify = (raw_key: string, ip: string) =>
		server.verify(credential, { raw_key, tenant_id, site_id, permissions: ["documents:read"], request: { ip, user_agent: "curl/8" } });
	const proxied = (query: string) => (raw_key: string, ip: string) =>
		server.send({
			method: "GET",
			path: `/api/v1/forward-auth${query}`,
			headers: {
				"x-api-key": raw_key,
				"x-forwarded-for": ip,
				"x-forwarded-uri": "/orders",
				"x-forwarded-method": "GET",
				"x-forwarded-host": "api.example",
			},
		});
	const keyed =
		(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
		(raw_key: string, ip: string) =>
			server.keyed(raw_key, method, path, body, { "x-forwarded-for": ip, ...headers });
	const asked: Readonly<Record<string, (raw_key: string, ip: string) => Promise<Answer>>> = {
		whoami: keyed("GET", "/whoami"),
		browser: keyed("GET", "/whoami", undefined, BROWSER),
		limits: keyed("GET", `/tenants/${tenant_id}/limits`),
		text: keyed("POST", `/sites/${site_id}/documents/text`, { title: "A", content: "B" }),
		upload: keyed("POST", `/sites/${site_id}/documents`, "--x--", form),
		"an unread body": keyed("POST", `/sites/${site_id}/documents/text`, "{", { "content-type": "application/json" }),
		rotate: keyed("POST", "/key/rotate"),
		revoke: keyed("POST", "/key/revoke", { reason: "other" }),
		verify,
		proxied: proxied(""),
		"proxied for Traefik": proxied("?deny=403"),
		"management, as a credential": (raw_key) =>
			server.send({ method: "GET", path: `/api/v1/tenants/${tenant_id}`, headers: { authorization: `Bearer ${raw_key}` } }),
		"in a URL": (raw_key) => unkeyed(`?api_key=${raw_key}`),
		"in a cookie": (raw_key, ip) => unkeyed("", { cookie: `key=${raw_key}`, "x-forwarded-for": ip }),
		"in Authorization": (raw_key, ip) => unkeyed("", { authorization: `Bearer ${raw_key}`, "x-forwarded-for": ip }),
		"in a stored text": (raw_key) => server.management(tenant_id, "POST", "/sites", { name: `Shop ${raw_key}` }),
		"beside another key": (raw_key, ip) => whoami(raw_key, { authorization: `Bearer ${unknownKey()}`, "x-forwarded-for": ip }),
		"as a service's credential": (raw_key) => server.verify(raw_key, { raw_key: "kw_prod_x" }),
		"of an unknown route": (raw_key, ip) => server.keyed(raw_key, "GET", "/nowhere", undefined, { "x-forwarded-for": ip }),
	};
	const canary = await makeKey(server, tenant_id, { environment: "prod", canary: true });
	for (const [place, ask] of Object.entries(asked)) {
		const unknown = unknownKey();
		// The second time from memory.
		for (let time = 0; time < 2; time += 1)
			equal(withoutRequestId(await ask(canary.raw_key, newAddress())), withoutRequestId(await ask(unknown, newAddress())), place);
	}
	const flooded = async (raw_key: string, ip: string) => {
		for (let request = 0; request < 299; request += 1) await asked.whoami?.(raw_key, ip);
		return [await verify(raw_key, ip), await verify(raw_key, ip)].map(({ json }) => json.code);
	};
	const unknown = unknownKey();
	deepEqual(await flooded(canary.raw_key, newAddress()), ["key_invalid", "too_many_auth_failures"]);
	deepEqual(await flooded(unknown, newAddress()), ["key_invalid", "too_many_auth_failures"]);
	assertProblem(await proxied("")(canary.raw_key, newAddress()), "key_invalid");
	const shown = expectStatus(await server.management(tenant_id, "GET", `/api-keys/${canary.id}`), 200).json;
	deepEqual([shown.canary, shown.last_used_at, shown.usage_24h, shown.exposed_at], [true, null, 0, null]);
});

/** The probability that one of `a` is greater than one of `b`: the area under the ROC curve, by ranks. */
function getAuc(a: readonly number[], b: readonly number[]): number {
	const all = [...a.map((value) => ({ value, of_a: true })), ...b.map((value) => ({ value, of_a: false }))].sort((x, y) => x.value - y.value);
	const ranks = all.reduce((sum, { of_a }, index) => sum + (of_a ? index + 1 : 0), 0);
	return (ranks - (a.length * (a.length + 1)) / 2) / (a.length * b.length);
}

test("the answers to a canary key take the time of those to an unknown key", async () => {
	const pairs = 4_000;
	const canary = await makeKey(server, tenant_id, { environment: "prod", canary: true });
	const unknown = unknownKey();
	const times = { canary: [] as number[], unknown: [] as number[] };
	const measure = async (raw_key: string) => {
		const headers = { "x-forwarded-for": newAddress() };
		const began = performance.now();
		await whoami(raw_key, headers);
		return performance.now() - began;
	};
	for (let pair = 0; pair < pairs; pair += 1) {
		// In either order, since the second one of a pair is faster.
		if (pair % 2 === 0) times.canary.push(await measure(canary.raw_key));
		times.unknown.push(await measure(unknown));
		if (pair % 2 === 1) times.canary.push(await measure(canary.raw_key));
	}
	const auc = getAuc(times.canary, times.unknown);
	ok(auc > 0.47 && auc < 0.53, `AUC ${auc}`);
});

test("a canary key alarms within five seconds wherever its raw key is, with source and network; it is not rotated, paused, handed over or reissued", async () => {
	const { credential } = await makeService(server);
	const places: Readonly<Record<string, (raw_key: string) => Promise<unknown>>> = {
		"198.51.100.0/24": (raw_key) => whoami(raw_key, { "x-forwarded-for": "198.51.100.7", "user-agent": "stolen-bot/1" }),
		"198.51.101.0/24": (raw_key) => server.verify(credential, { raw_key, request: { ip: "198.51.101.7", user_agent: "stolen-bot/1" } }),
		"198.51.102.0/24": (raw_key) => unkeyed(`?key=${raw_key}`, { "x-forwarded-for": "198.51.102.7", "user-agent": "stolen-bot/1" }),
		"198.51.103.0/24": (raw_key) =>
			unkeyed("", { authorization: `Bearer ${raw_key}`, "x-forwarded-for": "198.51.103.7", "user-agent": "stolen-bot/1" }),
		"198.51.104.0/24": (raw_key) => unkeyed("", { cookie: `k=${raw_key}`, "x-forwarded-for": "198.51.104.7", "user-agent": "stolen-bot/1" }),
		"198.51.105.0/24": (raw_key) =>
			server.management(
				tenant_id,
				"POST",
				"/sites",
				{ name: `Shop ${raw_key}` },
				{ "x-forwarded-for": "198.51.105.7", "user-agent": "stolen-bot/1" },
			),
		"198.51.106.0/24": (raw_key) =>
			server.send({
				method: "GET",
				path: "/api/v1/forward-auth",
				headers: {
					...{ "x-api-key": raw_key, "x-forwarded-for": "198.51.106.7", "user-agent": "stolen-bot/1" },
					...{ "x-forwarded-uri": "/orders", "x-forwarded-method": "GET", "x-forwarded-host": "api.example" },
				},
			}),
	};
	for (const [network, present] of Object.entries(places)) {
		const { id, raw_key } = await makeKey(server, tenant_id, { environment: "prod", canary: true });
		const path = `/alerts?rule=canary_used&key_id=${id}`;
		const read = async () =>
			expectStatus(await server.management(tenant_id, "GET", path), 200).as<{ data: { evidence: object; count: number }[] }>().data;
		deepEqual(await read(), []);
		await present(raw_key);
		const until = performance.now() + ALARM_MS;
		let alerts = await read();
		for (; alerts.length === 0; alerts = await read()) ok(performance.now() < until, `no alarm within 5 s: ${network}`);
		const [{ evidence } = { evidence: {} }] = alerts;
		ok("network" in evidence && "source" in evidence);
		deepEqual([evidence.network, evidence.source], [network, "stolen-bot"]);
		if (network !== "198.51.100.0/24") continue;
		for (const [what, body] of [["rotate"], ["reissue"], ["pause"], ["handovers", {}]] as const)
			assertProblem(await server.management(tenant_id, "POST", `/api-keys/${id}/${what}`, body), "conflict");
		const handed = { name: "wiki", environment: "prod", owner: "Ada", canary: true, handover: {} };
		assertProblem(await server.management(tenant_id, "POST", "/api-keys", handed), "invalid_request");
	}
});

test("a program that searches for leaked keys learns whether a key works and nothing else, which is no use of the key; a canary key raises its alarm", async () => {
	const make = (input: Record<string, unknown> = {}) => makeKey(server, tenant_id, { environment: "prod", ...input });
	const status = (raw_key: string | null) =>
		server.send({ method: "GET", path: "/api/v1/key-status", headers: raw_key === null ? {} : { "x-api-key": raw_key } });
	const [live, bound, ended, paused, canary] = [
		await make(),
		await make({ allowed_ips: ["198.51.100.0/24"] }),
		await make(),
		await make(),
		await make({ canary: true }),
	];
	expectStatus(await server.management(tenant_id, "POST", `/api-keys/${ended.id}/revoke`, { reason: "other" }), 200);
	expectStatus(await server.management(tenant_id, "POST", `/api-keys/${paused.id}/pause`, {}), 200);
	const unknown = makeRawKey({ brand: "kw", environment: "prod", kid: asKid(newKid()), secret: newSecret() });
	const raw_keys = [live.raw_key, bound.raw_key, ended.raw_key, paused.raw_key, canary.raw_key, unknown, `${live.raw_key}x`];
	const answers = await Promise.all(raw_keys.map(async (raw_key) => expectStatus(await status(raw_key), 200).json));
	deepEqual(
		answers,
		[true, true, false, false, false, false, false].map((active) => ({ active })),
	);
	assertProblem(await status(null), "key_missing");
	for (const until = performance.now() + ALARM_MS; ; await sleep(50)) {
		const { data } = expectStatus(await server.management(tenant_id, "GET", `/alerts?rule=canary_used&key_id=${canary.id}`), 200).as<{
			data: unknown[];
		}>();
		if (data.length === 1) break;
		ok(performance.now() < until, "no alarm within 5 s");
	}
	const { last_used_at, usage_24h, exposed_at } = expectStatus(await server.management(tenant_id, "GET", `/api-keys/${live.id}`), 200).json;
	deepEqual([last_used_at, usage_24h, exposed_at], [null, 0, null]);
});

test("one address may ask for the status of 600 keys a minute, and then learns when to go on", async () => {
	const headers = { "x-api-key": "kw_prod_0", "x-forwarded-for": "203.0.113.99" };
	const ask = () => server.send({ method: "GET", path: "/api/v1/key-status", headers });
	for (let call = 0; call < 600; call += 1) expectStatus(await ask(), 200);
	const refused = await ask();
	assertProblem(refused, "rate_limited");
	ok(Number(refused.headers["retry-after"]) > 0);
	expectStatus(await server.send({ method: "GET", path: "/api/v1/key-status", headers: { ...headers, "x-forwarded-for": "203.0.113.98" } }), 200);
});

test("a right secret ends its key whatever else is wrong with it: paused, expired, from elsewhere, in a browser, suspended, or all spent by a thief", async () => {
	const end = (raw_key: string, headers: Record<string, string> = {}) => server.keyed(raw_key, "POST", "/key/revoke", {}, headers);
	const budgets = [{ name: "calls", unit: "calls", amount: 1, per: "total" }];
	const make = (input: Record<string, unknown> = {}, of = tenant_id) => makeKey(server, of, { environment: "prod", ...input });
	const [paused, expired, elsewhere, browser, spent] = [
		await make(),
		await make(),
		await make({ allowed_ips: ["198.51.100.0/24"] }),
		await make(),
		await make({ budgets }),
	];
	expectStatus(await server.management(tenant_id, "POST", `/api-keys/${paused.id}/pause`, {}), 200);
	await database.rows("update keys set expires_at = now() - interval '1 minute' where id = $1", [expired.id]);
	expectStatus(await whoami(spent.raw_key), 200);
	assertProblem(await whoami(spent.raw_key), "quota_exceeded");
	const suspended = await makeTenant(server, { plan_id: await makePlan(server) });
	const held = await make({}, suspended.id);
	expectStatus(await server.operator("PATCH", `/tenants/${suspended.id}`, { status: "suspended" }), 200);
	const cases: [key: MadeKey, of: string, headers?: Record<string, string>][] = [
		...[paused, expired, elsewhere, spent].map((key): [MadeKey, string] => [key, tenant_id]),
		[browser, tenant_id, BROWSER],
		[held, suspended.id],
	];
	for (const [{ id, raw_key }, of, headers] of cases) {
		const { ended, key_id } = expectStatus(await end(raw_key, headers), 200).json;
		deepEqual([ended, key_id], ["key", id]);
		const { status, revoked_by } = expectStatus(await server.management(of, "GET", `/api-keys/${id}`), 200).as<{
			status: string;
			revoked_by: { kind: string };
		}>();
		deepEqual([status, revoked_by.kind], ["revoked", "key"]);
		assertProblem(await end(raw_key, headers), "key_revoked");
	}
	const wrong = makeRawKey({ brand: "kw", environment: "prod", kid: asKid(newKid()), secret: newSecret() });
	assertProblem(await end(wrong), "key_invalid");
	assertProblem(await server.send({ method: "POST", path: "/api/v1/m2m/key/revoke", body: {} }), "key_missing");
});
