import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { OperatorError } from "./operator.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** The URL of Keywright: `KEYWRIGHT_URL`, or this machine with the port that `npm start` uses in the same environment. */
export function keywrightUrl(): string {
	return (process.env.KEYWRIGHT_URL ?? `http://127.0.0.1:${process.env.KEYWRIGHT_PORT ?? "8787"}`).replace(/\/+$/, "");
}

/** The operator token from the environment, or from the data folder that `npm start` uses in the same environment. */
export async function operatorToken(): Promise<string> {
	const given = process.env.KEYWRIGHT_OPERATOR_TOKEN?.split(",")[0]?.trim();
	if (given) return given;
	// `npm start` runs in the repository root, an example in its own folder.
	const file = join(resolve(ROOT, process.env.KEYWRIGHT_DATA_DIR ?? ".keywright"), "operator_token");
	try {
		return (await readFile(file, "utf8")).trim();
	} catch {
		throw new OperatorError(
			`There is no operator token: set KEYWRIGHT_OPERATOR_TOKEN, or start Keywright with npm start and the same KEYWRIGHT_DATA_DIR, which writes ${file}.`,
		);
	}
}
