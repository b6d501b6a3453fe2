/** A TCP relay to PostgreSQL's unix socket whose connections can be cut. */
import { createServer, type Server, Socket } from "node:net";

export type Cut =
	/** Connections are reset and new ones are refused: PostgreSQL is down, its machine is up. */
	| "refusing"
	/** Packets are dropped in both directions without a reset: a network failure, or a machine that lost power. */
	| "silent";

interface Pair {
	readonly near: Socket;
	readonly far: Socket;
}

export class Relay {
	readonly port: number;
	readonly #server: Server;
	#socket_path: string;
	readonly #pairs = new Set<Pair>();
	#cut: Cut | null = null;

	private constructor(server: Server, socket_path: string, port: number) {
		this.#server = server;
		this.#socket_path = socket_path;
		this.port = port;
	}

	static open(socket_path: string): Promise<Relay> {
		const server = createServer();
		return new Promise((resolve, reject) => {
			server.once("error", reject);
			server.listen(0, "127.0.0.1", () => {
				const address = server.address();
				const relay = new Relay(server, socket_path, address !== null && typeof address === "object" ? address.port : 0);
				server.on("connection", (near) => relay.#join(near));
				resolve(relay);
			});
		});
	}

	cut(how: Cut): void {
		this.#cut = how;
		for (const { near, far } of this.#pairs) {
			if (how === "refusing") near.resetAndDestroy();
			else for (const socket of [near, far]) socket.unpipe().pause();
		}
	}

	/** New connections lead to another server, as after a failover by proxy or DNS; existing ones keep their target. */
	moveTo(socket_path: string): void {
		this.#socket_path = socket_path;
	}

	/** New connections work again. Silent ones stay silent: bytes that were sent on them are lost. */
	mend(): void {
		this.#cut = null;
	}

	async close(): Promise<void> {
		for (const { near } of this.#pairs) near.destroy();
		await new Promise((resolve) => this.#server.close(resolve));
	}

	#join(near: Socket): void {
		if (this.#cut === "refusing") return void near.resetAndDestroy();
		const pair = { near, far: new Socket() };
		this.#pairs.add(pair);
		for (const socket of [pair.near, pair.far]) {
			socket.on("error", () => undefined);
			socket.once("close", () => {
				this.#pairs.delete(pair);
				pair.near.destroy();
				pair.far.destroy();
			});
		}
		if (this.#cut === "silent") return void near.pause();
		pair.far.connect(this.#socket_path);
		near.pipe(pair.far);
		pair.far.pipe(near);
	}
}
