import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { stat, unlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { after, before, test } from "node:test";
import {
	type DocumentServer,
	documentIn,
	newDocumentId,
	OTHER_SITE,
	OTHER_TENANT,
	problemIn,
	SITE,
	startDocumentServer,
	TENANT,
} from "../../testing/documents.ts";
import { verifyChain } from "../audit/verify.ts";
import { documentPath, tenantFolder } from "./places.ts";

let server: DocumentServer;
before(async () => {
	server = await startDocumentServer();
});
after(() => server.close());

const sha256 = (content: Buffer | string): string => createHash("sha256").update(content).digest("hex");

test("an uploaded file comes back byte for byte, with what was said of it", async () => {
	const content = Buffer.concat([Buffer.from("%PDF-1.7\r\n"), randomBytes(3_000_000), Buffer.from("\r\n%%EOF\r\n--")]);
	const response = await server.upload(content, { filename: "Rechnung für März.pdf", fields: { title: " A bill ", category: "bills" } });
	equal(response.status, 201);
	equal(response.headers.get("x-content-type-options"), "nosniff");
	const document = await documentIn(response);
	const { id, created_at, ...rest } = document;
	match(id, /^doc_[0-9A-Za-z]{20}$/);
	ok(Math.abs(Date.parse(created_at) - Date.now()) < 60_000);
	deepEqual(rest, {
		tenant_id: TENANT,
		site_id: SITE,
		kind: "file",
		title: "A bill",
		category: "bills",
		filename: "Rechnung für März.pdf",
		content_type: "application/pdf",
		size_bytes: content.length,
		sha256: sha256(content),
		created_by_key_id: "key_ofTheTests0000000000",
	});
	deepEqual(await documentIn(await fetch(`${server.documents_url}/${id}`)), document);

	const download = await fetch(`${server.documents_url}/${id}/content`);
	equal(download.status, 200);
	ok(Buffer.from(await download.arrayBuffer()).equals(content));
	equal(download.headers.get("content-type"), "application/pdf");
	equal(download.headers.get("content-length"), String(content.length));
	equal(
		download.headers.get("content-disposition"),
		"attachment; filename=\"Rechnung f_r M_rz.pdf\"; filename*=UTF-8''Rechnung%20f%C3%BCr%20M%C3%A4rz.pdf",
	);
	equal(download.headers.get("x-content-type-options"), "nosniff");
	equal(download.headers.get("content-security-policy"), "sandbox; default-src 'none'");
	equal(download.headers.get("etag"), `"${document.sha256}"`);
});

test("files and folders are the server's own alone", async () => {
	const { id } = await documentIn(await server.upload("private"));
	const path = documentPath(server.uploads_dir, TENANT, id);
	equal((await stat(path)).mode & 0o777, 0o600);
	for (const folder of [dirname(path), tenantFolder(server.uploads_dir, TENANT), server.uploads_dir])
		equal((await stat(folder)).mode & 0o777, 0o700, folder);
});

test("a text is stored and served like a file", async () => {
	const content = "Grüße\n\twith lines ☂\n";
	const response = await fetch(`${server.documents_url}/text`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ title: "Greeting", content, category: "letters" }),
	});
	equal(response.status, 201);
	const document = await documentIn(response);
	deepEqual(
		{
			kind: document.kind,
			title: document.title,
			category: document.category,
			filename: document.filename,
			size_bytes: document.size_bytes,
			sha256: document.sha256,
		},
		{ kind: "text", title: "Greeting", category: "letters", filename: null, size_bytes: Buffer.byteLength(content), sha256: sha256(content) },
	);
	const download = await fetch(`${server.documents_url}/${document.id}/content`);
	equal(await download.text(), content);
	equal(download.headers.get("content-type"), "text/plain; charset=utf-8");
	equal(download.headers.get("content-disposition"), `attachment; filename="${document.id}.txt"`);
});

test("a text of exactly 1 MiB is taken however it is escaped, and one byte more is 413; blank titles and unknown fields are 400", async () => {
	const post = (body: string): Promise<Response> =>
		fetch(`${server.documents_url}/text`, { method: "POST", headers: { "content-type": "application/json" }, body });
	const full = `{"title": "t", "content": "${"\\u00e9".repeat(524_288)}"}`;
	equal((await post(full)).status, 201);
	equal((await post(full.replace('"content": "', '"content": "a'))).status, 413);
	equal((await post(JSON.stringify({ title: "t", content: "a".repeat(4_000_000) }))).status, 413);
	for (const body of [
		{ title: " ", content: "a" },
		{ title: "a\nb", content: "a" },
		{ title: "t".repeat(201), content: "a" },
		{ title: "t" },
		{ title: "t", content: "a", category: "c".repeat(101) },
	]) {
		equal((await post(JSON.stringify(body))).status, 400, JSON.stringify(body).slice(0, 60));
	}
	equal((await problemIn(await post(JSON.stringify({ title: "t", content: "a", tags: [] })))).code, "unknown_field");
});

