/** Faulty servers in place of Keywright. */
import { createServer, type Server, type Socket } from "node:net";
import { freePort } from "../server.ts";

/** The bytes that answer the first data of a connection; null: no answer; "drip": a response head that never ends. */
export type Behaviour = string | null | "drip";

function http(status: string, headers: readonly string[], body = ""): string {
	return [`HTTP/1.1 ${status}`, `Content-Length: ${body.length}`, ...headers, "", body].join("\r\n");
}

/** None of these responses may let a request through. */
export const BROKEN: readonly (readonly [name: string, behaviour: Behaviour])[] = [
	["accepts and never answers", null],
	["begins an answer and never ends it", "drip"],
	["closes without a response", ""],
	["answers with a protocol other than HTTP", "SSH-2.0-OpenSSH_9.2\r\n"],
	["answers 500", http("500 Internal Server Error", ["Content-Type: text/plain"], "oops")],
	["answers 502", http("502 Bad Gateway", [])],
	["answers 503", http("503 Service Unavailable", [])],
	["redirects", http("302 Found", ["Location: /elsewhere"])],
	["answers 200 like another program, without identity headers", http("200 OK", ["Content-Type: text/html"], "<h1>Welcome</h1>")],
	["answers 204 without identity headers", http("204 No Content", [])],
	["answers 200 with an empty key", http("200 OK", ["X-Keywright-Tenant: ", "X-Keywright-Key-Id: "])],
];

const DRIP_EVERY_MS = 200;

export class StandIn {
	readonly port: number;
	behaviour: Behaviour = null;
	#server: Server | null = null;
	readonly #sockets = new Set<Socket>();

	private constructor(port: number) {
		this.port = port;
	}

	/** A server that is down: its port refuses connections until `listen`. */
	static async create(): Promise<StandIn> {
		return new StandIn(await freePort());
	}

	listen(): Promise<void> {
		const server = createServer((socket) => {
			this.#sockets.add(socket);
			socket.on("error", () => undefined);
			socket.on("close", () => this.#sockets.delete(socket));
			socket.on("data", () => this.#answer(socket));
		});
		this.#server = server;
		return new Promise((resolve) => server.listen(this.port, "127.0.0.1", resolve));
	}

	#answer(socket: Socket): void {
		const { behaviour } = this;
		if (behaviour === null) return;
		if (behaviour !== "drip") return void socket.end(behaviour);
		socket.write("HTTP/1.1 200 OK\r\n");
		const dripping = setInterval(() => socket.write("X-Filler: a\r\n"), DRIP_EVERY_MS);
		socket.on("close", () => clearInterval(dripping));
	}

	async stop(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		const server = this.#server;
		this.#server = null;
		if (server) await new Promise((resolve) => server.close(resolve));
	}
}
