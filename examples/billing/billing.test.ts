import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { Webhook } from "standardwebhooks";
import { asRecord, asText, createOperator, type Operator } from "../orders/operator.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const START_MS = 60_000;
const STOP_MS = 20_000;
const POLL_MS = 50;
const MINUTE_MS = 60_000;
const SECRET = `whsec_${randomBytes(24).toString("base64")}`;

interface Child {
	readonly process: ChildProcess;
	output: string;
}

let folder = "";
let keywright: Child;
let billing: Child;
let url = "";
let webhooks = "";
let operator: Operator;
let environment: Record<string, string>;

function start(file: string, args: string[], env: Record<string, string>): Child {
	const child = spawn(process.execPath, [join(ROOT, file), ...args], {
		cwd: ROOT,
		env: { ...process.env, ...env },
		stdio: ["ignore", "pipe", "pipe"],
	});
	const started: Child = { process: child, output: "" };
	for (const stream of [child.stdout, child.stderr])
		stream.on("data", (chunk: Buffer) => {
			started.output += chunk.toString();
		});
	return started;
}

async function stop(child: Child | undefined): Promise<void> {
	if (!child || child.process.exitCode !== null || child.process.signalCode !== null) return;
	const ended = new Promise<void>((done) => child.process.once("exit", () => done()));
	child.process.kill("SIGTERM");
	const late = setTimeout(() => child.process.kill("SIGKILL"), STOP_MS);
	await ended;
	clearTimeout(late);
}

async function until(child: Child, ready: () => Promise<boolean>): Promise<void> {
	for (let waited = 0; waited < START_MS; waited += POLL_MS) {
		if (await ready()) return;
		if (child.process.exitCode !== null) break;
		await new Promise((done) => setTimeout(done, POLL_MS));
	}
	assert.fail(`not ready: ${child.output}`);
}

async function freePort(): Promise<string> {
	const server = createServer();
	await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
	const address = server.address();
	await new Promise((done) => server.close(done));
	assert.ok(address !== null && typeof address === "object");
	return String(address.port);
}

async function startKeywright(): Promise<void> {
	keywright = start("server/src/main.ts", ["serve", "--demo"], environment);
	await until(keywright, async () => (await fetch(`${url}/readyz`).catch(() => null))?.ok === true);
}

async function startBilling(port: string): Promise<void> {
	const token = (await readFile(join(folder, "data/operator_token"), "utf8")).trim();
	operator = createOperator(url, token);
	const env = { ...environment, BILLING_WEBHOOK_SECRET: SECRET, BILLING_PORT: port };
	billing = start("examples/billing/server.ts", [], { ...env, BILLING_STATE_DIR: join(folder, "billing") });
	await until(billing, async () => billing.output.includes("Billing events at"));
	webhooks = `http://127.0.0.1:${port}/webhooks/billing`;
}

before(async () => {
	folder = await mkdtemp(join(tmpdir(), "keywright-billing-"));
	const port = await freePort();
	url = `http://127.0.0.1:${port}`;
	environment = { KEYWRIGHT_DATA_DIR: join(folder, "data"), KEYWRIGHT_PORT: port, KEYWRIGHT_PUBLIC_URL: url };
	await startKeywright();
	await startBilling(await freePort());
});

after(async () => {
	await stop(billing);
	await stop(keywright);
	await rm(folder, { recursive: true, force: true });
});

/** A tenant with a key that may read documents while its plan includes them. */
async function newTenant(): Promise<{ id: string; customer_id: string; read: () => Promise<string> }> {
	const id = `t${randomUUID().slice(0, 8)}`;
	const customer_id = `cus_${id}`;
	await operator.call("PUT", `/api/v1/operator/tenants/${id}`, { name: id, plan_id: "team", external_id: customer_id });
	await operator.call("POST", `/api/v1/tenants/${id}/sites`, { id: "shop", name: "Shop", environment: "dev" });
	const key = { name: "dev-bot", environment: "dev", owner: "Billing example", permissions: ["documents:read"] };
	const raw_key = asText(asRecord(await operator.call("POST", `/api/v1/tenants/${id}/api-keys`, key)).raw_key);
	await operator.call("PATCH", `/api/v1/operator/tenants/${id}`, { plan_id: "free" });
	return {
		id,
		customer_id,
		async read() {
			const response = await fetch(`${url}/api/v1/m2m/sites/shop/documents`, { headers: { "x-api-key": raw_key } });
			return response.ok ? "200" : `${response.status} ${JSON.parse(await response.text()).code}`;
		},
	};
}

interface Sent {
	customer_id: string;
	status?: string;
	product_id?: string;
	subscription_id?: string;
	type?: string;
	minutes_ago?: number;
	event_id?: string;
}

/** A signed body, as the billing system sends it. */
function signed({ customer_id, status = "active", product_id = "prod_team", subscription_id = "sub_1", ...more }: Sent) {
	const { type = "subscription.updated", minutes_ago = 0, event_id = `msg_${randomUUID()}` } = more;
	const data = { id: subscription_id, customer_id, product_id, status };
	// With spaces that parsing would lose: the signature covers the bytes.
	const body = JSON.stringify({ type, timestamp: new Date(Date.now() - minutes_ago * MINUTE_MS).toISOString(), data }, null, 3);
	return sign(event_id, new Date(), body);
}

