/** Reports of keys that were found: what they do to live keys, that they tell nothing, and who may send them in the form of a code host. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { asKid, makeRawKey, newKid, newSecret } from "../server/src/keys/secrets/format.ts";
import type { Answer } from "./client.ts";
import { assertProblem, withoutRequestId } from "./problem.ts";
import { type Server, startServer } from "./server.ts";
import { expectStatus, type MadeKey, makeKey, makePlan, makeTenant } from "./things.ts";

/** Reports are looked up each second. */
const DONE_MS = 20_000;
const DAY_MS = 86_400_000;
const pair = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const stranger = generateKeyPairSync("ec", { namedCurve: "prime256v1" });

let server: Server;
let code_host: HttpServer;
let tenant_id: string;
let address = 0;
before(async () => {
	const key = pair.publicKey.export({ type: "spki", format: "pem" });
	const published = JSON.stringify({ public_keys: [{ key_identifier: "f00d", key, is_current: true }] });
	code_host = createServer((_request, response) => response.end(published)).listen(0, "127.0.0.1");
	await once(code_host, "listening");
	const at = code_host.address();
	ok(at !== null && typeof at === "object");
	server = await startServer({
		env: {
			KEYWRIGHT_TRUSTED_PROXIES: "127.0.0.1",
			KEYWRIGHT_OUTGOING_ALLOWED: "127.0.0.1",
			KEYWRIGHT_CODE_HOST_KEYS: `http://127.0.0.1:${at.port}/meta/public_keys`,
		},
	});
	tenant_id = await newTenant();
});
after(async () => {
	code_host.close();
	await server.stop();
});

const newTenant = async () => (await makeTenant(server, { plan_id: await makePlan(server) })).id;
/** A caller of its own for each, because calls are limited by address. */
const newAddress = () => `198.18.${(address >> 8) & 255}.${address++ & 255}`;
const invented = () => makeRawKey({ brand: "kw", environment: "prod", kid: newKid(), secret: newSecret() });
const report = (keys: unknown, ip = newAddress()): Promise<Answer> =>
	server.send({ method: "POST", path: "/api/v1/leak-reports", headers: { "x-forwarded-for": ip }, body: { keys } });
const reportKey = (raw_key: string, url?: string) => report([{ raw_key, ...(url === undefined ? {} : { url }) }]);
const whoami = (raw_key: string) => server.keyed(raw_key, "GET", "/whoami");

interface Read {
	readonly status: string;
	readonly expires_at: string | null;
	readonly revoke_reason: string | null;
	readonly revoked_by: { readonly kind: string; readonly name: string } | null;
	readonly exposed_at: string | null;
	readonly exposure: readonly { readonly kind: string; readonly kid: string; readonly requests: number; readonly urls?: readonly string[] }[];
	readonly secrets: readonly { readonly kid: string; readonly status: string; readonly retires_at: string | null }[];
	readonly rotation: { readonly id: string } | null;
}
const read = async (key: MadeKey, tenant = tenant_id) => expectStatus(await server.management(tenant, "GET", `/api-keys/${key.id}`), 200).as<Read>();

async function readReported(key: MadeKey, isDone: (read: Read) => boolean, tenant = tenant_id): Promise<Read> {
	for (const until = performance.now() + DONE_MS; ; await sleep(100)) {
		const found = await read(key, tenant);
		if (found.exposure.some(({ kind }) => kind === "reported") && isDone(found)) return found;
		ok(performance.now() < until, `the report was not processed: ${JSON.stringify(found)}`);
	}
}
/** Reports are processed in order, so all of before are done when this one is. */
async function flushReports(): Promise<void> {
	const key = await makeKey(server, tenant_id);
	await reportKey(key.raw_key);
	await readReported(key, ({ status }) => status === "revoked");
}

