import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "./error.ts";
import { createLog, redact, secretPattern } from "./log.ts";
import { makeOneTimeToken } from "./one-time-token.ts";

test("no line of the log holds the token of a one-time link, wherever it stands", () => {
	const lines: string[] = [];
	const log = createLog({ level: "info", brand: "kw", output: { write: (line) => void lines.push(line) } });
	for (const prefix of ["kwi", "kwp", "kwh"] as const) {
		const { text } = makeOneTimeToken(prefix);
		log.info({ err: new Error(`at https://x.example/join#${text}`), url: `/x?y=${text}` }, "server_started");
		const line = lines.pop() ?? "";
		doesNotMatch(line, new RegExp(text.slice(4)));
		match(line, new RegExp(`${prefix}_\\[redacted\\]`));
	}
});

test("an error for the caller is logged under the name of its class", () => {
	const lines: string[] = [];
	const log = createLog({ level: "info", brand: "kw", output: { write: (line) => void lines.push(line) } });
	log.info({ err: new ApiError("unavailable", "Try again shortly.") }, "server_started");
	const { err } = JSON.parse(lines.pop() ?? "{}");
	deepEqual([err.type, err.name, err.stack.split(":")[0]], ["ApiError", "ApiError", "ApiError"]);
});

test("what is no secret stays as it is", () => {
	for (const text of ["kwi_short", "a kwh_ of power", "inv_0123456789abcdefghij"]) equal(redact(text, secretPattern("kw")), text);
});
