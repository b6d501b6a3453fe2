/** A raw TCP client, for requests that no HTTP library would send. */
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Answer } from "./client.ts";

const CONNECT_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 20_000;
const POLL_MS = 5;

/** One connection; the received bytes are parsed as a sequence of HTTP responses. */
export class Wire {
	readonly #socket: Socket;
	#received = Buffer.alloc(0);
	#closed = false;

	private constructor(socket: Socket) {
		this.#socket = socket;
		socket.on("data", (chunk: Buffer) => {
			this.#received = Buffer.concat([this.#received, chunk]);
		});
		socket.on("error", () => undefined);
		socket.on("close", () => {
			this.#closed = true;
		});
	}

	static open(port: number): Promise<Wire> {
		return new Promise((resolve, reject) => {
			const socket = connect({ port, host: "127.0.0.1", timeout: CONNECT_TIMEOUT_MS });
			socket.once("error", reject);
			socket.once("connect", () => {
				socket.setTimeout(0);
				socket.setNoDelay(true);
				resolve(new Wire(socket));
			});
		});
	}

	/** The received bytes that are not parsed yet. */
	get pending(): string {
		return this.#received.toString("latin1");
	}

	get closed(): boolean {
		return this.#closed;
	}

	write(bytes: string | Buffer): void {
		if (!this.#socket.destroyed) this.#socket.write(bytes);
	}

	end(): void {
		this.#socket.end();
	}

	destroy(): void {
		this.#socket.destroy();
	}

	/** Waits until `holds` returns true; false after `within_ms`. */
	async waitFor(condition: () => boolean, within_ms: number): Promise<boolean> {
		const until = performance.now() + within_ms;
		while (!condition()) {
			if (performance.now() > until) return false;
			await sleep(POLL_MS);
		}
		return true;
	}

	waitClosed(within_ms: number): Promise<boolean> {
		return this.waitFor(() => this.#closed, within_ms);
	}

	/** The next response, interim ones (1xx) included; rejects if it is incomplete. Bodies need a Content-Length or end with the connection. */
	async answer(within_ms = ANSWER_TIMEOUT_MS): Promise<Answer> {
		let answer = this.#take();
		await this.waitFor(() => {
			answer ??= this.#take();
			return answer !== null || this.#closed;
		}, within_ms);
		answer ??= this.#take();
		if (answer === null) throw new Error(`no whole answer${this.#closed ? " before the connection closed" : ""}: ${this.pending.slice(0, 500)}`);
		return answer;
	}

	#take(): Answer | null {
		const text = this.pending;
		const headEnd = text.indexOf("\r\n\r\n");
		if (headEnd === -1) return null;
		const [first = "", ...lines] = text.slice(0, headEnd).split("\r\n");
		const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0);
		const headers: Record<string, string> = {};
		for (const line of lines) {
			const at = line.indexOf(":");
			headers[line.slice(0, at).toLowerCase()] = line.slice(at + 1).trim();
		}
		const length = status < 200 || status === 204 ? 0 : Number(headers["content-length"] ?? -1);
		if (length === -1 && !this.#closed) return null;
		const end = length === -1 ? this.#received.length : headEnd + 4 + length;
		if (this.#received.length < end) return null;
		const body = this.#received.subarray(headEnd + 4, end);
		this.#received = this.#received.subarray(end);
		return new Answer(status, headers, body);
	}
}

/** Sends `bytes` on a new connection and returns the first response. */
export async function exchange(port: number, bytes: string | Buffer): Promise<Answer> {
	const wire = await Wire.open(port);
	try {
		wire.write(bytes);
		return await wire.answer();
	} finally {
		wire.destroy();
	}
}

/** A request as text. `lines` are its headers; a Host header is added unless `host` is null. */
export function requestText(method: string, target: string, lines: readonly string[] = [], body = "", host: string | null = "127.0.0.1"): string {
	return `${method} ${target} HTTP/1.1\r\n${[...(host === null ? [] : [`Host: ${host}`]), ...lines].join("\r\n")}\r\n\r\n${body}`;
}
