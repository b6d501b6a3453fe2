import { mkdtemp, readdir, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyRequest } from "fastify";
import pg from "pg";
import { newId } from "../src/core/id.ts";
import type { DocumentsContext } from "../src/documents/context.ts";
import type { Document } from "../src/documents/document.ts";
import type { DocumentLimits } from "../src/documents/reserve.ts";
import { keyedDocumentRoutes } from "../src/documents/routes.ts";
import { GateDenial, mount } from "../src/http/mount.ts";
import { createHttp } from "../src/http/server.ts";
import { type TestDatabase, testDatabase } from "./audit.ts";
import { testLog } from "./database.ts";

export const TENANT = "acme";
export const OTHER_TENANT = "Acme";
export const SITE = "shop";
export const OTHER_SITE = "forum";
const NO_LIMITS: DocumentLimits = { documents: null, storage_bytes: null, document_bytes: null };

/** Everything stored of documents, in rows and files. */
export interface Remains {
	documents: number;
	storage_bytes: number;
	rows: number;
	uploads: number;
	files: string[];
}

/** A server on a loopback port with the document routes, behind a gate that trusts the `x-tenant` header. */
export interface DocumentServer {
	readonly url: string;
	readonly port: number;
	readonly documents_url: string;
	readonly uploads_dir: string;
	readonly database: TestDatabase;
	/** The behaviour of `recheck` in the committing transaction of the next requests. */
	recheck: () => Promise<void>;
	query(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
	setLimits(limits: Partial<DocumentLimits>): Promise<void>;
	context(overrides?: Partial<DocumentsContext>): DocumentsContext;
	remains(tenant_id?: string): Promise<Remains>;
	upload(
		content: Buffer | string,
		more?: { fields?: Record<string, string>; filename?: string; headers?: Record<string, string>; site?: string },
	): Promise<Response>;
	close(): Promise<void>;
}

export async function startDocumentServer(options: { uploads_dir?: string } = {}): Promise<DocumentServer> {
	const database = await testDatabase();
	const folder = await mkdtemp(join(tmpdir(), "keywright-documents-"));
	const uploads_dir = options.uploads_dir ?? join(folder, "uploads");
	const sql = new pg.Pool({ connectionString: database.superuserUrl, max: 2 });
	await insertTenants(sql);

	function context(overrides: Partial<DocumentsContext> = {}): DocumentsContext {
		const key_id = "key_ofTheTests0000000000";
		return {
			...database.context({ scope: TENANT, actor: { kind: "key", id: key_id, name: "order bot" } }),
			uploads_dir,
			key_id,
			recheck: () => server.recheck(),
			...overrides,
		};
	}

	function admit(request: FastifyRequest): DocumentsContext | GateDenial {
		const { "x-tenant": tenant, "idempotency-key": idempotency_key, "x-denied": denied } = request.headers;
		if (denied !== undefined) return new GateDenial({ code: "key_missing", detail: "Send a key." });
		return context({
			...(typeof tenant === "string" ? { scope: tenant } : {}),
			request_id: request.id,
			idempotency_key: typeof idempotency_key === "string" ? idempotency_key : null,
		});
	}

	const http_options = { log: testLog, access_log: null, problem_type_base: () => "http://localhost/problems" };
	const app = createHttp(http_options);
	mount(app, keyedDocumentRoutes, () => admit, http_options);
	await app.listen({ host: "127.0.0.1", port: 0 });
	const address = app.server.address();
	const port = address !== null && typeof address === "object" ? address.port : 0;
	const url = `http://127.0.0.1:${port}`;

	const server: DocumentServer = {
		url,
		port,
		documents_url: `${url}/api/v1/m2m/sites/${SITE}/documents`,
		uploads_dir,
		database,
		recheck: async () => undefined,
		query: async (text, values) => (await sql.query<Record<string, unknown>>(text, values)).rows,
		setLimits: async (limits) => {
			await sql.query("update keywright.plans set limits = $1", [JSON.stringify({ sites: null, api_keys: null, ...NO_LIMITS, ...limits })]);
		},
		context,
		remains: (tenant_id = TENANT) => remainsOf(sql, uploads_dir, tenant_id),
		upload(content, { fields = {}, filename = "x.bin", headers = {}, site = SITE } = {}) {
			const form = new FormData();
			for (const [name, value] of Object.entries(fields)) form.set(name, value);
			form.set("file", new File([typeof content === "string" ? content : new Uint8Array(content)], filename, { type: "application/pdf" }));
			return fetch(`${url}/api/v1/m2m/sites/${site}/documents`, { method: "POST", body: form, headers });
		},
		async close() {
			app.server.closeAllConnections();
			await app.close();
			await sql.end();
			await database.close();
			await rm(folder, { recursive: true, force: true });
		},
	};
	return server;
}

async function insertTenants(sql: pg.Pool): Promise<void> {
	const limits = JSON.stringify({ sites: null, api_keys: null, ...NO_LIMITS });
	await sql.query("insert into keywright.plans (id, name, capabilities, rate_limits, limits) values ('plan', 'Plan', '{}', '[]', $1)", [limits]);
	for (const tenant_id of [TENANT, OTHER_TENANT]) {
		await sql.query("insert into keywright.tenants (id, name, plan_id) values ($1, $1, 'plan')", [tenant_id]);
		for (const site_id of [SITE, OTHER_SITE])
			await sql.query("insert into keywright.sites (tenant_id, id, name) values ($1, $2, $2)", [tenant_id, site_id]);
	}
}

async function remainsOf(sql: pg.Pool, uploads_dir: string, tenant_id: string): Promise<Remains> {
	const found = await sql.query<{ documents: string; storage_bytes: string; rows: string; uploads: string }>(
		`select coalesce(sum(documents), 0) as documents, coalesce(sum(storage_bytes), 0) as storage_bytes,
			(select count(*) from keywright.documents where tenant_id = $1) as rows,
			(select count(*) from keywright.uploads where tenant_id = $1) as uploads
		from keywright.tenant_storage where tenant_id = $1`,
		[tenant_id],
	);
	const row = found.rows[0];
	return {
		documents: Number(row?.documents),
		storage_bytes: Number(row?.storage_bytes),
		rows: Number(row?.rows),
		uploads: Number(row?.uploads),
		files: await filesBelow(uploads_dir),
	};
}

/** The names of all files below `folder`, sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
	return entries
		.filter((entry) => entry.isFile())
		.map((entry) => entry.name)
		.sort();
}

/** Guarantee: called for responses with a document in their body. */
export async function documentIn(response: Response): Promise<Document> {
	return (await response.json()) as Document;
}

/** Guarantee: called for responses with a problem in their body. */
export async function problemIn(response: Response): Promise<{ status: number; code: string; detail: string } & Record<string, unknown>> {
	return (await response.json()) as { status: number; code: string; detail: string };
}

export function newDocumentId(): string {
	return newId("doc");
}

interface RawForm {
	readonly content_type: string;
	readonly head: Buffer;
	readonly tail: Buffer;
}

/** A form's bytes before and after the content of its one file. */
export function rawForm(boundary = "----by-hand"): RawForm {
	return {
		content_type: `multipart/form-data; boundary=${boundary}`,
		head: Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="x.bin"\r\nContent-Type: application/pdf\r\n\r\n`),
		tail: Buffer.from(`\r\n--${boundary}--\r\n`),
	};
}

interface Answer {
	readonly status: number;
	readonly body: Record<string, unknown>;
}

/** Sends `chunks` with backpressure; chunked unless `headers` contain a Content-Length. */
export async function send(url: string, headers: Record<string, string>, chunks: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<Answer> {
	const agent = new Agent({ keepAlive: true });
	const client = request(url, { method: "POST", headers, agent });
	const answered = new Promise<Answer>((resolve, reject) => {
		client.once("response", (response) => {
			text(response).then((body) => resolve({ status: response.statusCode ?? 0, body: JSON.parse(body) as Record<string, unknown> }), reject);
		});
		client.once("error", reject);
	});
	await Promise.race([pipeline(chunks, client).catch(() => undefined), answered]);
	return answered.finally(() => agent.destroy());
}

/** Waits until `condition` holds; throws when it does not within ten seconds. */
export async function eventually(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
	for (let waited_ms = 0; waited_ms < 10_000; waited_ms += 20) {
		if (await condition()) return;
		await sleep(20);
	}
	throw new Error(`not within ten seconds: ${what}`);
}