test("a live key that is reported whole is revoked, with the place where it was found, and a repeat changes nothing", async () => {
	const key = await makeKey(server, tenant_id, { environment: "prod" });
	expectStatus(await whoami(key.raw_key), 200);
	const sent = await reportKey(key.raw_key, `https://code.example/\u202ekeys?k=${key.raw_key}`);
	deepEqual(expectStatus(sent, 202).json, { received: 1 });
	equal(sent.header("cache-control"), "no-store");
	const revoked = await readReported(key, ({ status }) => status === "revoked");
	deepEqual([revoked.revoke_reason, revoked.revoked_by], ["suspected_exposure", { kind: "system", name: "leak report" }]);
	deepEqual(revoked.exposure[0]?.urls, ["(removed: it contained a secret)"]);
	assertProblem(await whoami(key.raw_key), "key_revoked");
	await reportKey(key.raw_key, "https://code.example/again");
	const again = await readReported(key, ({ exposure }) => exposure[0]?.requests === 2);
	deepEqual(again.exposure[0]?.urls, ["(removed: it contained a secret)", "https://code.example/again"]);
	deepEqual([again.status, again.revoked_by], ["revoked", revoked.revoked_by]);
	const audit = expectStatus(await server.management(tenant_id, "GET", `/audit?target=${key.id}`), 200).json;
	equal(JSON.stringify(audit).split("key.revoked").length - 1, 1);
	const { data } = expectStatus(await server.operator("GET", "/leak-reports"), 200).as<{
		data: { kid: string; outcome: string; reports: number }[];
	}>();
	const listed = data.find(({ kid }) => kid === revoked.secrets[0]?.kid);
	deepEqual([listed?.outcome, listed?.reports], ["revoked", 2]);
	equal(server.logs.stdout.includes(key.raw_key), false);
});

test("who knows only the kid changes nothing, and neither does a key of another instance, an empty text or something else", async () => {
	const key = await makeKey(server, tenant_id, { environment: "prod" });
	const forged = makeRawKey({ brand: "kw", environment: "prod", kid: asKid(key.raw_key.slice(-50, -38)), secret: newSecret() });
	const other_environment = makeRawKey({
		brand: "kw",
		environment: "dev",
		kid: asKid(key.raw_key.slice(-50, -38)),
		secret: key.raw_key.slice(-38, -6),
	});
	for (const raw_key of [forged, other_environment, "", "hello", `${key.raw_key}0`, key.raw_key.slice(0, -1)])
		expectStatus(await reportKey(raw_key), 202);
	await flushReports();
	const still = await read(key);
	deepEqual([still.status, still.exposure], ["active", []]);
	expectStatus(await whoami(key.raw_key), 200);
});

test("paused keys and those of a suspended tenant are revoked too; a replaced secret ends nothing", async () => {
	const other = await newTenant();
	const [paused, replaced, suspended] = [await makeKey(server, other), await makeKey(server, other), await makeKey(server, other)];
	expectStatus(await server.management(other, "POST", `/api-keys/${paused.id}/pause`), 200);
	expectStatus(await server.management(other, "POST", `/api-keys/${replaced.id}/rotate`, { overlap_seconds: 0 }), 201);
	expectStatus(await report([paused, replaced].map(({ raw_key }) => ({ raw_key }))), 202);
	await readReported(paused, ({ status }) => status === "revoked", other);
	const lives = await readReported(replaced, () => true, other);
	deepEqual([lives.status, lives.exposed_at], ["active", null]);
	expectStatus(await server.management(other, "PUT", "/policy", { leak_response: "rotate" }), 200);
	expectStatus(await server.operator("PATCH", `/tenants/${other}`, { status: "suspended" }), 200);
	expectStatus(await reportKey(suspended.raw_key), 202);
	await readReported(suspended, ({ status }) => status === "revoked", other);
});

test("a tenant that replaces leaked keys gets a new secret, which an admin takes, and the old one ends within a day", async () => {
	const other = await newTenant();
	expectStatus(await server.management(other, "PUT", "/policy", { leak_response: "rotate" }), 200);
	const key = await makeKey(server, other, { permissions: ["tenant:read", "key:rotate"] });
	expectStatus(await whoami(key.raw_key), 200);
	expectStatus(await reportKey(key.raw_key), 202);
	const rotated = await readReported(key, ({ rotation }) => rotation !== null, other);
	deepEqual([rotated.status, rotated.secrets.map(({ status }) => status).sort()], ["active", ["issued", "retiring"]]);
	const ends_at = new Date(rotated.secrets.find(({ status }) => status === "retiring")?.retires_at ?? 0).getTime();
	ok(ends_at > Date.now() + DAY_MS - 600_000 && ends_at <= Date.now() + DAY_MS, "not within a day");
	// Neither the thief nor a person restores the leaked secret.
	assertProblem(await server.keyed(key.raw_key, "POST", "/key/rotate/cancel"), "conflict");
	const rotation = `/api-keys/${key.id}/rotations/${rotated.rotation?.id}`;
	assertProblem(await server.management(other, "POST", `${rotation}/cancel`, { force: true }), "conflict");
	assertProblem(await server.keyed(key.raw_key, "POST", "/key/rotate"), "rotation_in_progress");
	const issued = expectStatus(await server.management(other, "POST", `/api-keys/${key.id}/reissue`), 201).as<{ raw_key: string }>();
	expectStatus(await whoami(issued.raw_key), 200);
	expectStatus(await whoami(key.raw_key), 200);
	assertProblem(await server.management(other, "POST", `/api-keys/${key.id}/reissue`), "conflict");
	await reportKey(key.raw_key);
	await readReported(key, ({ exposure }) => exposure[0]?.requests === 2, other);
	equal((await read(key, other)).rotation?.id, rotated.rotation?.id, "a repeat begins no second one");
	expectStatus(await server.management(other, "POST", `${rotation}/complete`, { force: true, reason: "It leaked" }), 200);
	assertProblem(await whoami(key.raw_key), "key_rotated");
	expectStatus(await whoami(issued.raw_key), 200);
});

