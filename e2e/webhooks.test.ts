import { deepEqual, doesNotMatch, equal, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startDebianCluster } from "../scripts/debian-cluster.ts";
import { ensureDatabase } from "../server/src/database/roles.ts";
import { isSignedBy, Receiver } from "../server/testing/webhooks.ts";
import type { Fields } from "./client.ts";
import { newMember, newPortalPerson } from "./people.ts";
import { assertProblem } from "./problem.ts";
import { accepts, endLeftovers, freePort, ROOT, type Server, startServer } from "./server.ts";
import { expectStatus, makeKey, makeTenant, type Tenant } from "./things.ts";

const LEASE_SECONDS = 2;
/** The promise is two seconds; a loaded machine gets some more. */
const FIRST_ATTEMPT_MS = 2_000;
const TEST_WITHIN_MS = 10_000;
const GRACE_MS = 3_000;
const TAKEN_OVER_MS = 30_000;
const POLL_MS = 20;
const PEPPER = "pepper-of-the-tests-0123456789-abcdefghij";
const OPERATOR_TOKEN = "operator-token-of-the-tests-0123456789";

let cluster: Awaited<ReturnType<typeof startDebianCluster>>;
let server: Server;
let receiver: Receiver;

function startNode(): Promise<Server> {
	return startServer({
		env: {
			KEYWRIGHT_DATABASE_URL: cluster.url.replace(/\/[^/?]*(\?|$)/, "/keywright$1"),
			KEYWRIGHT_PEPPER: PEPPER,
			KEYWRIGHT_OPERATOR_TOKEN: OPERATOR_TOKEN,
			KEYWRIGHT_OUTGOING_ALLOWED: "127.0.0.1",
			KEYWRIGHT_LEASE_SECONDS: String(LEASE_SECONDS),
		},
	});
}

before(async () => {
	cluster = await startDebianCluster();
	await ensureDatabase(cluster.url, "keywright");
	server = await startNode();
	receiver = await Receiver.start();
});
after(async () => {
	receiver.close();
	await endLeftovers();
	await cluster.stop();
});

async function waitUntil(what: string, isTrue: () => boolean, within_ms: number): Promise<void> {
	const until = performance.now() + within_ms;
	while (!isTrue()) {
		ok(performance.now() < until, `${what} within ${within_ms} ms`);
		await sleep(POLL_MS);
	}
}

async function newWebhook(tenant: Tenant, fields: Fields = {}): Promise<{ id: string; secret: string; path: string }> {
	const made = expectStatus(await server.management(tenant.id, "POST", "/webhooks", { url: receiver.url(`/${tenant.id}`), ...fields }), 201);
	const { webhook, secret } = made.as<{ webhook: { id: string }; secret: string }>();
	return { id: webhook.id, secret, path: `/webhooks/${webhook.id}` };
}

const receivedBy = (tenant: Tenant) => receiver.received.filter(({ path }) => path === `/${tenant.id}`);

test("an event arrives within two seconds of its change, signed after Standard Webhooks", async () => {
	const tenant = await makeTenant(server);
	const { secret, path } = await newWebhook(tenant, { events: ["key.created"] });
	const { id } = await makeKey(server, tenant.id);
	await waitUntil("the event arrives", () => receivedBy(tenant).length === 1, FIRST_ATTEMPT_MS + GRACE_MS);
	const [message] = receivedBy(tenant);
	ok(message && isSignedBy(secret, message.headers, message.body));
	deepEqual([message.type, message.data.key_id, message.data.tenant_id, message.data.sequence], ["key.created", id, tenant.id, 1]);
	ok(Math.abs(Number(message.headers["webhook-timestamp"]) * 1_000 - Date.now()) < 60_000);
	const read = async () => expectStatus(await server.management(tenant.id, "GET", path), 200).json;
	while ((await read()).last_delivery === null) await sleep(POLL_MS);
	const { data } = expectStatus(await server.management(tenant.id, "GET", `${path}/deliveries?status=delivered`), 200).as<{ data: Fields[] }>();
	deepEqual([data[0]?.event_id, data[0]?.response_status, data[0]?.attempt], [message.headers["webhook-id"], 204, 1]);
	expectStatus(await server.management(tenant.id, "POST", `${path}/deliveries/${data[0]?.id}/replay`), 200);
	await waitUntil("the replay arrives", () => receivedBy(tenant).length === 2, FIRST_ATTEMPT_MS + GRACE_MS);
	equal(receivedBy(tenant)[1]?.body, message.body);
});

