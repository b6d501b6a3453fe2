import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import {
	type DocumentServer,
	documentIn,
	eventually,
	filesBelow,
	problemIn,
	type Remains,
	rawForm,
	send,
	startDocumentServer,
} from "../../testing/documents.ts";
import { ApiError } from "../core/error.ts";

let server: DocumentServer;
let base: Remains;
before(async () => {
	server = await startDocumentServer();
	await server.upload("what is there already");
	base = await server.remains();
});
after(() => server.close());

const form = rawForm();
const openHandles = (): number => readdirSync("/proc/self/fd").length;

async function nothingLeft(what: string): Promise<void> {
	await eventually(`${what} leaves nothing`, async () => JSON.stringify(await server.remains()) === JSON.stringify(base));
}

async function post(content_type: string | null, body: string | Buffer): Promise<Response> {
	const headers: Record<string, string> = content_type === null ? {} : { "content-type": content_type };
	return fetch(server.documents_url, { method: "POST", headers, body: new Blob([new Uint8Array(Buffer.from(body))]) });
}

/** Writes `bytes` to a new connection and leaves it open. */
async function openSocket(...bytes: (string | Buffer)[]): Promise<Socket> {
	const socket = connect(server.port, "127.0.0.1");
	socket.on("error", () => undefined);
	await new Promise<void>((resolve) => socket.once("connect", resolve));
	for (const piece of bytes) socket.write(piece);
	return socket;
}

const start = (more: string): string =>
	`POST /api/v1/m2m/sites/shop/documents HTTP/1.1\r\nHost: x\r\nContent-Type: ${form.content_type}\r\n${more}\r\n\r\n`;

async function answerOn(socket: Socket): Promise<string> {
	let text = "";
	for await (const chunk of socket) text += String(chunk);
	return text;
}

test("a body without a boundary, of another type or of none is 415 and told to let the client set it", async () => {
	for (const type of ["multipart/form-data", "multipart/mixed; boundary=x", "text/plain", "application/pdf", "application/json", null]) {
		const response = await post(type, type === "application/json" ? "{}" : "--x--\r\n");
		equal(response.status, 415, String(type));
		const problem = await problemIn(response);
		equal(problem.code, "unsupported_media_type");
		match(problem.detail, /let your HTTP client set Content-Type with its boundary/);
	}
	await nothingLeft("a wrong content type");
});

test("forms that are not one file and its fields are 400 and leave nothing", async () => {
	const part = (disposition: string, content = "a", more = ""): string =>
		`------by-hand\r\nContent-Disposition: ${disposition}${more}\r\n\r\n${content}\r\n`;
	const file = part('form-data; name="file"; filename="a.txt"');
	const end = "------by-hand--\r\n";
	const wrong: [string, string, string][] = [
		["no file", part('form-data; name="title"') + end, "invalid_request"],
		["nothing", "", "invalid_request"],
		["no parts", end, "invalid_request"],
		["two files", file + file + end, "invalid_request"],
		["two titles", part('form-data; name="title"') + part('form-data; name="title"') + file + end, "invalid_request"],
		["an unknown field", file + part('form-data; name="tags"') + end, "unknown_field"],
		["an unknown file", file + part('form-data; name="other"; filename="b.txt"') + end, "unknown_field"],
		["no closing boundary", file, "invalid_request"],
		["a NUL in the file's name", part('form-data; name="file"; filename="a\0.txt"') + end, "invalid_request"],
		["a long file name", part(`form-data; name="file"; filename="${"a".repeat(256)}"`) + end, "invalid_request"],
		["a title in two lines", file + part('form-data; name="title"', "a\nb") + end, "invalid_request"],
		["a NUL in the title", file + part('form-data; name="title"', "a\0b") + end, "invalid_request"],
		["a long title", file + part('form-data; name="title"', "t".repeat(201)) + end, "invalid_request"],
		["a long category", file + part('form-data; name="category"', "c".repeat(101)) + end, "invalid_request"],
		["UTF-16", file + part('form-data; name="title"', "t", "\r\nContent-Type: text/plain; charset=utf-16") + end, "invalid_request"],
		["not ASCII", file + part('form-data; name="title"', "ü", "\r\nContent-Type: text/plain; charset=us-ascii") + end, "invalid_request"],
		["base64", part('form-data; name="file"; filename="a"', "YQ==", "\r\nContent-Transfer-Encoding: base64") + end, "invalid_request"],
		["another boundary", "--other\r\n\r\n--other--\r\n", "invalid_request"],
	];
	for (const [what, body, code] of wrong) {
		const response = await post(form.content_type, body);
		equal(response.status, 400, what);
		equal((await problemIn(response)).code, code, what);
	}
	await nothingLeft("a malformed form");
});

test("a part bomb is 413 long before its end and leaves nothing", async () => {
	const one = Buffer.from('------by-hand\r\nContent-Disposition: form-data; name="x"\r\n\r\n\r\n');
	const answer = await send(
		server.documents_url,
		{ "content-type": form.content_type },
		Array.from({ length: 200 }, () => Buffer.concat(Array.from({ length: 1_000 }, () => one))),
	);
	equal(answer.status, 413);
	const headers = Buffer.from(`------by-hand\r\n${"X-A: b\r\n".repeat(5_000)}\r\n\r\n`);
	equal((await send(server.documents_url, { "content-type": form.content_type }, [headers])).status, 413);
	await nothingLeft("a part bomb");
});

