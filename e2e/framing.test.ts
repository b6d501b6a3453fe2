import { deepEqual, equal, match, ok } from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ErrorCode } from "../server/src/core/error.ts";
import type { Answer } from "./client.ts";
import { postgresPid } from "./data-folder.ts";
import { Database, difference } from "./database.ts";
import { buildBody, buildCall, buildForm, OPERATIONS, type Operation } from "./operations.ts";
import { newMember } from "./people.ts";
import { assertPointer, assertProblem } from "./problem.ts";
import { freeze } from "./processes.ts";
import { exchange, requestText, Wire } from "./raw-socket.ts";
import { type Server, startServer } from "./server.ts";
import { STORED_TEXTS } from "./text-fields.ts";
import { expectStatus, makeKey, makeText, makeWorld } from "./things.ts";

const CANARY = "canary7Zq";
/** Far below the 15 s and more of a blocked request, and far above what a slow machine needs. */
const PROMPT_MS = 8_000;

let server: Server;
let world: Awaited<ReturnType<typeof makeWorld>>;
/** A key without permissions. */
let restricted = "";

before(async () => {
	server = await startServer({ env: { KEYWRIGHT_AUTH_FAILURES_PER_MINUTE: "0" } });
	world = await makeWorld(server, { limits: { document_bytes: 2_000_000, storage_bytes: 10_000_000 } });
	restricted = (await makeKey(server, world.tenant.id, { permissions: [] })).raw_key;
});

after(() => server.stop());

/** A request that must be refused. It is sent as bytes in its own test, and once more with all others to assert that nothing changed. */
interface Refused {
	readonly name: string;
	readonly bytes: () => string | Buffer;
	readonly code: ErrorCode;
	readonly pointer?: string;
	readonly detail?: RegExp;
}

const refused: Refused[] = [];

function refuses(name: string, code: ErrorCode, bytes: () => string | Buffer, more: { pointer?: string; detail?: RegExp } = {}): void {
	const request = { name, code, bytes, ...more };
	refused.push(request);
	test(`${name} → ${code}`, () => assertRefused(request));
}

async function assertRefused({ bytes, code, pointer, detail }: Refused): Promise<void> {
	const answer = await exchange(server.port, bytes());
	assertProblem(answer, code, [CANARY]);
	if (pointer !== undefined) assertPointer(answer, pointer);
	if (detail) match(String(answer.json.detail), detail);
}

const whoami = "/api/v1/m2m/whoami";
const keyLine = (): string => `X-API-Key: ${world.raw_key}`;
const bearerLine = (): string => `Authorization: Bearer ${server.operator_token}`;
const get = (target: string, lines: () => readonly string[] = () => [keyLine()]) => requestText("GET", target, lines());
const sites = (): string => `/api/v1/tenants/${world.tenant.id}/sites`;
const texts = (): string => `/api/v1/m2m/sites/${world.site.id}/documents/text`;
const documents = (): string => `/api/v1/m2m/sites/${world.site.id}/documents`;

/** A create request with `body`, which would succeed with a valid body. */
function posting(
	target: () => string,
	credential: () => string,
	body: string | Buffer,
	lines: readonly string[] = ["Content-Type: application/json"],
) {
	return () =>
		Buffer.concat([Buffer.from(requestText("POST", target(), [credential(), ...lines, `Content-Length: ${body.length}`])), Buffer.from(body)]);
}

// Ambiguous heads: more than one identity or interpretation.
refuses("two X-API-Key headers", "multiple_credentials", () => get(whoami, () => [keyLine(), keyLine()]));
refuses("two X-API-Key headers in different case", "multiple_credentials", () => get(whoami, () => [keyLine(), `x-ApI-kEy: ${CANARY}`]));
refuses("an empty X-API-Key beside a right one", "multiple_credentials", () => get(whoami, () => ["X-API-Key:", keyLine()]));
refuses("a key and a bearer token", "multiple_credentials", () => get(whoami, () => [keyLine(), bearerLine()]));
refuses("a key and basic authentication on a management route", "multiple_credentials", () =>
	get(sites(), () => [keyLine(), "Authorization: Basic eDp5"]),
);
refuses("two Authorization headers", "multiple_credentials", () => get(sites(), () => [bearerLine(), bearerLine()]));
refuses("two Host headers", "invalid_request", () => get(whoami, () => [keyLine(), "Host: other.example"]), { detail: /one Host/ });
refuses("no Host header", "invalid_request", () => requestText("GET", whoami, [keyLine()], "", null), { detail: /one Host/ });
refuses("HTTP/1.0 without Host", "invalid_request", () => `GET ${whoami} HTTP/1.0\r\n${keyLine()}\r\n\r\n`);
for (const version of ["HTTP/0.9", "HTTP/2.0"])
	refuses(`${version} written out`, "invalid_request", () => `GET ${whoami} ${version}\r\nHost: a\r\n${keyLine()}\r\n\r\n`);