test("the secret is in the responses that create it and nowhere else", async () => {
	const tenant = await makeTenant(server);
	const { id, secret, path } = await newWebhook(tenant);
	const rotated = expectStatus(await server.management(tenant.id, "POST", `${path}/rotate-secret`, {}), 201).as<{ secret: string }>();
	assertProblem(await server.management(tenant.id, "POST", `${path}/rotate-secret`, {}), "conflict");
	const once_only = { "idempotency-key": "webhook-once" };
	const body = { url: receiver.url() };
	expectStatus(await server.management(tenant.id, "POST", "/webhooks", body, once_only), 201);
	const again = await server.management(tenant.id, "POST", "/webhooks", body, once_only);
	assertProblem(again, "secret_already_issued");
	for (const read of ["/webhooks", path, `${path}/deliveries`])
		doesNotMatch(expectStatus(await server.management(tenant.id, "GET", read), 200).text, /whsec_/);
	const text = await server.management(tenant.id, "POST", "/sites", { name: `see ${secret}` });
	assertProblem(text, "invalid_request");
	equal(expectStatus(await server.management(tenant.id, "GET", "/webhooks"), 200).as<{ data: Fields[] }>().data.length, 2);
	ok(id.startsWith("whk_") && rotated.secret !== secret);
	for (const each of [secret, rotated.secret]) ok(!(server.logs.stdout + server.logs.stderr).includes(each.slice(6)));
});

test("private addresses, odd forms and unknown events are 400, and nothing is called", async () => {
	const tenant = await makeTenant(server);
	const before = receiver.received.length;
	for (const url of [
		"https://10.0.0.1/",
		"https://169.254.169.254/",
		"http://2130706433/",
		"http://0x7f.1/",
		"http://[::ffff:127.0.0.1]/",
		"http://93.184.215.14/",
	]) {
		const refused = await server.management(tenant.id, "POST", "/webhooks", { url });
		assertProblem(refused, "invalid_request");
		deepEqual(
			refused.as<{ errors: { pointer: string }[] }>().errors.map(({ pointer }) => pointer),
			["/url"],
			url,
		);
	}
	for (const body of [
		{},
		{ url: receiver.url(), events: [] },
		{ url: receiver.url(), events: ["webhook.test"] },
		{ url: receiver.url(), secret: "mine" },
	])
		equal((await server.management(tenant.id, "POST", "/webhooks", body)).status, 400);
	const { path } = await newWebhook(tenant);
	assertProblem(await server.management(tenant.id, "PATCH", path, { url: "https://192.168.0.1/" }), "invalid_request");
	equal(receiver.received.length, before);
});

test("a test tells within ten seconds whether the receiver accepted the event", async () => {
	const tenant = await makeTenant(server);
	const { secret, path } = await newWebhook(tenant, { events: ["key.revoked"] });
	deepEqual(expectStatus(await server.management(tenant.id, "POST", `${path}/test`), 200).json, {
		delivered: true,
		response_status: 204,
		error: null,
	});
	const [message] = receivedBy(tenant);
	ok(message?.type === "webhook.test" && isSignedBy(secret, message.headers, message.body));
	receiver.status = 500;
	const refused = expectStatus(await server.management(tenant.id, "POST", `${path}/test`), 200).json;
	deepEqual([refused.delivered, refused.response_status, typeof refused.error], [false, 500, "string"]);
	receiver.status = 204;
	const silent = createServer(() => undefined).listen(0, "127.0.0.1");
	await once(silent, "listening");
	const address = silent.address();
	const port = address !== null && typeof address === "object" ? address.port : 0;
	const { path: unanswered } = await newWebhook(tenant, { url: `http://127.0.0.1:${port}/` });
	const started = performance.now();
	const none = expectStatus(await server.management(tenant.id, "POST", `${unanswered}/test`), 200).json;
	deepEqual([none.delivered, none.response_status], [false, null]);
	ok(performance.now() - started < TEST_WITHIN_MS + GRACE_MS);
	silent.close();
});