test("paths in a file's name are dropped, an empty title is none, and a type that is none becomes octet-stream", async () => {
	const body = [
		'------by-hand\r\nContent-Disposition: form-data; name="file"; filename="..\\..\\etc/pass wd"\r\nContent-Type: nonsense\r\n\r\n\r\n',
		'------by-hand\r\nContent-Disposition: form-data; name="title"\r\n\r\n\r\n------by-hand--\r\n',
	].join("");
	const response = await post(form.content_type, body);
	equal(response.status, 201);
	const document = await documentIn(response);
	deepEqual([document.filename, document.title, document.content_type, document.size_bytes], ["pass wd", null, "application/octet-stream", 0]);
	equal((await fetch(`${server.documents_url}/${document.id}`, { method: "DELETE" })).status, 204);
});

test("an upload that is aborted, at its head, in its middle or before its end, leaves nothing", async () => {
	const handles = openHandles();
	const middle = Buffer.alloc(300_000, "m");
	for (const coding of ["Content-Length: 1000000", "Transfer-Encoding: chunked"]) {
		const framed = (bytes: Buffer): Buffer =>
			coding.startsWith("T") ? Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]) : bytes;
		for (const pieces of [[], [form.head], [form.head, middle], [form.head, middle, form.tail]]) {
			const socket = await openSocket(start(coding), ...pieces.map(framed));
			await eventually("the upload begins", async () => (await server.remains()).uploads === 1);
			if (pieces.length > 1) await eventually("the file is written", async () => (await filesBelow(server.uploads_dir)).length > base.files.length);
			socket.destroy();
			await nothingLeft(`${coding} with ${pieces.length} pieces`);
		}
	}
	await eventually("file handles are back", () => openHandles() <= handles + 2);
});

test("a body that ends before its form does is answered 400 on the connection", async () => {
	const body = Buffer.concat([form.head, Buffer.from("half")]);
	const socket = await openSocket(start(`Content-Length: ${body.length}\r\nConnection: close`), body);
	const answer = await answerOn(socket);
	match(answer, /^HTTP\/1.1 400 /);
	match(answer, /closing boundary/);
	await nothingLeft("a truncated form");
});

test("a refused request costs nothing: none of its body is read, and no 100 Continue is sent", async () => {
	const socket = await openSocket(start("Content-Length: 1000000\r\nExpect: 100-continue\r\nX-Denied: yes"));
	match(await answerOn(socket), /^HTTP\/1.1 401 /);
	await nothingLeft("a refused request");
});

test("with Expect: 100-continue the body is asked for and stored", async () => {
	const body = Buffer.concat([form.head, Buffer.from("asked for"), form.tail]);
	const socket = await openSocket(start(`Content-Length: ${body.length}\r\nExpect: 100-continue\r\nConnection: close`));
	await new Promise<void>((resolve) => socket.once("data", (chunk) => resolve(match(String(chunk), /^HTTP\/1.1 100 /))));
	socket.write(body);
	const answer = await answerOn(socket);
	match(answer, /^HTTP\/1.1 201 /);
	const id = /"id":"(doc_[0-9A-Za-z]+)"/.exec(answer)?.[1];
	equal((await fetch(`${server.documents_url}/${id}`, { method: "DELETE" })).status, 204);
});

test("a key that was revoked while its upload ran stores and deletes nothing", async () => {
	const { id } = await documentIn(await server.upload("before"));
	server.recheck = () => Promise.reject(new ApiError("key_revoked", "The key was revoked."));
	const text = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ title: "t", content: "c" }) };
	for (const answer of [
		server.upload("too late"),
		fetch(`${server.documents_url}/text`, text),
		fetch(`${server.documents_url}/${id}`, { method: "DELETE" }),
	]) {
		equal((await problemIn(await answer)).code, "key_revoked");
	}
	server.recheck = async () => undefined;
	equal((await fetch(`${server.documents_url}/${id}`, { method: "DELETE" })).status, 204);
	await nothingLeft("a revoked key");
});

test("a site that was deleted while the upload ran is 404 and nothing is stored", async () => {
	equal((await server.upload("nowhere", { site: "gone" })).status, 404);
	await nothingLeft("a deleted site");
});

test("memory stays flat while 300 MB come in, however fast they are sent", async () => {
	const chunk = Buffer.alloc(65_536, "m");
	const chunks = 4_800;
	function* content(): Generator<Buffer> {
		yield form.head;
		for (let sent = 0; sent < chunks; sent += 1) yield chunk;
		yield form.tail;
	}
	const size = form.head.length + chunks * chunk.length + form.tail.length;
	const rss_before = process.memoryUsage.rss();
	let rss_max = rss_before;
	const timer = setInterval(() => {
		rss_max = Math.max(rss_max, process.memoryUsage.rss());
	}, 5);
	const started = performance.now();
	const answer = await send(server.documents_url, { "content-type": form.content_type, "content-length": String(size) }, content());
	clearInterval(timer);
	equal(answer.status, 201);
	equal(answer.body["size_bytes"], chunks * chunk.length);
	const growth_mb = (rss_max - rss_before) / 1e6;
	console.log(
		`300 MB in ${((performance.now() - started) / 1000).toFixed(1)} s; resident memory (server and sender) grew by ${growth_mb.toFixed(0)} MB`,
	);
	ok(growth_mb < 150, `${growth_mb} MB`);
	equal((await fetch(`${server.documents_url}/${answer.body["id"]}`, { method: "DELETE" })).status, 204);
	await nothingLeft("deleting it");
});
