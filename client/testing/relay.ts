import { connect, createServer, type Socket } from "node:net";
import { listen } from "./peer.ts";

/** How a relay treats packets of a dropped connection: a balancer resets it, a NAT or a firewall may discard them. */
export type Loss = "reset" | "drop";

/** A TCP relay, like a balancer, that can drop connections silently: neither side gets a FIN. */
export interface Relay {
	readonly url: string;
	/** How many connections were opened. */
	connections(): number;
	/** Drops all open connections. */
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
