import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo, Server } from "node:net";

/** A service credential in shape only. */
export const CREDENTIAL = `kws_${"0".repeat(50)}`;
/** A raw key in shape only: its checksum is broken. */
export const RAW_KEY = `kw_prod_${"a".repeat(50)}`;

type Respond = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** The other end of a verifier: a real HTTP server that answers as a test tells it, and keeps what it was asked. */
export interface Peer {
	readonly url: string;
	readonly asked: { readonly headers: IncomingMessage["headers"]; readonly url: string; readonly body: string }[];
	/** How many connections were opened. */
	connections(): number;
	respond: Respond;
	close(): Promise<void>;
}

export async function startPeer(respond: Respond = sends(admitted())): Promise<Peer> {
	let connections = 0;
	const server = createServer(async (incoming, response) => {
		let body = "";
		for await (const chunk of incoming) body += chunk;
		peer.asked.push({ headers: incoming.headers, url: incoming.url ?? "", body });
		peer.respond(incoming, response, body);
	});
	server.on("connection", () => {
		connections += 1;
	});
	const url = await listen(server);
	const peer: Peer = { url, asked: [], connections: () => connections, respond, close: () => closeServer(server) };
	return peer;
}

/** Starts on a free port of the loopback; gives the address. */
export async function listen(server: Server): Promise<string> {
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return `http://127.0.0.1:${getPort(server.address())}`;
}

export function closeServer(server: ReturnType<typeof createServer>): Promise<void> {
	server.closeAllConnections();
	return new Promise((resolve) => server.close(() => resolve()));
}

function getPort(address: AddressInfo | string | null): number {
	if (address === null || typeof address === "string") throw new Error("the server does not listen on a port");
	return address.port;
}

/** Answers with JSON. */
export function sends(answer: unknown, status = 200, headers: Record<string, string> = {}): Respond {
	return (_request, response) => {
		response.writeHead(status, { "content-type": "application/json", ...headers });
		response.end(JSON.stringify(answer));
	};
}

/** What Keywright answers for a key that may. */
export function admitted(more: Record<string, unknown> = {}): Record<string, unknown> {
	return {
		allowed: true,
		status: 200,
		code: "allowed",
		detail: "The key may make this request.",
		request_id: "req_admitted",
		key: { id: "key_1", name: "prod-order-bot", environment: "prod", permissions: ["orders:read"], site_ids: null, expires_at: null },
		tenant: { id: "acme", name: "Acme" },
		rate_limits: [{ name: "burst", per: "key", requests: 100, window_seconds: 60, remaining: 50, reset_seconds: 30 }],
		...more,
	};
}

/** What Keywright answers for a key that may not. */
export function denied(status: number, code: string, more: Record<string, unknown> = {}): Record<string, unknown> {
	return { allowed: false, status, code, detail: `Refused as ${code}.`, request_id: "req_denied", ...more };
}

export interface Reply {
	readonly status: number;
	readonly headers: IncomingMessage["headers"];
	readonly body: string;
}

/** One request with header lines as given, each line a name and a value, so that a name may come twice; `target` is sent as it stands. */
export function call(
	url: string,
	options: { method?: string; lines?: readonly (readonly [string, string])[]; body?: string | Buffer; target?: string } = {},
): Promise<Reply> {
	const host = new URL(url).host;
	const length: [string, string][] = options.body === undefined ? [] : [["Content-Length", String(Buffer.byteLength(options.body))]];
	// Said, because a client that does not keep its connection is answered with `Connection: close` in any case.
	const headers = [["Host", host], ["Connection", "keep-alive"], ...length, ...(options.lines ?? [])].flat();
	return new Promise((resolve, reject) => {
		const path = options.target === undefined ? {} : { path: options.target };
		const outgoing = request(url, { ...path, method: options.method ?? "GET", headers, agent: false }, async (response) => {
			let body = "";
			for await (const chunk of response) body += chunk;
			outgoing.destroy();
			resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
		});
		outgoing.on("error", reject);
		outgoing.end(options.body);
	});
}