test("admins manage webhooks, viewers and other tenants do not; a suspended tenant may delete them, and its deliveries go on", async () => {
	const [tenant, other] = [await makeTenant(server), await makeTenant(server)];
	const { path } = await newWebhook(tenant);
	const own = `/api/v1/tenants/${tenant.id}`;
	const viewer = await newMember(server, tenant.id, "viewer");
	const admin = await newMember(server, tenant.id, "admin");
	const portal = { viewer: await newPortalPerson(server, tenant.id, "viewer"), admin: await newPortalPerson(server, tenant.id, "admin") };
	for (const method of ["GET", "DELETE"])
		for (const browser of [viewer.browser, portal.viewer]) assertProblem(await browser.send(method, own + path), "role_not_allowed");
	expectStatus(await admin.browser.send("GET", own + path), 200);
	expectStatus(await portal.admin.send("GET", `${own}/webhooks`), 200);
	expectStatus(await admin.browser.send("POST", `${own}/webhooks`, { url: receiver.url() }), 201);
	expectStatus(await portal.admin.send("POST", `${own}/webhooks`, { url: receiver.url() }), 201);
	assertProblem(await server.management(other.id, "GET", path), "not_found");
	assertProblem(await server.operator("GET", path), "not_found");
	const { id: key_id } = await makeKey(server, tenant.id);
	expectStatus(await server.operator("PATCH", `/tenants/${tenant.id}`, { status: "suspended" }), 200);
	expectStatus(await server.management(tenant.id, "POST", `/api-keys/${key_id}/revoke`, { reason: "other" }), 200);
	const revoked = () => receivedBy(tenant).some(({ type, data }) => type === "key.revoked" && data.key_id === key_id);
	await waitUntil("the event arrives", revoked, FIRST_ATTEMPT_MS + GRACE_MS);
	assertProblem(await admin.browser.send("PATCH", own + path, { status: "disabled" }), "tenant_suspended");
	expectStatus(await admin.browser.send("DELETE", own + path), 204);
	assertProblem(await server.management(tenant.id, "GET", path), "not_found");
});

test("a delivery is replayed through its own webhook only, and a cursor of another list or a changed one is 400", async () => {
	const tenant = await makeTenant(server);
	const [first, second] = [await newWebhook(tenant, { events: ["key.created"] }), await newWebhook(tenant, { events: ["key.revoked"] })];
	await makeKey(server, tenant.id);
	await makeKey(server, tenant.id);
	const list = async (query = "") => server.management(tenant.id, "GET", `${first.path}/deliveries?limit=1${query}`);
	let page = await list("&status=delivered");
	while (page.json.next_cursor === null) {
		await sleep(POLL_MS);
		page = await list("&status=delivered");
	}
	const [{ id } = { id: "" }] = page.as<{ data: { id: string }[] }>().data;
	assertProblem(await server.management(tenant.id, "POST", `${second.path}/deliveries/${id}/replay`), "not_found");
	const cursor = String(page.json.next_cursor);
	const changed = `${cursor.slice(0, -2)}${cursor.endsWith("AA") ? "BB" : "AA"}`;
	for (const query of [`&status=failed&cursor=${cursor}`, `&cursor=${cursor}`, `&status=delivered&cursor=${changed}`, "&cursor=x"])
		assertProblem(await list(query), "invalid_request");
	assertProblem(await server.management(tenant.id, "GET", `${second.path}/deliveries?limit=1&status=delivered&cursor=${cursor}`), "invalid_request");
	expectStatus(await list(`&status=delivered&cursor=${cursor}`), 200);
});

test("the operator's webhooks receive the events of every tenant, and tenants see nothing of them", async () => {
	const url = receiver.url("/operator");
	const made = expectStatus(await server.operator("POST", "/webhooks", { url, events: ["key.paused"] }), 201);
	const { webhook, secret } = made.as<{ webhook: { id: string }; secret: string }>();
	const tenants = [await makeTenant(server), await makeTenant(server)];
	for (const { id } of tenants) {
		const key = await makeKey(server, id);
		expectStatus(await server.management(id, "POST", `/api-keys/${key.id}/pause`), 200);
		deepEqual(expectStatus(await server.management(id, "GET", "/webhooks"), 200).json.data, []);
		assertProblem(await server.management(id, "GET", `/webhooks/${webhook.id}`), "not_found");
	}
	const arrived = () => receiver.received.filter(({ path }) => path === "/operator");
	await waitUntil("both arrive", () => arrived().length === 2, FIRST_ATTEMPT_MS + GRACE_MS);
	deepEqual(
		arrived().map(({ data }) => [data.tenant_id, data.sequence]),
		tenants.map(({ id }, index) => [id, index + 1]),
	);
	for (const { headers, body } of arrived()) ok(isSignedBy(secret, headers, body));
	expectStatus(await server.operator("DELETE", `/webhooks/${webhook.id}`), 204);
});

