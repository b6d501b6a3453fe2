import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as setTimeoutPromise } from "node:timers/promises";
import { pino } from "pino";
import Type from "typebox";
import { createLog, type Log } from "../core/log.ts";
import { BODY_PACE, type BodyPace, UploadTime } from "./body.ts";
import { mount } from "./mount.ts";
import { type Route, route, uploadRoute } from "./route.ts";
import { createHttp, handleUnknownPaths } from "./server.ts";

const PROBLEMS = "http://localhost/problems";
const CLOSED_WITHIN_MS = 9_000;

const seen: unknown[] = [];
const rows: readonly Route<object>[] = [
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

const brokenRows: readonly Route<object>[] = [
	route({
		method: "POST",
		path: "/broken",
		access: "public",
		summary: "Fails after what it was asked to do",
		status: 200,
		output: "none",
		run() {
			throw new Error("a defect");
		},
	}),
];

const uploadRows: readonly Route<object>[] = [
	uploadRoute({
		method: "POST",
		path: "/files",
		access: "public",
		summary: "Takes a form",
		status: 200,
		output: Type.Object({ bytes: Type.Integer() }),
		async run(_context: object, { upload }) {
			let bytes = 0;
			for await (const piece of upload.body) bytes += piece.length;
			return { bytes };
		},
	}),
];

interface Options {
	readonly access_log?: Log;
	readonly body_pace?: BodyPace;
}

async function listening(t: TestContext, { body_pace, access_log }: Options = {}): Promise<{ port: number; close: () => Promise<void> }> {
	const options = { problem_type_base: () => PROBLEMS, ...(body_pace ? { body_pace } : {}) };
	const app = createHttp({
		...{ ...options, log: pino({ level: "silent" }), access_log: access_log ?? null },
		forward_auth() {
			throw new Error("a defect");
		},
	});
	mount(app, [...rows, ...uploadRows, ...brokenRows], () => () => ({}), options);
	handleUnknownPaths(app, [...rows, ...uploadRows, ...brokenRows], options);
	await app.listen({ port: 0, host: "127.0.0.1" });
	t.after(() => app.close());
	const address = app.server.address();
	ok(address !== null && typeof address === "object");
	return { port: address.port, close: async () => void (await app.close()) };
}

test("a query never replaces fields of a body, nor reaches a route that declares none", async (t) => {
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
	const access_log = createLog({ level: "info", brand: "kw", output: { write: (line) => void lines.push(JSON.parse(line)) } });
	const { port } = await listening(t, { access_log });
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

/** Sends `bytes` and returns everything received until the connection closes. */
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

const HASTE: BodyPace = { patience_ms: 300, bytes_per_second: 1_000 };
const head = (method: string, path: string, type: string, length: number) =>
	`${method} ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`;

/** Everything received until the connection closes. */
async function received(socket: Socket): Promise<string> {
	let text = "";
	for await (const piece of socket) text += String(piece);
	return text;
}

test("a stalled body is refused with 408 and its connection closed, on every kind of route", async (t) => {
	const { port } = await listening(t, { body_pace: HASTE });
	const halves: [string, RegExp][] = [
		[`${head("POST", "/things/a", "application/json", 9)}{`, /The body did not arrive in time/],
		[`${head("DELETE", "/things/a", "text/plain", 9)}{`, /The body did not arrive in time/],
		[`${head("POST", "/files", "multipart/form-data; boundary=x", 9_000)}--x`, /1000 bytes per second or more, without a pause of 0\.3 seconds/],
	];
	for (const [text, detail] of halves) {
		const answer = await received(await opened(port, text));
		match(answer, /^HTTP\/1\.1 408 /);
		match(answer, detail);
	}
	match(
		await received(await opened(port, `${head("POST", "/nowhere", "text/plain", 9)}x`)),
		/^HTTP\/1\.1 404 /,
		"an unread body holds no connection",
	);
});

test("a body of JSON, or on a route without input, has a total time: however steadily it arrives, it is refused with 408", async (t) => {
	const { port } = await listening(t, { body_pace: HASTE });
	for (const text of [head("POST", "/things/a", "application/json", 9_000), head("DELETE", "/things/a", "text/plain", 900)]) {
		const socket = await opened(port, text);
		socket.on("error", () => undefined);
		let answer = "";
		socket.on("data", (bytes) => {
			answer += String(bytes);
		});
		for (const until = performance.now() + CLOSED_WITHIN_MS; answer === "" && performance.now() < until; ) {
			socket.write(" ");
			await setTimeoutPromise(20);
		}
		match(answer, /^HTTP\/1\.1 408 [\s\S]*The body did not arrive in time/);
		socket.destroy();
	}
});

test("an upload may take any time while it keeps its rate: no total bounds it", async (t) => {
	const patience_ms = 2_000;
	const { port } = await listening(t, { body_pace: { ...HASTE, patience_ms } });
	const pieces = 60;
	const socket = await opened(port, head("POST", "/files", "multipart/form-data; boundary=x", pieces * 200));
	const answer = new Promise<string>((resolve) => socket.once("data", (bytes) => resolve(String(bytes))));
	const began = performance.now();
	for (let piece = 0; piece < pieces; piece += 1) {
		socket.write("x".repeat(200));
		await setTimeoutPromise(50);
	}
	ok(performance.now() - began > patience_ms);
	match(await answer, /^HTTP\/1\.1 200 [\s\S]*{"bytes":12000}/);
	socket.destroy();
});

test("what counts against an upload is time without bytes: a day at the minimum rate is accepted, a pause or half of the rate is not", () => {
	const { patience_ms, bytes_per_second } = BODY_PACE;
	const steady = new UploadTime(BODY_PACE);
	for (let second = 0; second < 86_400; second += 1) steady.received(bytes_per_second, 1_000);
	equal(steady.left_ms, patience_ms);
	const bursts = new UploadTime(BODY_PACE);
	bursts.received(1_000_000_000, 1);
	equal(bursts.left_ms, patience_ms, "what came early is no leave to stop");
	const half = new UploadTime(BODY_PACE);
	let seconds = 0;
	for (; half.left_ms > 0; seconds += 1) half.received(bytes_per_second / 2, 1_000);
	equal(seconds, (2 * patience_ms) / 1_000);
});

test("a defect claims nothing about what was changed: it may have shown itself after the commit", async (t) => {
	const { port } = await listening(t);
	for (const path of ["/broken", "/api/v1/forward-auth"]) {
		const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST" });
		const { code, detail } = Object(await answer.json());
		deepEqual([answer.status, code], [500, "internal_error"]);
		match(detail, /Check whether the request took effect/);
		doesNotMatch(detail, /nothing|unchanged/i);
	}
});

test("a caller that is still sending receives the whole refusal, and nothing that it sends afterwards is executed", async (t) => {
	const { port } = await listening(t);
	const next = `${head("POST", "/things/a", "application/json", 2)}{}`;
	const rest = "x".repeat(60_000);
	const refused: readonly (readonly [status: number, first: string, rest: string])[] = [
		[431, `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${"x".repeat(17_000)}`, `${rest}\r\n\r\n${next}`],
		[400, "no request at all\r\n\r\n", next + rest],
		[400, "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", next + rest],
		[400, `${head("POST", "/things//a", "application/json", 60_000)}{`, rest + next],
		[400, head("POST", "/things/a", "application/json", 60_000).replace("Content-Type", "X-API-Key: a\r\nX-API-Key: b\r\nContent-Type"), rest + next],
		[501, "POST /things/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", `a\r\n${"x".repeat(10)}\r\n${rest}`],
	];
	seen.length = 0;
	for (const [status, first, later] of refused) {
		const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () => socket.write(first));
		const [begin] = await once(socket, "data");
		for (const part of [later.slice(0, 20_000), later.slice(20_000)]) await new Promise((resolve) => socket.write(part, resolve));
		socket.end();
		const answer = String(begin) + (await received(socket));
		ok(answer.startsWith(`HTTP/1.1 ${status} `), answer);
		JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")));
	}
	deepEqual(seen, []);
});