test("a rotation with a longer overlap ends within a day, and a new secret that leaks as well ends the key", async () => {
	const other = await newTenant();
	expectStatus(await server.management(other, "PUT", "/policy", { leak_response: "rotate" }), 200);
	const key = await makeKey(server, other);
	const { raw_key } = expectStatus(await server.management(other, "POST", `/api-keys/${key.id}/rotate`, {}), 201).as<{ raw_key: string }>();
	expectStatus(await reportKey(key.raw_key), 202);
	const shortened = await readReported(key, () => true, other);
	const ends_at = new Date(shortened.secrets.find(({ status }) => status === "retiring")?.retires_at ?? 0).getTime();
	ok(ends_at <= Date.now() + DAY_MS, "not within a day");
	expectStatus(await reportKey(raw_key), 202);
	await readReported(key, ({ status }) => status === "revoked", other);
});

test("a report never moves the end that a person set for a key", async () => {
	const other = await newTenant();
	expectStatus(await server.management(other, "PUT", "/policy", { leak_response: "rotate" }), 200);
	const expires_at = new Date(Date.now() + 30 * DAY_MS).toISOString();
	const key = await makeKey(server, other, { expires_at });
	expectStatus(await reportKey(key.raw_key), 202);
	const rotated = await readReported(key, ({ rotation }) => rotation !== null, other);
	equal(rotated.expires_at, expires_at);
});

test("a canary key that is reported raises its alarm, and nothing says that it is one", async () => {
	const canary = await makeKey(server, tenant_id, { canary: true });
	equal(withoutRequestId(await reportKey(canary.raw_key)), withoutRequestId(await reportKey(invented())));
	for (const until = performance.now() + DONE_MS; ; await sleep(100)) {
		const { data } = expectStatus(await server.management(tenant_id, "GET", "/alerts"), 200).as<{ data: { rule: string; key_id: string }[] }>();
		if (data.some(({ rule, key_id }) => rule === "canary_used" && key_id === canary.id)) break;
		ok(performance.now() < until, "no alarm");
	}
});

test("a thousand keys are one call, more are refused, and the sixty-first call of an address within an hour is refused unread", async () => {
	const keys = Array.from({ length: 1_000 }, () => ({ raw_key: invented(), url: `https://code.example/${"x".repeat(300)}` }));
	deepEqual(expectStatus(await report(keys), 202).json, { received: 1_000 });
	assertProblem(await report([...keys, { raw_key: invented() }]), "invalid_request");
	const ip = newAddress();
	for (let call = 0; call < 60; call += 1) expectStatus(await report([], ip), 202);
	const refused = await report([], ip);
	assertProblem(refused, "rate_limited");
	match(refused.header("retry-after"), /^\d+$/);
	expectStatus(await report([]), 202);
	for (const body of [{}, { keys: [], matches: [] }, { keys: [{}] }, { keys: [{ raw_key: "x", more: 1 }] }, { keys: "x" }])
		assertProblem(
			await server.send({ method: "POST", path: "/api/v1/leak-reports", headers: { "x-forwarded-for": newAddress() }, body }),
			body.keys !== undefined && JSON.stringify(body).includes("more") ? "unknown_field" : "invalid_request",
		);
});

