import { createSocket } from "node:dgram";

const A = 1;
const HEADER_BYTES = 12;

export interface NameServer {
	/** `address:port`, as a resolver takes it. */
	readonly address: string;
	/** The names that were asked for IPv4 addresses, in order. */
	readonly asked: string[];
	close(): void;
}

/** A name server on loopback: `answer` returns the IPv4 addresses of a name, none of them for IPv6, or null to stay silent. */
export async function startNameServer(answer: (name: string) => readonly string[] | null): Promise<NameServer> {
	const socket = createSocket("udp4");
	const asked: string[] = [];
	socket.on("message", (query, peer) => {
		const labels: string[] = [];
		let at = HEADER_BYTES;
		for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
			labels.push(query.toString("latin1", at + 1, at + 1 + length));
			at += 1 + length;
		}
		const name = labels.join(".");
		const type = query.readUInt16BE(at + 1);
		const question = query.subarray(HEADER_BYTES, at + 5);
		if (type === A) asked.push(name);
		const found = type === A ? answer(name) : [];
		if (found === null) return;
		const header = Buffer.alloc(HEADER_BYTES);
		query.copy(header, 0, 0, 2);
		header.writeUInt16BE(0x8180, 2);
		header.writeUInt16BE(1, 4);
		header.writeUInt16BE(found.length, 6);
		// A pointer to the name, type A, class IN, no time to live, four bytes.
		const records = found.map((text) => Buffer.from([0xc0, HEADER_BYTES, 0, A, 0, 1, 0, 0, 0, 0, 0, 4, ...text.split(".").map(Number)]));
		socket.send(Buffer.concat([header, question, ...records]), peer.port, peer.address);
	});
	await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
	return { address: `127.0.0.1:${socket.address().port}`, asked, close: () => void socket.close() };
}
