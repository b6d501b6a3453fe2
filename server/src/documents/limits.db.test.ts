import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type DocumentServer, documentIn, eventually, problemIn, rawForm, send, startDocumentServer, TENANT } from "../../testing/documents.ts";
import { read } from "../database/transaction.ts";
import { documentCounts } from "./store.ts";

let server: DocumentServer;
before(async () => {
	server = await startDocumentServer();
});
after(() => server.close());
beforeEach(async () => {
	await server.setLimits({});
	const { data } = (await (await fetch(`${server.documents_url}?limit=200`)).json()) as { data: { id: string }[] };
	for (const { id } of data) await fetch(`${server.documents_url}/${id}`, { method: "DELETE" });
	deepEqual(await server.remains(), { documents: 0, storage_bytes: 0, rows: 0, uploads: 0, files: [] });
});

const form = rawForm();

async function statuses(answers: readonly Promise<{ status: number }>[]): Promise<Record<number, number>> {
	const counted: Record<number, number> = {};
	for (const { status } of await Promise.all(answers)) counted[status] = (counted[status] ?? 0) + 1;
	return counted;
}

async function* chunked(bytes: number, chunk_bytes = 65_536): AsyncGenerator<Buffer> {
	yield form.head;
	for (let sent = 0; sent < bytes; sent += chunk_bytes) yield Buffer.alloc(Math.min(chunk_bytes, bytes - sent), "c");
	yield form.tail;
}

test("of 50 uploads at once, a plan of 10 documents takes exactly 10", async () => {
	await server.setLimits({ documents: 10 });
	const answers = Array.from({ length: 50 }, (_, index) =>
		index % 2 ? server.upload(`document ${index}`) : send(server.documents_url, { "content-type": form.content_type }, chunked(1_000)),
	);
	deepEqual(await statuses(answers), { 201: 10, 409: 40 });
	const { documents, rows, uploads, files } = await server.remains();
	deepEqual([documents, rows, uploads, files.length], [10, 10, 0, 10]);
	const problem = await problemIn(await server.upload("one more"));
	deepEqual([problem.code, problem["limit"], problem["max"], problem["used"]], ["conflict", "documents", 10, 10]);
	match(problem.detail, /allows 10 documents, and 10 are stored/);
});

test("of 50 uploads at once, a plan of bytes for 10 takes exactly 10, and no byte more", async () => {
	await server.setLimits({ storage_bytes: 10_000 });
	deepEqual(await statuses(Array.from({ length: 50 }, () => server.upload(Buffer.alloc(1_000)))), { 201: 10, 409: 40 });
	deepEqual((await server.remains()).storage_bytes, 10_000);
	equal((await server.upload("x")).status, 409);
	equal((await server.upload("")).status, 201);
});

test("a plan of bytes holds to the byte, by Content-Length, chunked and as text", async () => {
	await server.setLimits({ storage_bytes: 300_000 });
	equal((await server.upload(Buffer.alloc(200_000))).status, 201);
	equal((await server.upload(Buffer.alloc(100_001))).status, 409);
	equal((await send(server.documents_url, { "content-type": form.content_type }, chunked(100_001))).status, 409);
	equal((await server.remains()).storage_bytes, 200_000);
	equal((await send(server.documents_url, { "content-type": form.content_type }, chunked(99_990))).status, 201);
	const text = (content: string) =>
		fetch(`${server.documents_url}/text`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ title: "t", content }),
		});
	equal((await text("12345678901")).status, 409);
	equal((await text("1234567890")).status, 201);
	const full = await problemIn(await text("x"));
	deepEqual([full["limit"], full["max"], full["used"]], ["storage_bytes", 300_000, 300_000]);
	const counts = await read(server.context(), (tx) => documentCounts(tx, TENANT));
	deepEqual(counts, { documents: 3, storage_bytes: 300_000 });
});

test("a document without Content-Length takes what is left of the plan, and is counted exactly", async () => {
	await server.setLimits({ storage_bytes: 1_500_000 });
	equal((await send(server.documents_url, { "content-type": form.content_type }, chunked(1_500_000))).status, 201);
	equal((await server.remains()).storage_bytes, 1_500_000);
});

test("while an upload runs, what it will take is reserved, and given back when it is aborted", async () => {
	await server.setLimits({ storage_bytes: 1_000_000 });
	const abort = new AbortController();
	const slow = new ReadableStream({ start: (controller) => controller.enqueue(form.head) });
	const headers = { "content-type": form.content_type, "content-length": "900000" };
	const running = fetch(server.documents_url, {
		method: "POST",
		headers: { "content-type": headers["content-type"] },
		body: slow,
		duplex: "half",
		signal: abort.signal,
	}).catch(() => null);
	const counted = send(server.documents_url, headers, neverEnding(abort.signal)).catch(() => null);
	await eventually("both uploads are counted", async () => (await server.remains()).uploads === 2);
	const { documents, storage_bytes } = await server.remains();
	equal(documents, 2);
	ok(storage_bytes > 850_000 && storage_bytes <= 900_000, `${storage_bytes} reserved`);
	equal((await server.upload(Buffer.alloc(200_000))).status, 409);
	abort.abort();
	await Promise.all([running, counted]);
	await eventually(
		"everything is given back",
		async () => JSON.stringify(await server.remains()) === JSON.stringify({ documents: 0, storage_bytes: 0, rows: 0, uploads: 0, files: [] }),
	);
	equal((await server.upload(Buffer.alloc(200_000))).status, 201);
});