test("the list has the newest first, is paged by cursor, and can be filtered by category or kind", async () => {
	const site_url = `${server.url}/api/v1/m2m/sites/${OTHER_SITE}/documents`;
	const ids: string[] = [];
	for (let number = 0; number < 5; number += 1) {
		const made = await server.upload(`${number}`, { site: OTHER_SITE, fields: number % 2 ? { category: "odd" } : {} });
		ids.unshift((await documentIn(made)).id);
		await new Promise((resolve) => setTimeout(resolve, 3));
	}
	const seen: string[] = [];
	let cursor: string | null = "";
	for (let pages = 0; cursor !== null; pages += 1) {
		ok(pages < 4);
		const response = await fetch(`${site_url}?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`);
		const page = (await response.json()) as { data: { id: string }[]; next_cursor: string | null };
		seen.push(...page.data.map((document) => document.id));
		cursor = page.next_cursor;
	}
	deepEqual(seen, ids);
	const odd = (await (await fetch(`${site_url}?category=odd&kind=file`)).json()) as { data: unknown[] };
	equal(odd.data.length, 2);
	equal(((await (await fetch(`${site_url}?kind=text`)).json()) as { data: unknown[] }).data.length, 0);
	for (const query of ["kind=picture", "limit=0", "limit=201", "cursor=%21", "category=", "sort=name"])
		equal((await fetch(`${site_url}?${query}`)).status, 400, query);
});

test("a document is deleted with its file and its count, once, and the audit chain tells of both", async () => {
	const before_it = await server.remains();
	const { id } = await documentIn(await server.upload("short-lived"));
	equal((await fetch(`${server.documents_url}/${id}`, { method: "DELETE" })).status, 204);
	deepEqual(await server.remains(), before_it);
	for (const path of [id, `${id}/content`]) equal((await fetch(`${server.documents_url}/${path}`)).status, 404);
	equal((await fetch(`${server.documents_url}/${id}`, { method: "DELETE" })).status, 404);
	const actions = await server.query("select action from keywright.audit_entries where chain = $1 and target_id = $2 order by seq", [TENANT, id]);
	deepEqual(
		actions.map((row) => row["action"]),
		["document.created", "document.deleted"],
	);
	const chain = await verifyChain(server.context(), TENANT);
	equal(chain.intact, true);
});

test("a document of another tenant or another site is answered as one that never was", async () => {
	const { id } = await documentIn(await server.upload("mine"));
	const answers = new Set<string>();
	for (const [site, document_id, tenant] of [
		[SITE, id, OTHER_TENANT],
		[OTHER_SITE, id, TENANT],
		[SITE, newDocumentId(), TENANT],
		[SITE, "text", TENANT],
	] as const) {
		for (const [method, path] of [
			["GET", ""],
			["GET", "/content"],
			["DELETE", ""],
		] as const) {
			const response = await fetch(`${server.url}/api/v1/m2m/sites/${site}/documents/${encodeURIComponent(document_id)}${path}`, {
				method,
				headers: { "x-tenant": tenant },
			});
			equal(response.status, 404, `${method} ${site} ${path}`);
			answers.add((await response.text()).replaceAll(/req_[0-9A-Za-z]{20}/g, "req"));
		}
	}
	equal(answers.size, 1);
	equal((await fetch(`${server.documents_url}/${id}`)).status, 200);
	const other = (await (await fetch(server.documents_url, { headers: { "x-tenant": OTHER_TENANT } })).json()) as { data: unknown[] };
	equal(other.data.length, 0);
});

test("content that was lost or cut on the disk is a 500, never a 404 and never other bytes", async () => {
	const { id } = await documentIn(await server.upload("to be lost"));
	const path = documentPath(server.uploads_dir, TENANT, id);
	await writeFile(path, "to be");
	equal((await fetch(`${server.documents_url}/${id}/content`)).status, 500);
	await unlink(path);
	equal((await problemIn(await fetch(`${server.documents_url}/${id}/content`))).code, "internal_error");
	equal((await fetch(`${server.documents_url}/${id}`)).status, 200);
	equal((await fetch(`${server.documents_url}/${id}`, { method: "DELETE" })).status, 204);
});

test("a repeat with the same Idempotency-Key makes no second document; another input is a 409", async () => {
	const before_it = await server.remains();
	const headers = { "idempotency-key": "one" };
	const first = await documentIn(await server.upload("same", { headers }));
	const repeats = await Promise.all([server.upload("same", { headers }), server.upload("same", { headers })]);
	for (const repeat of repeats) {
		equal(repeat.status, 201);
		deepEqual(await documentIn(repeat), first);
	}
	for (const other of [
		server.upload("other", { headers }),
		server.upload("same", { headers, filename: "y.bin" }),
		server.upload("same", { headers, site: OTHER_SITE }),
		server.upload("same", { headers, fields: { title: "t" } }),
	]) {
		equal((await problemIn(await other)).code, "idempotency_mismatch");
	}
	const after_it = await server.remains();
	equal(after_it.rows, before_it.rows + 1);
	equal(after_it.documents, before_it.documents + 1);
	equal(after_it.storage_bytes, before_it.storage_bytes + 4);
	equal(after_it.uploads, 0);
	equal(after_it.files.length, before_it.files.length + 1);
});

test("50 first requests at once with one Idempotency-Key make one document", async () => {
	const before_it = await server.remains();
	const answers = await Promise.all(Array.from({ length: 50 }, () => server.upload("at once", { headers: { "idempotency-key": "at once" } })));
	const ids = new Set(await Promise.all(answers.map(async (answer) => (await documentIn(answer)).id)));
	equal(ids.size, 1);
	const after_it = await server.remains();
	deepEqual(
		[after_it.rows, after_it.documents, after_it.uploads, after_it.files.length],
		[before_it.rows + 1, before_it.documents + 1, 0, before_it.files.length + 1],
	);
});
