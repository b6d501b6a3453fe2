import { createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

/** An independent implementation of Standard Webhooks 1.0: whether one of the signatures is that of `secret`. Does not check the time. */
export function isSignedBy(secret: string, headers: Readonly<Record<string, string | string[] | undefined>>, body: string): boolean {
	const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
	const expected = createHmac("sha256", key).update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`).digest();
	return String(headers["webhook-signature"])
		.split(" ")
		.some((versioned) => {
			const [version, signature = ""] = versioned.split(",");
			const given = Buffer.from(signature, "base64");
			return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
		});
}

export interface Received {
	readonly headers: http.IncomingHttpHeaders;
	readonly body: string;
	readonly path: string;
	readonly type: string;
	readonly timestamp: string;
	readonly data: Readonly<Record<string, unknown>>;
}

/** An HTTP server on loopback that receives webhooks; `status` is what it responds, null for no response at all. */
export class Receiver {
	readonly received: Received[] = [];
	status: number | null = 204;
	readonly #server: http.Server;

	private constructor(server: http.Server) {
		this.#server = server;
	}

	/** At `port`, or else at a free one. */
	static async start(port = 0): Promise<Receiver> {
		const server = http.createServer();
		const receiver = new Receiver(server);
		server.on("request", (request, response) => void receiver.#take(request, response));
		server.listen(port, "127.0.0.1");
		await once(server, "listening");
		return receiver;
	}

	/** Guarantee: a server that listens on TCP has an address with a port. */
	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	url(path = "/hook"): string {
		return `http://127.0.0.1:${this.port}${path}`;
	}

	async #take(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
		const body = (await request.toArray()).join("");
		// Guarantee: the tests of this receiver check the signature, and read the fields of a body of Keywright.
		const message = JSON.parse(body) as Pick<Received, "type" | "timestamp" | "data">;
		this.received.push({ headers: request.headers, body, path: request.url ?? "", ...message });
		if (this.status !== null) response.writeHead(this.status).end();
	}

	close(): void {
		this.#server.closeAllConnections();
		this.#server.close();
	}
}
