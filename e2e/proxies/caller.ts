/** How the tests send requests through a proxy: raw bytes and uploads. */
import { equal, match } from "node:assert/strict";
import { request as httpRequest, type OutgoingHttpHeaders } from "node:http";
import { Answer } from "../client.ts";
import { Wire } from "../raw-socket.ts";
import type { Attack } from "./attack.ts";
import type { World } from "./world.ts";

/** The bytes of an attack with its key; the value `KEY` is replaced with the reader's key. */
export function toBytes(attack: Attack, keys: Pick<World, "reader" | "writer" | "stranger">): Buffer {
	const { method = "GET", target, lines = [], body = "", key = "reader" } = attack;
	const has = (name: string) => lines.some((line) => line.toLowerCase().startsWith(`${name}:`));
	const head = [
		...(has("host") ? [] : ["Host: 127.0.0.1"]),
		...(has("connection") ? [] : ["Connection: close"]),
		...(key === null ? [] : [`X-API-Key: ${keys[key].raw_key}`]),
		...lines,
	];
	const text = `${method} ${target} HTTP/1.1\r\n${head.join("\r\n")}\r\n\r\n${body}`;
	return Buffer.from(text.replace(/(?<=[=: ])KEY\b/g, keys.reader.raw_key), "utf8");
}

/** The first response; null without a complete one in time. */
export async function attempt(port: number, bytes: Buffer, within_ms: number): Promise<Answer | null> {
	const wire = await Wire.open(port);
	try {
		wire.write(bytes);
		return await wire.answer(within_ms).catch(() => null);
	} finally {
		wire.destroy();
	}
}

/** Sends `body` with exactly these headers; waits for `100 Continue` if a header expects it. */
export function upload(url: string, path: string, headers: OutgoingHttpHeaders, body: Buffer): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const request = httpRequest(`${url}${path}`, { method: "POST", headers }, (response) => {
			const chunks: Buffer[] = [];
			response.on("data", (chunk: Buffer) => chunks.push(chunk));
			response.on("error", reject);
			response.on("end", () => resolve(new Answer(response.statusCode ?? 0, response.headers, Buffer.concat(chunks))));
		});
		request.on("error", reject);
		if (headers.expect === undefined) request.end(body);
		else {
			request.once("continue", () => request.end(body));
			request.flushHeaders();
		}
	});
}

/** Fails unless the response is Keywright's problem with this status and code. */
export function assertRefusal(answer: Answer | null, refusal: readonly [status: number, code: string]): void {
	const [status, code] = refusal;
	equal(answer?.status, status, answer?.text ?? "no answer");
	match(answer?.header("content-type") ?? "", /^application\/problem\+json/);
	match(answer?.text ?? "", new RegExp(`"code":"${code}"`));
	match(answer?.text ?? "", /"request_id":"req_/);
	match(answer?.header("x-request-id") ?? "", /^req_/);
	equal(answer?.header("cache-control"), "no-store");
	if (status === 401) match(answer?.header("www-authenticate") ?? "", /^ApiKey realm=/);
}
