import { join } from "node:path";
import { keywrightUrl, operatorToken } from "./keywright.ts";
import { createOperator, isRunning, OperatorError } from "./operator.ts";
import { createOrdersApi } from "./server.ts";
import { setUp } from "./setup.ts";
import { curlLines } from "./start-lines.ts";
import { openState } from "./state.ts";

const HOST = "127.0.0.1";

const url = keywrightUrl();
const port = Number(process.env.ORDERS_PORT ?? "8790");
const state = openState(process.env.ORDERS_STATE_DIR ?? join(import.meta.dirname, ".state"));

async function main(): Promise<void> {
	if (!(await isRunning(url)))
		throw new OperatorError(`No Keywright answers at ${url}. Start one in another terminal: npm start (or set KEYWRIGHT_URL).`);
	const setup = await setUp(url, createOperator(url, await operatorToken()), state);
	const app = createOrdersApi({ url, credential: setup.credential });
	const address = await app.listen({ host: HOST, port });
	for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void app.close());
	console.log(curlLines(address, url, setup, state));
}

main().catch((error: unknown) => {
	console.error(error instanceof OperatorError ? error.message : error);
	process.exitCode = 1;
});