refuses("no version", "invalid_request", () => `GET ${whoami}\r\n\r\n`);
refuses("TLS on the plain port", "invalid_request", () => Buffer.from("16030100c8010000c40303", "hex"));
refuses("lines that end with LF alone", "invalid_request", () => `GET ${whoami} HTTP/1.1\nHost: a\n${keyLine()}\n\n`);
refuses(
	"a header that continues on a second line",
	"invalid_request",
	() => `GET ${whoami} HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n${keyLine()}\r\n\r\n`,
);
refuses("a space before the colon", "invalid_request", () => `GET ${whoami} HTTP/1.1\r\nHost: a\r\nX-API-Key : ${world.raw_key}\r\n\r\n`);
refuses("a NUL in a header", "invalid_request", () => `GET ${whoami} HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\n${keyLine()}\r\n\r\n`);
refuses("a method that is no method", "invalid_request", () => requestText(CANARY, whoami, [keyLine()]));
refuses("a tunnel", "invalid_request", () => requestText("CONNECT", "example.org:443", [keyLine()]), { detail: /CONNECT is not supported/ });
refuses("an unknown expectation", "invalid_request", () => get(whoami, () => [keyLine(), `Expect: ${CANARY}`]), { detail: /100-continue/ });
refuses("the query with a NUL", "invalid_request", () => get(`/api/v1/m2m/tenants/${world.tenant.id}/usage?from=a%00b`));
refuses("an unknown query parameter", "unknown_field", () => get(`/api/v1/m2m/tenants/${world.tenant.id}/usage?${CANARY.slice(0, 2)}x=1`), {
	pointer: "/query/cax",
});
refuses("a query parameter twice", "invalid_request", () => get(`${documents()}?kind=text&kind=file`), { pointer: "/query/kind" });
refuses("a cursor that no list returned", "invalid_request", () => get(`${documents()}?cursor=${CANARY}`), { pointer: "/query/cursor" });

// Size limits are checked first, before the path and the credentials.
const tiny = (count: number): string[] => Array.from({ length: count }, () => "a:b");
for (const count of [100, 101, 1_500, 4_000]) {
	refuses(`${count + 1} header lines`, "headers_too_large", () => get("/../nowhere", () => tiny(count)));
	refuses(`two keys around ${count} header lines`, "headers_too_large", () => get(whoami, () => [keyLine(), ...tiny(count), keyLine()]));
}
refuses("a key of 64 KB", "headers_too_large", () => get(whoami, () => [`X-API-Key: ${"k".repeat(65_536)}`]));
refuses("a path of 64 KB", "headers_too_large", () => get(`/${"p".repeat(65_536)}`));

// Transfer codings: unknown ones are refused.
const bodied = (...lines: string[]) => requestText("POST", texts(), [keyLine(), "Content-Type: application/json", ...lines], "0\r\n\r\n");
for (const coding of ["xchunked", "identity", "gzip", "gzip, chunked"])
	refuses(`Transfer-Encoding: ${coding}`, "unknown_transfer_coding", () => bodied(`Transfer-Encoding: ${coding}`));
refuses("Transfer-Encoding: chunked, identity", "invalid_request", () => bodied("Transfer-Encoding: chunked, identity"));
refuses("Transfer-Encoding with Content-Length", "invalid_request", () => bodied("Transfer-Encoding: chunked", "Content-Length: 5"));
refuses("Content-Length with Transfer-Encoding", "invalid_request", () => bodied("Content-Length: 5", "Transfer-Encoding: chunked"));
for (const lengths of [["5", "6"], ["5", "5"], ["-5"], ["+5"], ["5, 5"], ["0x5"], ["99999999999999999999"]])
	refuses(`Content-Length ${lengths.join(" and ")}`, "invalid_request", () => bodied(...lengths.map((length) => `Content-Length: ${length}`)));
refuses("a chunk without a size", "invalid_request", () => bodied("Transfer-Encoding: chunked").replace("0\r\n\r\n", "zz\r\n"));

