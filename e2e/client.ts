/** The HTTP client of the end-to-end tests: it sends exactly the headers that a test gives it. */
import { Agent, request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http";

const ANSWER_TIMEOUT_MS = 30_000;

export interface Call {
	readonly method: string;
	/** Path and query, sent as given. */
	readonly path: string;
	readonly headers?: OutgoingHttpHeaders;
	/** An object is sent as JSON; text and bytes unchanged, without a content type. */
	readonly body?: unknown;
}

export type Fields = { readonly [name: string]: unknown };

/** A complete response. */
export class Answer {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	readonly body: Buffer;

	constructor(status: number, headers: IncomingHttpHeaders, body: Buffer) {
		this.status = status;
		this.headers = headers;
		this.body = body;
	}

	get text(): string {
		return this.body.toString("utf8");
	}

	/** The body as a JSON object; empty if the body is not a JSON object. */
	get json(): Fields {
		try {
			const parsed: unknown = JSON.parse(this.text);
			return parsed !== null && typeof parsed === "object" ? { ...parsed } : {};
		} catch {
			return {};
		}
	}

	get code(): string {
		return String(this.json.code ?? "");
	}

	header(name: string): string {
		const value = this.headers[name.toLowerCase()];
		return Array.isArray(value) ? value.join(", ") : (value ?? "");
	}

	/** Guarantee: the caller names the shape that the contract gives this answer, and has checked its status. */
	as<T>(): T {
		return JSON.parse(this.text) as T;
	}
}

function encoded(call: Call): { headers: OutgoingHttpHeaders; body: string | Buffer | null } {
	const { headers = {}, body } = call;
	if (body === undefined) return { headers: { ...headers }, body: null };
	if (typeof body === "string" || Buffer.isBuffer(body)) return { headers: { "content-length": Buffer.byteLength(body), ...headers }, body };
	const text = JSON.stringify(body);
	return { headers: { "content-type": "application/json", "content-length": Buffer.byteLength(text), ...headers }, body: text };
}

/** Sends one request and reads the complete response. Rejects if the connection closes before that. */
export function send(base_url: string, call: Call, agent?: Agent): Promise<Answer> {
	const { hostname, port } = new URL(base_url);
	const { headers, body } = encoded(call);
	return new Promise((resolve, reject) => {
		const options = { hostname, port, method: call.method, path: call.path, headers, agent: agent ?? new Agent(), timeout: ANSWER_TIMEOUT_MS };
		const request = httpRequest(options, (response) => {
			const chunks: Buffer[] = [];
			response.on("data", (chunk: Buffer) => chunks.push(chunk));
			response.on("error", reject);
			response.on("end", () => resolve(new Answer(response.statusCode ?? 0, response.headers, Buffer.concat(chunks))));
		});
		request.on("error", reject);
		request.on("timeout", () => request.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms to ${call.method} ${call.path}`)));
		request.end(body ?? undefined);
	});
}

/** Runs `work` for 0 … count - 1 with at most `at_once` under way, and returns the results in order. */
export async function inParallel<T>(count: number, at_once: number, work: (index: number) => Promise<T>): Promise<T[]> {
	const results: T[] = [];
	let next = 0;
	async function lane(): Promise<void> {
		for (let index = next++; index < count; index = next++) results[index] = await work(index);
	}
	await Promise.all(Array.from({ length: Math.min(at_once, count) }, lane));
	return results;
}