async function* neverEnding(signal: AbortSignal): AsyncGenerator<Buffer> {
	yield form.head;
	await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
}

test("a document larger than the plan takes is 413: by its Content-Length before a byte is read, chunked when it gets there", async () => {
	await server.setLimits({ document_bytes: 100_000 });
	equal((await server.upload(Buffer.alloc(100_000))).status, 201);
	equal((await send(server.documents_url, { "content-type": form.content_type }, chunked(100_000))).status, 201);
	const before_it = await server.remains();
	const problem = await problemIn(await server.upload(Buffer.alloc(100_001)));
	deepEqual([problem.status, problem.code, problem["limit"], problem["max"]], [413, "payload_too_large", "document_bytes", 100_000]);
	equal((await send(server.documents_url, { "content-type": form.content_type }, chunked(100_001))).status, 413);
	const unread = await send(
		server.documents_url,
		{ "content-type": form.content_type, "content-length": "200000" },
		neverEnding(AbortSignal.timeout(500)),
	);
	equal(unread.status, 413);
	const endless = await send(server.documents_url, { "content-type": form.content_type }, chunked(Number.MAX_SAFE_INTEGER));
	equal(endless.status, 413);
	deepEqual(await server.remains(), before_it);
});

test("a plan that shrinks while an upload runs takes nothing new; what is there stays", async () => {
	const { id } = await documentIn(await server.upload("there"));
	let go = (): void => undefined;
	const held = new Promise<void>((resolve) => {
		go = resolve;
	});
	const running = send(
		server.documents_url,
		{ "content-type": form.content_type },
		(async function* () {
			yield form.head;
			await held;
			yield form.tail;
		})(),
	);
	await eventually("the upload runs", async () => (await server.remains()).uploads === 1);
	await server.setLimits({ documents: 1 });
	go();
	equal((await running).status, 409);
	const { documents, rows, uploads, files } = await server.remains();
	deepEqual([documents, rows, uploads, files], [1, 1, 0, [id]]);
});

test("a repeat of the upload that reached the limit gets the first response, although the plan is full", async () => {
	await server.setLimits({ documents: 1, storage_bytes: 200_000 });
	const headers = { "idempotency-key": "the last" };
	const content = Buffer.alloc(150_000, "r");
	const first = await documentIn(await server.upload(content, { headers }));
	const repeat = await server.upload(content, { headers });
	equal(repeat.status, 201);
	deepEqual(await documentIn(repeat), first);
	equal((await problemIn(await server.upload(Buffer.alloc(150_000), { headers }))).code, "idempotency_mismatch");
	equal((await problemIn(await server.upload(content, { headers: { "idempotency-key": "a new one" } }))).code, "conflict");
	const { rows, uploads, files } = await server.remains();
	deepEqual([rows, uploads, files.length], [1, 0, 1]);
});

test("after uploads, deletions and aborted uploads all at once, what is counted is what is there", async () => {
	await server.setLimits({ documents: 50, storage_bytes: 3_000_000 });
	const there = await Promise.all(
		Array.from({ length: 10 }, async (_, index) => (await documentIn(await server.upload(Buffer.alloc(index * 1_000)))).id),
	);
	const aborted = (after_ms: number): Promise<unknown> =>
		send(server.documents_url, { "content-type": form.content_type, "content-length": "90000" }, neverEnding(AbortSignal.timeout(after_ms))).catch(
			() => null,
		);
	await Promise.all([
		...there.map((id) => fetch(`${server.documents_url}/${id}`, { method: "DELETE" })),
		...Array.from({ length: 30 }, (_, index) => server.upload(Buffer.alloc(index * 7_000))),
		...Array.from({ length: 20 }, (_, index) => aborted(index * 10)),
	]);
	await eventually("all uploads have ended", async () => (await server.remains()).uploads === 0);
	const { documents, storage_bytes, rows, files } = await server.remains();
	const [sum] = await server.query("select coalesce(sum(size_bytes), 0)::int as bytes from keywright.documents where tenant_id = $1", [TENANT]);
	deepEqual([documents, files.length, storage_bytes], [rows, rows, sum?.["bytes"]]);
	ok(rows > 0 && storage_bytes <= 3_000_000);
});