// Paths that two programs could interpret differently.
const AMBIGUOUS = [
	"/api/v1/m2m/../m2m/whoami",
	"/api/v1/m2m/./whoami",
	"/api/v1/m2m/whoami/..",
	"/api/v1/m2m/%2e%2e/whoami",
	"/api/v1/m2m/%2E%2E/whoami",
	"/api/v1/m2m/.%2e/whoami",
	"/api/v1/m2m%2fwhoami",
	"/api/v1/m2m%2Fwhoami",
	"/api/v1/m2m%5cwhoami",
	"/api/v1/m2m\\whoami",
	"//api/v1/m2m/whoami",
	"/api/v1//m2m/whoami",
	"/api/v1/m2m/whoami%00",
	"/api/v1/m2m/%252e%252e/whoami",
	"/api/v1/m2m/%252fwhoami",
	"/api/v1/m2m/whoami;a=b",
	"/api/v1;/m2m/whoami",
	"/api/v1/m2m/%77hoami",
	"/api/v1/m2m/whoam%",
	"/api/v1/m2m/whoami%zz",
	"/api/v1/m2m/%c0%ae%c0%ae/whoami",
	"/api/v1/m2m/%ff",
	"/api/v1/m2m/%0d%0awhoami",
	"http://127.0.0.1/api/v1/m2m/whoami",
	"*",
];
for (const path of AMBIGUOUS) {
	refuses(`the path ${path} with a right key`, "ambiguous_path", () => get(path));
	refuses(`the path ${path} without a key`, "ambiguous_path", () => get(path, () => []));
}

// Methods.
for (const method of ["TRACE", "OPTIONS", "PROPFIND", "QUERY", "PURGE", "MKCOL", "DELETE", "SEARCH"]) {
	test(`${method} gets 405 with Allow on a known path and 404 on an unknown one, with any body`, async () => {
		for (const body of ["", "{ no JSON"]) {
			const lines = [keyLine(), `Content-Length: ${body.length}`, "Content-Type: application/json"];
			const known = await exchange(server.port, requestText(method, whoami, lines, body));
			assertProblem(known, "method_not_allowed");
			equal(known.header("allow"), "GET");
			assertProblem(await exchange(server.port, requestText(method, "/nowhere", lines, body)), "not_found");
		}
	});
}

// Bodies: the credential is checked first.
const BAD_JSON = "{ no JSON";
for (const [name, target, credential, code] of [
	["a keyed route without a key", texts, () => "X-A: b", "key_missing"],
	["a keyed route with a wrong key", texts, () => `X-API-Key: ${CANARY}`, "key_invalid"],
	["a keyed route with a key that may not", texts, () => `X-API-Key: ${restricted}`, "permission_missing"],
	["a management route without a token", sites, () => "X-A: b", "credential_missing"],
	["a management route with a wrong token", sites, () => `Authorization: Bearer ${CANARY}`, "credential_invalid"],
	["a management route of no tenant", () => "/api/v1/tenants/none/sites", bearerLine, "not_found"],
	["verify without a credential", () => "/api/v1/verify", () => "X-A: b", "credential_missing"],
	["a path that is not there", () => "/nowhere", keyLine, "not_found"],
] as const) {
	refuses(`bad JSON on ${name}`, code, () => posting(target, credential, BAD_JSON)());
	refuses(`a body of no known type on ${name}`, code, () => posting(target, credential, BAD_JSON, [`Content-Type: ${CANARY}`])());
}

