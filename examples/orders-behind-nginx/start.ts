import { type ChildProcess, spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { keywrightUrl, operatorToken } from "../orders/keywright.ts";
import { asRecord, createOperator, isRunning, type Operator, OperatorError } from "../orders/operator.ts";
import { type Setup, setUp } from "../orders/setup.ts";
import { openState } from "../orders/state.ts";
import { writeConfiguration } from "./nginx.ts";

const HOST = "127.0.0.1";
const UP_WITHIN_MS = 10_000;
const POLL_MS = 50;
const SETTLED_WITHIN_MS = 5_000;

/** The required permissions by method and path; the first matching rule applies. */
const RULES = [
	{ pattern: "/tenants/:tenant_id/orders", methods: ["GET"], permissions: ["orders:read"], note: "orders behind nginx" },
	{ pattern: "/tenants/:tenant_id/orders", methods: ["POST"], permissions: ["orders:write"], note: "orders behind nginx" },
];

const url = keywrightUrl();
const port = Number(process.env.ORDERS_PORT ?? "8792");
const app_port = Number(process.env.ORDERS_APP_PORT ?? "8793");
const state = openState(process.env.ORDERS_STATE_DIR ?? join(import.meta.dirname, ".state"));

/** Inserts the rules before the existing ones, once. */
async function ensureRules(operator: Operator): Promise<void> {
	const path = "/api/v1/operator/forward-auth-rules";
	const { rules } = await operator.call("GET", path);
	if (!Array.isArray(rules)) throw new OperatorError("The rules cannot be read.");
	const theirs = rules.map(asRecord);
	const missing = RULES.filter((rule) => !theirs.some((one) => one.pattern === rule.pattern && String(one.methods) === String(rule.methods)));
	if (missing.length > 0) await operator.call("PUT", path, { rules: [...missing, ...theirs] });
}

function run(command: string, args: string[]): ChildProcess {
	const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
	const child = spawn(command, args, { env, stdio: ["ignore", "ignore", "inherit"] });
	child.on("error", (error) => console.error(`${command} cannot be started: ${error.message}`));
	return child;
}

async function statusOf(address: string, headers: Record<string, string>, patience_ms: number): Promise<number> {
	const until = performance.now() + patience_ms;
	for (;;) {
		const status = await fetch(address, { headers }).then(
			(response) => response.status,
			() => 0,
		);
		if (status !== 0 || performance.now() > until) return status;
		await new Promise((resolve) => setTimeout(resolve, POLL_MS));
	}
}

/** Fails with instructions if the first request does not get the expected response. */
async function check(address: string, setup: Setup): Promise<void> {
	const status = await statusOf(`${address}/tenants/${setup.tenant_id}/orders`, { "X-API-Key": setup.read_key }, UP_WITHIN_MS);
	if (status === 200) return;
	if (status === 400)
		throw new OperatorError("Keywright does not trust nginx as a proxy: start Keywright with KEYWRIGHT_TRUSTED_PROXIES=127.0.0.1 and try again.");
	throw new OperatorError(status === 0 ? "nginx did not come up: is it installed?" : `The first request was answered with ${status}.`);
}

function curlLines(address: string, setup: Setup): string {
	const orders = `${address}/tenants/${setup.tenant_id}/orders`;
	const key = (raw_key: string): string => `-H 'X-API-Key: ${raw_key}'`;
	const post = `-H 'Content-Type: application/json' -d '{"item":"tea","quantity":2}'`;
	return [
		`Orders of the tenant ${setup.tenant_id}: an unchanged WSGI app on port ${app_port}, nginx in front of it, which asks ${url}. Try:`,
		"",
		"# 201: this key has orders:read and orders:write",
		`curl -i ${key(setup.write_key)} ${post} ${orders}`,
		"# 200: this key has orders:read",
		`curl -i ${key(setup.read_key)} ${orders}`,
		"# 200: identity headers that the caller sends are ignored",
		`curl -i ${key(setup.read_key)} -H 'X-Keywright-Tenant: other' -H 'X_Keywright_Tenant: other' ${orders}`,
		"# 403: it lacks orders:write",
		`curl -i ${key(setup.read_key)} ${post} ${orders}`,
		"# 404: it belongs to another tenant",
		`curl -i ${key(setup.read_key)} ${address}/tenants/another-tenant/orders`,
		"# 404: no rule has this path",
		`curl -i ${key(setup.read_key)} ${address}/admin`,
		"# 400: two programs could read this path differently",
		`curl -i --path-as-is ${key(setup.read_key)} ${address}/tenants/another-tenant/../${setup.tenant_id}/orders`,
		"# 401: no key",
		`curl -i ${orders}`,
		"",
		"Ctrl-C stops.",
	].join("\n");
}

async function main(): Promise<void> {
	if (!(await isRunning(url)))
		throw new OperatorError(`No Keywright answers at ${url}. Start one: KEYWRIGHT_TRUSTED_PROXIES=127.0.0.1 npm start (or set KEYWRIGHT_URL).`);
	const operator = createOperator(url, await operatorToken());
	const setup = await setUp(url, operator, state);
	await ensureRules(operator);
	const folder = await writeConfiguration({ keywright: new URL(url).host, app: `${HOST}:${app_port}`, listen: `${HOST}:${port}` });
	const children = [
		run("/usr/bin/python3", [join(import.meta.dirname, "app.py"), String(app_port)]),
		run("nginx", ["-e", join(folder, "error.log"), "-c", join(folder, "nginx.conf")]),
	];
	const ended = Promise.all(children.map((child) => new Promise((resolve) => child.once("close", resolve).once("error", resolve))));
	const stop = () => {
		for (const child of children) child.kill("SIGTERM");
	};
	process.once("exit", stop);
	for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);
	try {
		await statusOf(`http://${HOST}:${app_port}`, {}, SETTLED_WITHIN_MS);
		await check(`http://${HOST}:${port}`, setup);
		console.log(curlLines(`http://${HOST}:${port}`, setup));
	} catch (error) {
		stop();
		throw error;
	} finally {
		void ended.then(() => rm(folder, { recursive: true, force: true }));
	}
}

main().catch((error: unknown) => {
	console.error(error instanceof OperatorError ? error.message : error);
	process.exitCode = 1;
});
