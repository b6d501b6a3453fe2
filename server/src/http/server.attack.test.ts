import { deepEqual, equal, ok } from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { pino } from "pino";
import Type from "typebox";
import { createLog, type Log } from "../core/log.ts";
import { mount } from "./mount.ts";
import { type Row, route } from "./route.ts";
import { createHttp } from "./server.ts";

const PROBLEMS = "http://localhost/problems";
const CLOSED_WITHIN_MS = 9_000;

const seen: unknown[] = [];
const rows: readonly Row<object>[] = [
	route({
		method: "POST",
		path: "/things/:thing_id",
		access: "public",
		summary: "Takes a body and no query",
		status: 200,
		body: Type.Object({ cost: Type.Optional(Type.Integer()) }, { additionalProperties: false }),
		output: Type.Object({ done: Type.Boolean() }),
		run(_context: object, input) {
			seen.push(input);
			return { done: true };
		},
	}),
	route({
		method: "DELETE",
		path: "/things/:thing_id",
		access: "public",
		summary: "Takes neither",
		status: 200,
		output: Type.Object({ done: Type.Boolean() }),
		run(_context: object, input) {
			seen.push(input);
			return { done: true };
		},
	}),
];

async function listening(t: TestContext, access_log: Log | null = null): Promise<{ port: number; close: () => Promise<void> }> {
	const app = createHttp({ log: pino({ level: "silent" }), access_log, problem_type_base: () => PROBLEMS });
	mount(app, rows, () => () => ({}), { problem_type_base: () => PROBLEMS });
	await app.listen({ port: 0, host: "127.0.0.1" });
	t.after(() => app.close());
	const address = app.server.address();
	ok(address !== null && typeof address === "object");
	return { port: address.port, close: async () => void (await app.close()) };
}

test("a query never stands in for fields of a body, nor reaches a route that declares none", async (t) => {
	const { port } = await listening(t);
	const json = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
	seen.length = 0;
	equal((await fetch(`http://127.0.0.1:${port}/things/a?cost=0&limits=x`, json)).status, 200);
	equal((await fetch(`http://127.0.0.1:${port}/things/a?thing_id=b&__proto__=c`, { method: "DELETE" })).status, 200);
	deepEqual(seen, [{ thing_id: "a" }, { thing_id: "a" }]);
});

test("an id of any length that fits into the headers reaches its route", async (t) => {
	const { port } = await listening(t);
	const answer = await fetch(`http://127.0.0.1:${port}/things/${"x".repeat(12_000)}`, { method: "DELETE" });
	equal(answer.status, 200);
});

test("a stop is not held up by requests that never end", async (t) => {
	const { port, close } = await listening(t);
	const sockets = await Promise.all(
		[
			"GET / HTTP/1.1\r\nHost: a\r\nX-Half: ",
			"POST /things/a HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{",
		].map((text) => opened(port, text)),
	);
	t.after(() => {
		for (const socket of sockets) socket.destroy();
	});
	const began = performance.now();
	await close();
	ok(performance.now() - began < CLOSED_WITHIN_MS, "the stop waited for requests that never end");
});

function opened(port: number, text: string): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const socket = connect(port, "127.0.0.1", () => socket.write(text, () => setTimeout(() => resolve(socket), 50)));
		socket.on("error", reject);
	});
}

test("bytes that the HTTP parser does not take leave a line in the log, with the request id of the answer and its code", async (t) => {
	const lines: { event: string; request_id: string; status: number; code: string; reason: string | null }[] = [];
	const { port } = await listening(t, createLog({ level: "info", brand: "kw", output: { write: (line) => void lines.push(JSON.parse(line)) } }));
	const refused: readonly (readonly [bytes: string, status: number, code: string, reason: RegExp])[] = [
		[`GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`, 431, "headers_too_large", /^HPE_HEADER_OVERFLOW$/],
		["no request at all\r\n\r\n", 400, "invalid_request", /^HPE_INVALID/],
		["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", 400, "invalid_request", /^HPE_/],
		["CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid_request", /^null$/],
		["GET / HTTP/1.1\r\nHost: a\r\nExpect: something\r\n\r\n", 400, "invalid_request", /^null$/],
	];
	for (const [bytes, status, code, reason] of refused) {
		lines.length = 0;
		const answer = await answerTo(port, bytes);
		equal(lines.length, 1, `${bytes.slice(0, 40)}: ${answer}`);
		const [line] = lines;
		deepEqual([line?.event, line?.status, line?.code], ["request_refused", status, code]);
		ok(reason.test(String(line?.reason)), String(line?.reason));
		ok(answer.startsWith(`HTTP/1.1 ${status} `) && answer.includes(`x-request-id: ${line?.request_id}\r\n`), answer);
	}
});

/** All that is answered to `bytes` until the connection ends. */
function answerTo(port: number, bytes: string): Promise<string> {
	return new Promise((resolve, reject) => {
		let answer = "";
		const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
		socket.setEncoding("latin1").on("data", (text: string) => {
			answer += text;
		});
		socket.on("error", reject).on("close", () => resolve(answer));
	});
}
