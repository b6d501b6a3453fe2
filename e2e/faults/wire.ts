/** A connection with one HTTP/1.1 request at a time and exact times: a request is recorded as sent before its first byte is written. */
import { connect, type Socket } from "node:net";

const HEAD_END = "\r\n\r\n";

/** A request and its response. Times are `performance.now()` of this process. */
export interface Exchange {
	/** Taken right before the first byte was written to the socket. */
	readonly sent_at: number;
	/** Taken when the complete response was received. */
	readonly read_at: number;
	readonly status: number;
	readonly request_id: string;
	readonly body: string;
}

/** The connection closed before the response, so the request may or may not have been executed. */
export class ConnectionLost extends Error {
	override readonly name = "ConnectionLost";
	readonly sent_at: number | null;

	constructor(sent_at: number | null, cause?: unknown) {
		super("the connection was lost", { cause });
		this.sent_at = sent_at;
	}
}

export interface Request {
	readonly method: string;
	readonly path: string;
	readonly headers: Readonly<Record<string, string>>;
	/** Sent as JSON. */
	readonly body?: unknown;
}

function getText(request: Request): string {
	const body = request.body === undefined ? "" : JSON.stringify(request.body);
	const headers = Object.entries({ host: "127.0.0.1", ...request.headers });
	if (request.body !== undefined) headers.push(["content-type", "application/json"]);
	if (request.method !== "GET") headers.push(["content-length", String(Buffer.byteLength(body))]);
	return `${request.method} ${request.path} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`;
}

interface Head {
	readonly status: number;
	readonly length: number;
	readonly request_id: string;
	readonly closes: boolean;
}

function getHead(text: string): Head {
	const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
	const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, "im").exec(text)?.[1]?.trim();
	const length = status === 204 ? 0 : Number(field("content-length"));
	if (!Number.isInteger(status) || !Number.isInteger(length)) throw new Error(`an answer that cannot be read: ${text.slice(0, 200)}`);
	return { status, length, request_id: field("x-request-id") ?? "", closes: field("connection")?.toLowerCase() === "close" };
}

interface Waiting {
	readonly sent_at: number;
	resolve(exchange: Exchange): void;
	reject(error: Error): void;
}

export class Connection {
	readonly #socket: Socket;
	#received: Buffer = Buffer.alloc(0);
	#waiting: Waiting | null = null;
	#ended = false;

	private constructor(socket: Socket) {
		this.#socket = socket;
		socket.setNoDelay(true);
		socket.on("data", (chunk: Buffer) => this.#take(chunk));
		socket.on("error", () => undefined);
		socket.on("close", () => this.#end());
	}

	/** Connects; rejects with ConnectionLost if the connection is refused. */
	static open(port: number): Promise<Connection> {
		return new Promise((resolve, reject) => {
			const socket = connect({ port, host: "127.0.0.1" });
			const refused = (error: Error): void => reject(new ConnectionLost(null, error));
			socket.once("error", refused);
			socket.once("connect", () => {
				socket.removeListener("error", refused);
				resolve(new Connection(socket));
			});
		});
	}

	get ended(): boolean {
		return this.#ended;
	}

	/** Sends one request; rejects with ConnectionLost without a complete response. */
	send(request: Request): Promise<Exchange> {
		return this.#write(getText(request));
	}

	/** Like `send`, but the second half of the request, with the end of its head, follows only after `then`. */
	sendInHalves(request: Request, then: Promise<unknown>): Promise<Exchange> {
		const text = getText(request);
		const half = Math.floor(text.indexOf(HEAD_END) / 2);
		const answer = this.#write(text.slice(0, half));
		void then.then(() => this.#socket.write(text.slice(half)));
		return answer;
	}

	#write(text: string): Promise<Exchange> {
		return new Promise((resolve, reject) => {
			if (this.#ended) return reject(new ConnectionLost(null));
			if (this.#waiting !== null) return reject(new Error("one request at a time"));
			// Synchronous: no other code runs between the time and the write, so the recorded order is the order of sending.
			this.#waiting = { sent_at: performance.now(), resolve, reject };
			this.#socket.write(text);
		});
	}

	close(): void {
		this.#socket.destroy();
	}

	#take(chunk: Buffer): void {
		this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
		const waiting = this.#waiting;
		const head_end = this.#received.indexOf(HEAD_END);
		if (waiting === null || head_end === -1) return;
		const head = getHead(this.#received.toString("latin1", 0, head_end));
		const end = head_end + HEAD_END.length + head.length;
		if (this.#received.length < end) return;
		const body = this.#received.toString("utf8", head_end + HEAD_END.length, end);
		this.#received = this.#received.subarray(end);
		this.#waiting = null;
		if (head.closes) this.#socket.end();
		waiting.resolve({ sent_at: waiting.sent_at, read_at: performance.now(), status: head.status, request_id: head.request_id, body });
	}

	#end(): void {
		this.#ended = true;
		const waiting = this.#waiting;
		this.#waiting = null;
		waiting?.reject(new ConnectionLost(waiting.sent_at));
	}
}

/** A connection that is opened on demand and reopened after it was lost. */
export class Line {
	readonly port: number;
	#connection: Connection | null = null;

	constructor(port: number) {
		this.port = port;
	}

	async send(request: Request): Promise<Exchange> {
		if (this.#connection === null || this.#connection.ended) this.#connection = await Connection.open(this.port);
		return this.#connection.send(request);
	}

	close(): void {
		this.#connection?.close();
		this.#connection = null;
	}
}
