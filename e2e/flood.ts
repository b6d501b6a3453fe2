/** Many pipelined requests over few connections; the responses are only counted by status. */
import { connect } from "node:net";
import { requestText } from "./raw-socket.ts";

const CONNECTIONS = 8;
const AHEAD = 64;
const STATUS_LINE = /HTTP\/1\.1 (\d{3}) /g;
/** A status line may be split across two chunks. */
const TAIL_CHARACTERS = 12;

function flow(port: number, text: string, count: number, statuses: Map<number, number>): Promise<void> {
	return new Promise((resolve, reject) => {
		const socket = connect({ port, host: "127.0.0.1", noDelay: true });
		let [sent, answered, rest] = [0, 0, ""];
		const feed = (): void => {
			const more = Math.min(AHEAD - (sent - answered), count - sent);
			if (more < AHEAD / 2 && sent + more < count) return;
			if (more > 0) socket.write(text.repeat(more));
			sent += more;
		};
		socket.setEncoding("latin1").on("data", (chunk: string) => {
			const seen = rest + chunk;
			let end = 0;
			for (const found of seen.matchAll(STATUS_LINE)) {
				const status = Number(found[1]);
				statuses.set(status, (statuses.get(status) ?? 0) + 1);
				answered += 1;
				end = found.index + found[0].length;
			}
			rest = seen.slice(Math.max(end, seen.length - TAIL_CHARACTERS));
			if (answered === count) socket.end();
			else feed();
		});
		socket.on("connect", feed);
		socket.on("error", reject);
		socket.on("close", () => (answered === count ? resolve() : reject(new Error(`${answered} of ${count} were answered`))));
	});
}

/** Sends `count` requests with this key and returns how many got which status. */
export async function flood(port: number, raw_key: string, path: string, count: number): Promise<Map<number, number>> {
	const statuses = new Map<number, number>();
	const text = requestText("GET", path, [`X-API-Key: ${raw_key}`]);
	const share = Math.floor(count / CONNECTIONS);
	const shares = Array.from({ length: CONNECTIONS }, (_, index) => share + (index === 0 ? count - share * CONNECTIONS : 0));
	await Promise.all(shares.map((part) => flow(port, text, part, statuses)));
	return statuses;
}