test("the receivers of docs/webhooks.md in Node and Python accept genuine events and refuse others", async () => {
	const tenant = await makeTenant(server);
	const page = readFileSync(join(ROOT, "docs/webhooks.md"), "utf8");
	const folder = mkdtempSync(join(tmpdir(), "keywright-webhooks-"));
	for (const [language, file, program] of [
		["js", "receiver.mjs", process.execPath],
		["python", "receiver.py", "/usr/bin/python3"],
	] as const) {
		writeFileSync(join(folder, file), page.split(`\`\`\`${language}\n`)[1]?.split("```")[0] ?? "");
		const port = await freePort();
		const { secret, path } = await newWebhook(tenant, { url: `http://127.0.0.1:${port}/` });
		const child = spawn(program, [join(folder, file)], { env: { PORT: String(port), WEBHOOK_SECRET: secret }, stdio: ["ignore", "pipe", "inherit"] });
		const printed = once(child.stdout.setEncoding("utf8"), "data");
		const sendTest = async () => expectStatus(await server.management(tenant.id, "POST", `${path}/test`), 200).json;
		try {
			for (const until = performance.now() + TAKEN_OVER_MS; !(await accepts(port)) && performance.now() < until; ) await sleep(POLL_MS);
			const answer = await sendTest();
			deepEqual([answer.delivered, answer.response_status], [true, 204], language);
			equal(
				String((await printed)[0])
					.trim()
					.split("\n")[0],
				"webhook.test",
			);
			expectStatus(await server.management(tenant.id, "POST", `${path}/rotate-secret`, { overlap_seconds: 600 }), 201);
			equal((await sendTest()).delivered, true, "both secrets sign");
			expectStatus(await server.management(tenant.id, "POST", `${path}/rotate-secret`, { overlap_seconds: 0 }), 201);
			equal((await sendTest()).response_status, 401, language);
		} finally {
			child.kill("SIGTERM");
		}
	}
	rmSync(folder, { recursive: true });
});

test("test events of a tenant are limited: the thirty-first within a minute gets a 429 and is not sent", async () => {
	const tenant = await makeTenant(server);
	const { path } = await newWebhook(tenant);
	for (let sent = 0; sent < 30; sent += 1) expectStatus(await server.management(tenant.id, "POST", `${path}/test`), 200);
	const before = receivedBy(tenant).length;
	assertProblem(await server.management(tenant.id, "POST", `${path}/test`), "rate_limited");
	equal(receivedBy(tenant).length, before);
	const other = await makeTenant(server);
	expectStatus(await server.management(other.id, "POST", `${(await newWebhook(other)).path}/test`), 200);
});

test("a server that is killed while it delivers loses no event: another node delivers it and the later ones", async () => {
	const tenant = await makeTenant(server);
	const { secret } = await newWebhook(tenant, { events: ["key.created"] });
	receiver.status = null;
	const first = await makeKey(server, tenant.id);
	await waitUntil("the first attempt", () => receivedBy(tenant).length === 1, FIRST_ATTEMPT_MS + GRACE_MS);
	const second = await makeKey(server, tenant.id);
	const killed = server;
	await killed.program.end("SIGKILL");
	receiver.status = 204;
	server = await startNode();
	const third = await makeKey(server, tenant.id);
	const answered = () =>
		new Set(
			receivedBy(tenant)
				.slice(1)
				.map(({ data }) => data.key_id),
		);
	await waitUntil("the other node delivers all", () => answered().size === 3, TAKEN_OVER_MS);
	deepEqual([...answered()], [first.id, second.id, third.id]);
	for (const { headers, body } of receivedBy(tenant)) ok(isSignedBy(secret, headers, body));
	await killed.stop();
});
