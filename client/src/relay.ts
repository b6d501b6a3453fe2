import { connect, createServer, type Socket } from "node:net";
import { listen } from "./testing.ts";

/** How a relay treats what comes over a connection that it has forgotten: a balancer resets it, a NAT or a firewall may drop it. */
export type Loss = "reset" | "drop";

/** A relay of connections, as a balancer is one, that can forget them without a word: neither side is sent a FIN. */
export interface Relay {
	readonly url: string;
	/** How many connections were opened. */
	connections(): number;
	/** Forgets all connections that are open. */
	forget(loss: Loss): void;
	close(): void;
}

export async function startRelay(to: string): Promise<Relay> {
	const { port } = new URL(to);
	const open = new Map<Socket, Socket>();
	let connections = 0;
	const server = createServer((near) => {
		const far = connect(Number(port), "127.0.0.1");
		connections += 1;
		open.set(near, far);
		near.on("error", () => undefined).on("close", () => far.destroy());
		far.on("error", () => undefined).on("close", () => open.has(near) && near.destroy());
		near.on("data", (chunk) => far.write(chunk));
		far.on("data", (chunk) => near.write(chunk));
	});
	const url = await listen(server);
	return {
		url,
		connections: () => connections,
		forget(loss) {
			for (const [near, far] of open) {
				open.delete(near);
				near.removeAllListeners("data").on("data", () => loss === "reset" && near.resetAndDestroy());
				far.destroy();
			}
		},
		close() {
			for (const [near] of open) near.destroy();
			server.close();
		},
	};
}
