/** The API behind a proxy: it accepts everything and records each request. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";

export interface Arrived {
	readonly method: string;
	/** The target of the request line, unchanged. */
	readonly url: string;
	/** Names and values as received. */
	readonly headers: readonly (readonly [name: string, value: string])[];
	readonly bytes: number;
	readonly sha256: string;
}

function pairs(raw: readonly string[]): [string, string][] {
	return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ""] satisfies [string, string]] : []));
}

export class Echo {
	readonly port: number;
	readonly #server: Server;
	#arrived: Arrived[] = [];
	/** The response to the next requests. */
	answer: { readonly status: number; readonly body: string } = { status: 200, body: "here" };

	private constructor(server: Server, port: number) {
		this.#server = server;
		this.port = port;
		server.on("request", (request: IncomingMessage, response) => {
			const hash = createHash("sha256");
			let bytes = 0;
			request.on("data", (chunk: Buffer) => {
				hash.update(chunk);
				bytes += chunk.length;
			});
			request.on("end", () => {
				const { method = "", url = "" } = request;
				this.#arrived.push({ method, url, headers: pairs(request.rawHeaders), bytes, sha256: hash.digest("hex") });
				response.writeHead(this.answer.status, { "content-type": "text/plain" });
				response.end(this.answer.body);
			});
		});
	}

	static start(): Promise<Echo> {
		const server = createServer({ maxHeaderSize: 1_048_576, insecureHTTPParser: true });
		server.maxHeadersCount = 0;
		return new Promise((resolve) => {
			server.listen(0, "127.0.0.1", () => {
				const address = server.address();
				resolve(new Echo(server, address !== null && typeof address === "object" ? address.port : 0));
			});
		});
	}

	/** The requests since the last call. */
	take(): Arrived[] {
		const taken = this.#arrived;
		this.#arrived = [];
		return taken;
	}

	stop(): Promise<void> {
		return new Promise((resolve) => {
			this.#server.close(() => resolve());
			this.#server.closeAllConnections();
		});
	}
}