// Bodies: only JSON that every parser reads the same way is accepted.
const site = (members: string): string => `{"name":"Shop"${members}}`;
const BAD_BODIES: readonly { name: string; body: string | Buffer; code?: ErrorCode; pointer?: string; detail?: RegExp }[] = [
	{ name: "a syntax error", body: BAD_JSON, detail: /line 1, column 3/ },
	{ name: "a duplicate key", body: `{"name":"${CANARY}","name":"b"}`, pointer: "/name", detail: /twice/ },
	{ name: "a duplicate key written with an escape", body: '{"name":"a","n\\u0061me":"b"}', pointer: "/name" },
	{ name: "NUL in a name", body: '{"name":"a\\u0000b"}', pointer: "/name", detail: /NUL/ },
	{ name: "a raw NUL in a name", body: '{"name":"a\0b"}' },
	{ name: "a line break in a name", body: '{"name":"a\\nb"}', pointer: "/name" },
	{ name: "half a surrogate pair", body: '{"name":"a\\ud800"}', pointer: "/name" },
	{ name: "__proto__", body: site(',"__proto__":{"environment":"dev"}'), pointer: "/__proto__" },
	{ name: "__proto__ written with an escape", body: site(',"\\u005f_proto__":{"environment":"dev"}'), pointer: "/__proto__" },
	{ name: "constructor.prototype", body: site(',"constructor":{"prototype":{"environment":"dev"}}'), pointer: "/constructor/prototype" },
	{ name: "arrays 60,000 deep", body: "[".repeat(60_000), detail: /deep/ },
	{ name: "objects 9,000 deep", body: '{"name":'.repeat(7_000), detail: /deep/ },
	{ name: "a number beyond doubles", body: site(',"environment":1e400') },
	{ name: "a number beyond exactness", body: site(',"environment":9007199254740993') },
	{ name: "bytes that are not UTF-8", body: Buffer.from([...Buffer.from('{"name":"a'), 0xff, 0xfe, ...Buffer.from('"}')]), detail: /UTF-8/ },
	{ name: "an overlong character", body: Buffer.from([...Buffer.from('{"name":"a'), 0xc0, 0xaf, ...Buffer.from('"}')]), detail: /UTF-8/ },
	{ name: "UTF-16", body: Buffer.from(`\ufeff${site("")}`, "utf16le") },
	{ name: "a byte order mark", body: `\ufeff${site("")}`, detail: /byte order mark/ },
	{ name: "no body", body: "", detail: /JSON object|empty/ },
	{ name: "an array", body: "[]" },
	{ name: "null", body: "null", detail: /object/ },
	{ name: "a text", body: `"${CANARY}"` },
	{ name: "two values", body: `${site("")}{}` },
	{ name: "a comment", body: `/* */${site("")}` },
	{ name: "an unknown field", body: site(`,"colour":"${CANARY}"`), code: "unknown_field", pointer: "/colour" },
	{ name: "an unknown field with a slash", body: site(',"a/b~c":1'), code: "unknown_field", pointer: "/a~1b~0c" },
	{ name: "a field of a wrong type", body: '{"name":["Shop"]}', pointer: "/name" },
	{ name: "more than 64 KiB", body: site(`,"x":"${"y".repeat(66_000)}"`), code: "payload_too_large" },
];
for (const { name, body, code = "invalid_request", ...more } of BAD_BODIES)
	refuses(`${name} as the body of a site`, code, () => posting(sites, bearerLine, Buffer.from(body))(), more);
for (const [name, lines] of [
	["no content type", []],
	["text/plain", ["Content-Type: text/plain"]],
	["a form", ["Content-Type: application/x-www-form-urlencoded"]],
	["a content type of nonsense", [`Content-Type: ${CANARY}`]],
	["gzip", ["Content-Type: application/json", "Content-Encoding: gzip"]],
] as const)
	refuses(`JSON sent with ${name}`, "unsupported_media_type", () => posting(sites, bearerLine, site(""), lines)());

// Uploads: a refused one stores nothing.
const FORM = ["Content-Type: multipart/form-data; boundary=edge"];
const part = (name: string, content: string, head = ""): string =>
	`--edge\r\nContent-Disposition: form-data; name="${name}"${head}\r\n\r\n${content}\r\n`;
const file = part("file", "content", '; filename="a.bin"');
const BAD_FORMS: readonly { name: string; body: string; code: ErrorCode }[] = [
	{ name: "10,000 parts", body: `${part("x", "y").repeat(10_000)}--edge--\r\n`, code: "payload_too_large" },
	{ name: "10,000 parts behind the file", body: `${file}${part("x", "y").repeat(10_000)}--edge--\r\n`, code: "payload_too_large" },
	{ name: "a header of 100 KB in a part", body: `--edge\r\nX: ${"h".repeat(100_000)}\r\n\r\n--edge--\r\n`, code: "payload_too_large" },
	{ name: "a title of 100 KB", body: `${part("title", "t".repeat(100_000))}${file}--edge--\r\n`, code: "payload_too_large" },
	{ name: "a file over the plan's size", body: `${part("file", "f".repeat(2_000_001), '; filename="a"')}--edge--\r\n`, code: "payload_too_large" },
	{ name: "two files", body: `${file}${file}--edge--\r\n`, code: "invalid_request" },
	{ name: "an unknown part", body: `${file}${part("colour", "blue")}--edge--\r\n`, code: "unknown_field" },
	{ name: "no file", body: `${part("title", "t")}--edge--\r\n`, code: "invalid_request" },
	{ name: "no closing boundary", body: file, code: "invalid_request" },
	{ name: "another boundary", body: file.replaceAll("--edge", "--other"), code: "invalid_request" },
	{ name: "nothing", body: "", code: "invalid_request" },
];
for (const { name, body, code } of BAD_FORMS) refuses(`an upload of ${name}`, code, () => posting(documents, keyLine, body, FORM)());
refuses("an upload without a boundary", "unsupported_media_type", () => posting(documents, keyLine, file, ["Content-Type: multipart/form-data"])());
refuses("an upload as JSON", "unsupported_media_type", () => posting(documents, keyLine, file)());

