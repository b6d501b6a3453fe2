import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createOperator, isRunning, OperatorError } from "./operator.ts";
import { createOrdersApi } from "./server.ts";
import { type Setup, setUp } from "./setup.ts";
import { openState } from "./state.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const HOST = "127.0.0.1";

const url = (process.env.KEYWRIGHT_URL ?? "http://127.0.0.1:8787").replace(/\/+$/, "");
const port = Number(process.env.ORDERS_PORT ?? "8790");
const state = openState(process.env.ORDERS_STATE_DIR ?? join(import.meta.dirname, ".state"));

async function operatorToken(): Promise<string> {
	const given = process.env.KEYWRIGHT_OPERATOR_TOKEN?.split(",")[0]?.trim();
	if (given) return given;
	const file = join(ROOT, ".keywright", "operator_token");
	try {
		return (await readFile(file, "utf8")).trim();
	} catch {
		throw new OperatorError(`There is no operator token: set KEYWRIGHT_OPERATOR_TOKEN, or start Keywright with npm start, which writes ${file}.`);
	}
}

function curlLines(address: string, setup: Setup): string {
	const orders = `${address}/tenants/${setup.tenant_id}/orders`;
	const key = (raw_key: string): string => `-H 'X-API-Key: ${raw_key}'`;
	const post = `-H 'Content-Type: application/json' -d '{"item":"tea","quantity":2}'`;
	return [
		`Orders of the tenant ${setup.tenant_id}, guarded by ${url}. Try:`,
		"",
		`# 201: this key has orders:read and orders:write`,
		`curl -i ${key(setup.write_key)} ${post} ${orders}`,
		`# 200: this key has orders:read`,
		`curl -i ${key(setup.read_key)} ${orders}`,
		`# 403: it lacks orders:write`,
		`curl -i ${key(setup.read_key)} ${post} ${orders}`,
		`# 404: it belongs to another tenant`,
		`curl -i ${key(setup.read_key)} ${address}/tenants/somebody-else/orders`,
		`# 401: no key`,
		`curl -i ${orders}`,
		"",
		`The service credential is in ${state.pathOf("service_credential")}. Ctrl-C stops.`,
	].join("\n");
}

async function main(): Promise<void> {
	if (!(await isRunning(url)))
		throw new OperatorError(`No Keywright answers at ${url}. Start one in another terminal: npm start (or set KEYWRIGHT_URL).`);
	const setup = await setUp(url, createOperator(url, await operatorToken()), state);
	const app = createOrdersApi({ url, credential: setup.credential });
	const address = await app.listen({ host: HOST, port });
	for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void app.close());
	console.log(curlLines(address, setup));
}

main().catch((error: unknown) => {
	console.error(error instanceof OperatorError ? error.message : error);
	process.exitCode = 1;
});
