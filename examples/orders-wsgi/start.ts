import { spawn } from "node:child_process";
import { join } from "node:path";
import { keywrightUrl, operatorToken } from "../orders/keywright.ts";
import { createOperator, isRunning, OperatorError } from "../orders/operator.ts";
import { setUp } from "../orders/setup.ts";
import { curlLines } from "../orders/start-lines.ts";
import { openState } from "../orders/state.ts";

/** Debian's Python: a `python3` in PATH may be a shim. */
const PYTHON = "/usr/bin/python3";
const HOST = "127.0.0.1";

const url = keywrightUrl();
const port = process.env.ORDERS_PORT ?? "8794";
const state = openState(process.env.ORDERS_STATE_DIR ?? join(import.meta.dirname, ".state"));

async function main(): Promise<void> {
	if (!(await isRunning(url)))
		throw new OperatorError(`No Keywright answers at ${url}. Start one in another terminal: npm start (or set KEYWRIGHT_URL).`);
	const setup = await setUp(url, createOperator(url, await operatorToken()), state);
	const env = { ...process.env, KEYWRIGHT_URL: url, KEYWRIGHT_SERVICE_CREDENTIAL: setup.credential };
	const app = spawn(PYTHON, [join(import.meta.dirname, "serve.py"), port], { env, stdio: ["ignore", "pipe", "inherit"] });
	app.on("error", (error) => console.error(`${PYTHON} cannot be started: ${error.message}`));
	app.on("exit", (code) => {
		process.exitCode ||= code ?? 0;
	});
	for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => app.kill("SIGTERM"));
	process.once("exit", () => app.kill("SIGTERM"));
	app.stdout.once("data", () => console.log(curlLines(`http://${HOST}:${port}`, url, setup, state)));
}

main().catch((error: unknown) => {
	console.error(error instanceof OperatorError ? error.message : error);
	process.exitCode = 1;
});