function storedFiles(): string[] {
	const uploads = join(server.data_dir, "uploads");
	return existsSync(uploads) ? readdirSync(uploads, { recursive: true, encoding: "utf8" }).sort() : [];
}

test("refused requests change nothing but counters: no row, no file, no remaining reservation", async () => {
	await makeText(server, world.raw_key, world.site.id);
	const database = await Database.open(server.data_dir);
	try {
		const [rows, files] = [await database.dump(), storedFiles()];
		ok(refused.length > 150 && rows.length > 20);
		for (const request of refused) await assertRefused(request);
		await sleep(500);
		deepEqual(difference(rows, await database.dump()), { added: [], removed: [] });
		deepEqual(storedFiles(), files);
	} finally {
		await database.close();
	}
});

test("HTTP/1.0 with a Host is answered, and its connection closed", async () => {
	const wire = await Wire.open(server.port);
	wire.write(`GET ${whoami} HTTP/1.0\r\nHost: a\r\n${keyLine()}\r\n\r\n`);
	expectStatus(await wire.answer(), 200);
	ok(await wire.waitClosed(PROMPT_MS));
});

test("a health check by HTTP/1.0 needs no Host, as RFC 9112 says, and by HTTP/1.1 it does", async () => {
	for (const path of ["/healthz", "/readyz"]) {
		for (const method of ["GET", "HEAD"]) {
			const wire = await Wire.open(server.port);
			wire.write(`${method} ${path} HTTP/1.0\r\n\r\n`);
			await wire.waitClosed(PROMPT_MS);
			match(wire.pending, /^HTTP\/1\.1 200 OK\r\n/, `${method} ${path}`);
		}
		for (const head of [`GET ${path} HTTP/1.1`, `GET ${path} HTTP/1.0\r\nHost: a\r\nHost: b`, `GET ${path}?x=1 HTTP/1.0`])
			assertProblem(await exchange(server.port, `${head}\r\n\r\n`), "invalid_request");
	}
});

test("exactly 100 header lines and an id of maximum length are accepted", async () => {
	const lines = [keyLine(), ...Array.from({ length: 98 }, (_, index) => `x-${index}: y`)];
	expectStatus(await exchange(server.port, requestText("GET", whoami, lines)), 200);
	for (const length of [64, 65, 201, 10_000]) {
		assertProblem(await exchange(server.port, get(`/api/v1/m2m/sites/${"s".repeat(length)}`)), "not_found");
		assertProblem(
			await exchange(
				server.port,
				get(`/api/v1/m2m/sites/${"s".repeat(length)}`, () => []),
			),
			"key_missing",
		);
	}
	assertProblem(await exchange(server.port, get("/api/v1/m2m/sites/%20%C3%A9")), "not_found");
});

test("Expect: 100-continue with a wrong key gets its 401 and no 100", async () => {
	for (const credential of ["X-A: b", `X-API-Key: ${CANARY}`, `X-API-Key: ${restricted}`]) {
		const wire = await Wire.open(server.port);
		wire.write(requestText("POST", texts(), [credential, "Content-Type: application/json", "Content-Length: 1000000", "Expect: 100-continue"]));
		const answer = await wire.answer();
		ok([401, 403].includes(answer.status));
		equal(answer.header("connection"), "close");
		ok(await wire.waitClosed(PROMPT_MS), "the server does not wait for the body of a refused request");
		equal(wire.pending, "");
	}
});