function signed(body: string, by: { identifier?: string | null; key?: typeof pair; signature?: string } = {}): Promise<Answer> {
	const { identifier = "f00d", key = pair } = by;
	const signature = by.signature ?? sign("sha256", Buffer.from(body), key.privateKey).toString("base64");
	return server.send({
		method: "POST",
		path: "/api/v1/leak-reports",
		headers: {
			...{ "content-type": "application/json", "x-forwarded-for": newAddress() },
			...(identifier === null ? {} : { "github-public-key-identifier": identifier }),
			...(signature === "" ? {} : { "github-public-key-signature": signature }),
		},
		body,
	});
}

test("a code host's array is taken with its signature over the very bytes, and refused with another one or none", async () => {
	const key = await makeKey(server, tenant_id, { environment: "prod" });
	// Spaces and order are part of what is signed.
	const body = `[ {"source":"content", "type":"keywright_key","token":"${key.raw_key}","url":"https://code.example/commit/1"} ]`;
	for (const by of [{ signature: "" }, { identifier: null }, { identifier: "beef" }, { key: stranger }, { signature: "AAAA" }])
		assertProblem(await signed(body, by), "credential_invalid");
	const right = sign("sha256", Buffer.from(body), pair.privateKey).toString("base64");
	assertProblem(await signed(body.replace("[ ", "["), { signature: right }), "credential_invalid");
	assertProblem(await signed(body, { signature: "", identifier: null }), "credential_invalid");
	assertProblem(await signed(JSON.stringify({ matches: JSON.parse(body) }), { signature: "", identifier: null }), "credential_invalid");
	await flushReports();
	equal((await read(key)).status, "active");
	deepEqual(expectStatus(await signed(body), 202).json, { received: 1 });
	const revoked = await readReported(key, ({ status }) => status === "revoked");
	deepEqual(revoked.exposure[0]?.urls, ["https://code.example/commit/1"]);
	equal(revoked.revoked_by?.name, "code host's leak report");
	deepEqual(expectStatus(await signed(body, { signature: right }), 202).json, { received: 1 });
	await flushReports();
	equal((await read(key)).revoke_reason, "suspected_exposure");
});

test("the operator gets what the application to a code host needs, with samples that match and are no keys", async () => {
	const programme = expectStatus(await server.operator("GET", "/leak-programme"), 200).as<
		Record<"expression" | "report_url" | "code_host_keys", string> & { samples: string[] }
	>();
	equal(programme.code_host_keys, "fetched");
	match(programme.report_url, /\/api\/v1\/leak-reports$/);
	for (const sample of programme.samples) {
		match(sample, new RegExp(`^${programme.expression}$`));
		assertProblem(await whoami(sample), "key_invalid");
	}
});

/** The probability that one of `a` is greater than one of `b`: the area under the ROC curve, by ranks. */
function getAuc(a: readonly number[], b: readonly number[]): number {
	const all = [...a.map((value) => ({ value, of_a: true })), ...b.map((value) => ({ value, of_a: false }))].sort((x, y) => x.value - y.value);
	const ranks = all.reduce((sum, { of_a }, index) => sum + (of_a ? index + 1 : 0), 0);
	return (ranks - (a.length * (a.length + 1)) / 2) / (a.length * b.length);
}

test("the answers to reports of a live, a dead and an invented key are the same bytes and take the same time", async () => {
	const other = await newTenant();
	expectStatus(await server.management(other, "PUT", "/policy", { leak_response: "rotate" }), 200);
	const [live, dead] = [await makeKey(server, other), await makeKey(server, other)];
	expectStatus(await server.management(other, "POST", `/api-keys/${dead.id}/revoke`, { reason: "other" }), 200);
	const keys: readonly string[] = [live.raw_key, dead.raw_key, invented()];
	const answers = await Promise.all(keys.map((raw_key) => reportKey(raw_key)));
	equal(new Set(answers.map(withoutRequestId)).size, 1);
	const times = keys.map((): number[] => []);
	for (let round = 0; round < 3_000; round += 1) {
		for (let place = 0; place < keys.length; place += 1) {
			const index = (round + place) % keys.length;
			const began = performance.now();
			await reportKey(keys[index] ?? "");
			times[index]?.push(performance.now() - began);
		}
	}
	const [of_live = [], of_dead = [], of_invented = []] = times;
	for (const auc of [getAuc(of_live, of_invented), getAuc(of_dead, of_invented), getAuc(of_live, of_dead)])
		ok(auc > 0.47 && auc < 0.53, `AUC ${auc}`);
	equal((await read(live, other)).status, "active");
});