function sign(event_id: string, at: Date, body: string) {
	const headers = {
		"webhook-id": event_id,
		"webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
		"webhook-signature": new Webhook(SECRET).sign(event_id, at, body),
	};
	return { headers, body };
}

async function post(message: { headers: Record<string, string>; body: string }): Promise<number> {
	return (await fetch(webhooks, { method: "POST", ...message })).status;
}

test("signed events change a key's permissions from the next request on", async () => {
	const { customer_id, read } = await newTenant();
	const story: [Partial<Sent>, string][] = [
		[{ type: "subscription.created", minutes_ago: 50 }, "200"],
		[{ status: "past_due", minutes_ago: 40 }, "200"],
		[{ status: "unpaid", minutes_ago: 30 }, "403 tenant_suspended"],
		[{ status: "active", minutes_ago: 20 }, "200"],
		[{ product_id: "prod_starter", minutes_ago: 10 }, "403 capability_not_in_plan"],
		[{ product_id: "prod_team", minutes_ago: 5 }, "200"],
		[{ type: "subscription.deleted" }, "403 capability_not_in_plan"],
	];
	assert.equal(await read(), "403 capability_not_in_plan");
	for (const [event, outcome] of story) {
		assert.equal(await post(signed({ customer_id, ...event })), 200);
		assert.equal(await read(), outcome, JSON.stringify(event));
	}
});

test("a bad signature, an old one, a replay and an event out of order change nothing", async () => {
	const { customer_id, read } = await newTenant();
	const first = signed({ customer_id, minutes_ago: 10 });
	assert.equal(await post(first), 200);
	const end = signed({ customer_id, type: "subscription.deleted", minutes_ago: 5 });
	const forged = { ...end, headers: { ...end.headers, "webhook-signature": `v1,${randomBytes(32).toString("base64")}` } };
	const other_id = { ...end, headers: { ...end.headers, "webhook-id": "msg_other" } };
	const rewritten = { ...end, body: JSON.stringify(JSON.parse(end.body)) };
	const unsigned = { headers: {}, body: end.body };
	const old = sign("msg_old", new Date(Date.now() - 6 * MINUTE_MS), end.body);
	const early = sign("msg_early", new Date(Date.now() + 6 * MINUTE_MS), end.body);
	for (const message of [forged, other_id, rewritten, unsigned, old, early]) assert.equal(await post(message), 400);
	assert.equal(await read(), "200");
	assert.equal(await post(end), 200);
	for (const message of [first, end, signed({ customer_id, minutes_ago: 7 })]) assert.equal(await post(message), 200);
	assert.equal(await read(), "403 capability_not_in_plan");
});

test("of many concurrent events the newest wins", async () => {
	const { customer_id, read } = await newTenant();
	const events = Array.from({ length: 20 }, (_, index) =>
		signed({ customer_id, minutes_ago: index, product_id: index % 2 ? "prod_team" : "prod_starter" }),
	);
	assert.deepEqual(new Set(await Promise.all(events.toReversed().map(post))), new Set([200]));
	assert.equal(await read(), "403 capability_not_in_plan");
});

test("a tenant that the operator suspended stays suspended after a payment", async () => {
	const { id, customer_id, read } = await newTenant();
	await operator.call("PATCH", `/api/v1/operator/tenants/${id}`, { status: "suspended" });
	assert.equal(await post(signed({ customer_id, status: "unpaid", minutes_ago: 2 })), 200);
	assert.equal(await post(signed({ customer_id, status: "active" })), 200);
	assert.equal(await read(), "403 tenant_suspended");
});

test("an event that cannot be applied is refused, so that it is sent again, and logged", async () => {
	assert.equal(await post(signed({ customer_id: "cus_nobody" })), 404);
	assert.match(billing.output, /unknown_customer: "msg_.*" of customer "cus_nobody"/);
	const { customer_id, read } = await newTenant();
	assert.equal(await post(signed({ customer_id, product_id: "prod_unheard_of" })), 422);
	assert.equal(await post(signed({ customer_id, minutes_ago: -10 })), 422);
	assert.equal(await post(sign("msg_1", new Date(), "{")), 422);
	assert.equal(await post(signed({ customer_id, type: "invoice.paid" })), 200);
	assert.equal(await post(sign("msg_2", new Date(), JSON.stringify({ type: "x".repeat(300_000) }))), 413);
	assert.equal(await read(), "403 capability_not_in_plan");
	assert.equal((await fetch(webhooks)).status, 404);
});

test("while Keywright is unreachable the sender gets a retryable status, and earlier events survive a restart", async () => {
	const { customer_id, read } = await newTenant();
	assert.equal(await post(signed({ customer_id, minutes_ago: 10 })), 200);
	await stop(keywright);
	const end = signed({ customer_id, type: "subscription.deleted", minutes_ago: 5 });
	assert.equal(await post(end), 503);
	await startKeywright();
	assert.equal(await read(), "200");
	assert.equal(await post(end), 200);
	assert.equal(await read(), "403 capability_not_in_plan");
	await stop(billing);
	await startBilling(await freePort());
	assert.equal(await post(signed({ customer_id, minutes_ago: 7 })), 200);
	assert.equal(await read(), "403 capability_not_in_plan");
});