test("Expect: 100-continue with a right key gets its 100, then the body is read", async () => {
	const body = JSON.stringify({ title: "T", content: "C" });
	const wire = await Wire.open(server.port);
	const lines = [keyLine(), "Content-Type: application/json", `Content-Length: ${body.length}`, "Expect: 100-continue"];
	wire.write(requestText("POST", texts(), lines));
	equal((await wire.answer()).status, 100);
	wire.write(body);
	expectStatus(await wire.answer(), 201);
	wire.write(get(whoami));
	expectStatus(await wire.answer(), 200);
	wire.destroy();
});

test("pipelined requests are answered in order, and garbage after them does not replace a response", async () => {
	const ahead = await Wire.open(server.port);
	ahead.write(get(whoami) + get("/nowhere") + get(whoami, () => []) + get(whoami));
	const statuses = [];
	for (let count = 0; count < 4; count += 1) statuses.push((await ahead.answer()).status);
	deepEqual(statuses, [200, 404, 401, 200]);
	ahead.write(`garbage ${CANARY}\r\n\r\n`);
	assertProblem(await ahead.answer(), "invalid_request", [CANARY]);
	ok(await ahead.waitClosed(PROMPT_MS));

	const content = "x".repeat(1_000_000);
	const { id } = await makeText(server, world.raw_key, world.site.id, content);
	const within = await Wire.open(server.port);
	within.write(`${get(`${documents()}/${id}/content`)}garbage\r\n\r\n`);
	ok(await within.waitClosed(PROMPT_MS));
	ok(!within.pending.includes("invalid_request"), "no refusal in the middle of a document");
});

test("a body after a refusal: a short one is discarded and the connection stays open, a long one closes it soon after the response", async () => {
	const short = await Wire.open(server.port);
	short.write(requestText("POST", texts(), ["Content-Type: application/json", "Content-Length: 9"], BAD_JSON) + get(whoami));
	assertProblem(await short.answer(), "key_missing");
	expectStatus(await short.answer(), 200);
	short.destroy();
	for (const length of ["Content-Length: 1000000000", "Transfer-Encoding: chunked"]) {
		const long = await Wire.open(server.port);
		long.write(requestText("POST", documents(), [`X-API-Key: ${CANARY}`, ...FORM, length]));
		const began = performance.now();
		const feeding = setInterval(() => long.write(length.startsWith("T") ? `10000\r\n${"y".repeat(65_536)}\r\n` : "y".repeat(65_536)), 20);
		assertProblem(await long.answer(), "key_invalid");
		ok(performance.now() - began < PROMPT_MS, "the answer does not wait for the body");
		ok(await long.waitClosed(5_000), "the connection is closed");
		clearInterval(feeding);
	}
});

test("an aborted upload leaves nothing and is not logged as an internal error", async () => {
	const before = storedFiles();
	for (const start of [posting(documents, keyLine, `${file.repeat(1)}${"z".repeat(500_000)}`, FORM)(), posting(texts, keyLine, site(""))()]) {
		const wire = await Wire.open(server.port);
		wire.write(start.subarray(0, start.length - 5));
		await sleep(100);
		wire.destroy();
	}
	await sleep(1_500);
	deepEqual(storedFiles(), before);
	const database = await Database.open(server.data_dir);
	deepEqual(await database.rows("select * from uploads"), []);
	await database.close();
	ok(!server.logs.stdout.includes('"request_failed"'), "no failure of ours");
});

test("slow headers and slow bodies delay no other request", async () => {
	const slow = await Promise.all(Array.from({ length: 150 }, () => Wire.open(server.port)));
	for (const [index, wire] of slow.entries()) {
		const kind = index % 3;
		if (kind === 0) wire.write(`GET ${whoami} HTTP/1.1\r\nHost: a\r\nX-Slow: `);
		else if (kind === 1) wire.write(requestText("POST", texts(), [keyLine(), "Content-Type: application/json", "Content-Length: 100"], "{"));
		else wire.write(requestText("POST", documents(), [keyLine(), ...FORM, "Content-Length: 1000"], file.slice(0, 80)));
	}
	const drip = setInterval(() => slow.forEach((wire) => void wire.write("a")), 250);
	try {
		await sleep(300);
		for (const ask of [
			() => server.keyed(world.raw_key, "GET", "/whoami"),
			() => server.keyed(world.raw_key, "GET", `/sites/${world.site.id}/documents`),
			() => server.management(world.tenant.id, "GET", "/api-keys"),
			() => makeText(server, world.raw_key, world.site.id).then(() => server.send({ method: "GET", path: "/healthz" })),
		]) {
			const began = performance.now();
			expectStatus(await ask(), 200);
			ok(performance.now() - began < PROMPT_MS);
		}
	} finally {
		clearInterval(drip);
		for (const wire of slow) wire.destroy();
	}
});

test("a malformed key or a wrong checksum is refused without a query: at once, even while PostgreSQL is frozen", async () => {
	const { raw_key } = world;
	const wrong = [raw_key.slice(0, -1) + (raw_key.endsWith("0") ? "1" : "0"), raw_key.slice(1), CANARY];
	const unknown = await makeKey(server, world.tenant.id);
	expectStatus(await server.keyed(raw_key, "GET", "/whoami"), 200);
	const thaw = freeze(postgresPid(server.data_dir) ?? 0);
	try {
		for (const key of wrong) {
			const began = performance.now();
			assertProblem(await server.keyed(key, "GET", "/whoami"), "key_invalid");
			ok(performance.now() - began < PROMPT_MS);
		}
		expectStatus(await server.keyed(raw_key, "GET", "/whoami"), 200);
		// The control: a key that is not cached needs its query.
		const asked: Promise<Answer> = server.keyed(unknown.raw_key, "GET", "/whoami");
		equal(await Promise.race([asked.then(() => "answered"), sleep(250, "waits")]), "waits");
		thaw();
		expectStatus(await asked, 200);
	} finally {
		thaw();
	}
});

/** Also covers fields with a pattern in the schema; only a document's content may be any text. */
test("a displayed text with bidirectional, invisible or control characters is refused: every field of every route, at any depth", async () => {
	const values = { tenant_id: world.tenant.id, site_id: world.site.id, key_id: world.made.id };
	const { browser } = await newMember(server, world.tenant.id, "owner");
	const person = { cookie: browser.cookie, origin: server.url };
	const key = { "x-api-key": world.raw_key };
	const credentials: Partial<Record<Operation["kind"], Record<string, string>>> = { key, operator: server.bearer, person };
	const wrong = ["prod\u202ebot", "\u2066shop\u2069", "a\u200fb", "a\u0007b", "a\u0085b", "\u200b", "\u2060\u00ad", "\u3164", " \u2800 "];
	const fields = STORED_TEXTS.filter(({ is_content }) => !is_content);
	ok(fields.length > 80);
	for (const { operation, name, pointer, body } of fields) {
		const call = buildCall(operation, values);
		for (const text of wrong) {
			const answer = await server.send({ ...call, headers: { ...call.headers, ...credentials[operation.kind] }, body: body(text) });
			equal(answer.code, "invalid_request", `${operation.id} ${name} ${JSON.stringify(text)}: ${answer.text}`);
			const { errors = [] } = answer.as<{ errors?: { pointer: string }[] }>();
			ok(
				errors.some((error) => error.pointer.startsWith(pointer)),
				`${operation.id} ${name}: ${answer.text}`,
			);
		}
	}
	for (const text of wrong) {
		for (const form of [buildForm("x", `${text}.pdf`), Buffer.from(`${part("title", text)}${file}--edge--\r\n`)]) {
			if (form.includes("title") || !/^[\s\p{Default_Ignorable_Code_Point}\u2800]+$/u.test(text))
				assertProblem(await exchange(server.port, posting(documents, keyLine, form, FORM)()), "invalid_request");
		}
	}
});

/** The same request with no body, an empty one and an empty object, each with and without the headers that clients send with it. */
const NOTHING_SENT: readonly { lines: readonly string[]; body: string }[] = [
	{ lines: [], body: "" },
	{ lines: ["Content-Length: 0"], body: "" },
	{ lines: ["Content-Type: application/json", "Content-Length: 0"], body: "" },
	{ lines: ["Content-Type: application/x-www-form-urlencoded", "Content-Length: 0"], body: "" },
	{ lines: ["Content-Type: application/json", "Content-Length: 2"], body: "{}" },
	{ lines: ["Content-Type: application/json", "Transfer-Encoding: chunked"], body: "2\r\n{}\r\n0\r\n\r\n" },
];
const SOMETHING_SENT = ["[]", "null", '{"a":1}', "x", '""', "{}{}"];

/** The head of an operation on unknown ids, with an accepted credential; null if the operation accepts only a session. */
function getHead(operation: Operation, raw_key = world.raw_key): { method: string; path: string; credential: readonly string[] } | null {
	if (operation.kind === "person" || operation.kind === "service") return null;
	const { method, path } = buildCall(operation, { tenant_id: world.tenant.id, ...(operation.kind === "key" ? { site_id: world.site.id } : {}) });
	return { method, path, credential: operation.kind === "key" ? [`X-API-Key: ${raw_key}`] : operation.kind === "operator" ? [bearerLine()] : [] };
}

async function almightyKey(): Promise<string> {
	const permissions = ["tenant:read", "usage:read", "sites:read", "documents:read", "documents:write", "key:rotate"];
	return (await makeKey(server, world.tenant.id, { permissions })).raw_key;
}

async function getCode(
	{ method, path, credential }: NonNullable<ReturnType<typeof getHead>>,
	lines: readonly string[],
	body: string,
): Promise<string> {
	const answer = await exchange(server.port, requestText(method, path, [...credential, ...lines, "Connection: close"], body));
	return `${answer.status} ${answer.code ?? ""}`;
}

test("every route without input accepts no body, an empty body and {}, and nothing else", async () => {
	const operations = OPERATIONS.filter(({ takes_body }) => !takes_body);
	const raw_key = await almightyKey();
	ok(operations.length > 40);
	for (const operation of operations) {
		const head = getHead(operation, raw_key);
		if (head === null || (operation.method === "DELETE" && operation.parameters.length === 1 && operation.parameters[0] === "tenant_id")) continue;
		const codes: string[] = [];
		for (const { lines, body } of [...NOTHING_SENT, { lines: ["Content-Length: 2"], body: "{}" }]) codes.push(await getCode(head, lines, body));
		// A route with a pace of its own refuses after the body was accepted.
		const accepted = codes.filter((code, index) => index === 0 || code !== "429 rate_limited");
		deepEqual([...new Set(accepted)], codes.slice(0, 1), `${operation.method} ${operation.path}`);
		for (const body of SOMETHING_SENT)
			for (const type of ["application/json", "text/plain"]) {
				const code = await getCode(head, [`Content-Type: ${type}`, `Content-Length: ${body.length}`], body);
				equal(code, "400 invalid_request", `${operation.method} ${operation.path} ${type} ${body}`);
			}
	}
});

test("a body whose fields are all optional is optional itself", async () => {
	const optional = OPERATIONS.filter(({ body_optional }) => body_optional);
	ok(optional.length >= 5);
	for (const operation of optional) {
		const codes: string[] = [];
		for (const { lines, body } of NOTHING_SENT) {
			// A key of its own for each request: one of the operations ends it.
			const head = getHead(operation, operation.kind === "key" ? await almightyKey() : undefined);
			if (head !== null) codes.push(await getCode(head, lines, body));
		}
		deepEqual([...new Set(codes)], codes.slice(0, 1), `${operation.method} ${operation.path}`);
	}
	for (const { lines, body } of NOTHING_SENT) {
		const { id, raw_key } = await makeKey(server, world.tenant.id, { permissions: ["key:rotate"] });
		const rotate = `/api/v1/tenants/${world.tenant.id}/api-keys/${id}/rotate`;
		expectStatus(await exchange(server.port, requestText("POST", rotate, [bearerLine(), ...lines], body)), 201);
		const self = await makeKey(server, world.tenant.id, { permissions: ["key:rotate"] });
		expectStatus(await exchange(server.port, requestText("POST", "/api/v1/m2m/key/rotate", [`X-API-Key: ${self.raw_key}`, ...lines], body)), 201);
		ok(raw_key !== self.raw_key);
	}
});

test("JSON with a charset other than UTF-8 is a 415 on every route, and any spelling of UTF-8 is accepted", async () => {
	const raw_key = await almightyKey();
	for (const operation of OPERATIONS.filter(({ id }) => buildBody({ id }) !== undefined)) {
		const head = getHead(operation, raw_key);
		if (head === null) continue;
		for (const charset of ["utf-16", "iso-8859-1", '"utf-16le"', "utf-8; charset=utf-16"]) {
			const lines = [`Content-Type: application/json; charset=${charset}`, "Content-Length: 2"];
			equal(await getCode(head, lines, "{}"), "415 unsupported_media_type", `${operation.path} ${charset}`);
		}
	}
	for (const charset of ["utf-8", "UTF-8", '"utf-8"', "utf8"])
		expectStatus(
			await exchange(server.port, posting(sites, bearerLine, '{"name":"Shop"}', [`Content-Type: application/json;charset=${charset}`])()),
			201,
		);
});
