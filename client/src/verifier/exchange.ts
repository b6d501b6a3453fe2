import http from "node:http";
import https from "node:https";
import { KeywrightError } from "../report.ts";

/** A decision is about one kilobyte. */
const ANSWER_BYTES_MAX = 64 * 1024;
/** Below the 65 s after which Keywright closes an idle connection, and below the usual limits of balancers. */
const IDLE_MS_MAX = 30_000;
/** Extra time for late responses on used connections after a new one was answered. */
const GRACE_MS = 100;

/** A pool of keep-alive connections to one address with one credential. */
export interface Line {
	readonly origin: http.RequestOptions;
	readonly agent: http.Agent;
	readonly request: typeof http.request;
	/** Aborts each running exchange. */
	readonly running: Set<(error: KeywrightError) => void>;
	/** How many responses arrived over reused connections; an increase shows that not all are lost. */
	answered: number;
	/** Whether a new connection was answered while used ones were silent; null before it was tried. */
	probe: Promise<boolean> | null;
}

/** Opens no connection yet. Reuses the most recently used one first, so that idle ones can close. */
export function openLine(url: URL, path: string, credential: string, max_concurrent: number): Line {
	const secure = url.protocol === "https:";
	const agent = new (secure ? https : http).Agent({ keepAlive: true, maxSockets: max_concurrent, scheduling: "lifo", timeout: IDLE_MS_MAX });
	const headers = { authorization: `Bearer ${credential}`, "content-type": "application/json", accept: "application/json" };
	const hostname = url.hostname.replace(/^\[|\]$/g, "");
	return {
		origin: { agent, hostname, port: url.port, path, method: "POST", headers },
		agent,
		request: secure ? https.request : http.request,
		running: new Set(),
		answered: 0,
		probe: null,
	};
}

/** Closes every connection and rejects running exchanges. */
export function closeLine(line: Line): void {
	for (const end of line.running) end(new KeywrightError("closed", "The verifier was closed"));
	line.agent.destroy();
}

/** After one idle connection was lost, the others probably are too. */
function closeIdle(line: Line): void {
	for (const socket of Object.values(line.agent.freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy();
}

/**
 * Sends one JSON body and returns the body of a 200 within `timeout_ms`; rejects with `KeywrightError`. Does not follow redirects. A reused
 * connection that fails is replaced once, by a new one. It is also replaced if for half of the time no reused connection was answered but one
 * new probe was, so that a stalled Keywright does not get every question twice.
 */
export function exchange(line: Line, body: string, timeout_ms: number): Promise<string> {
	return new Promise((resolve, reject) => {
		let current: http.ClientRequest | undefined;
		let done = false;
		let answered = false;
		let half: NodeJS.Timeout | undefined;
		let probed: ((answered: boolean) => void) | undefined;

		function finish(outcome: string | KeywrightError): void {
			if (done) return;
			done = true;
			clearTimeout(deadline);
			clearTimeout(half);
			if (probed) line.probe = null;
			probed?.(typeof outcome === "string");
			line.running.delete(finish);
			if (typeof outcome === "string") resolve(outcome);
			else {
				current?.destroy();
				reject(outcome);
			}
		}

		function send(fresh: boolean): void {
			const headers = { ...line.origin.headers, "content-length": Buffer.byteLength(body) };
			const request = line.request({ ...line.origin, headers, ...(fresh ? { agent: false } : {}) });
			current = request;
			request.on("socket", () => {
				if (!fresh && request.reusedSocket) watch();
			});
			request.on("response", (response) => {
				answered = true;
				if (request.reusedSocket) line.answered += 1;
				readAnswer(response, finish);
			});
			request.on("error", (error) => {
				if (request !== current) return;
				if (!fresh && !done && !answered && request.reusedSocket) replace();
				else finish(new KeywrightError("network", "Keywright cannot be reached", getCode(error)));
			});
			request.end(body);
		}

		function watch(): void {
			const before = line.answered;
			const isSilent = (): boolean => !done && !answered && line.answered === before;
			half = setTimeout(async () => {
				if (!isSilent()) return;
				if (line.probe === null) {
					line.probe = new Promise((resolve) => {
						probed = resolve;
					});
					replace();
				} else if (await line.probe) half = setTimeout(() => isSilent() && replace(), GRACE_MS);
			}, timeout_ms / 2);
		}

		function replace(): void {
			const lost = current;
			clearTimeout(half);
			closeIdle(line);
			send(true);
			lost?.destroy();
		}

		const deadline = setTimeout(() => finish(new KeywrightError("timeout", `Keywright did not answer within ${timeout_ms} ms`)), timeout_ms);
		line.running.add(finish);
		send(false);
	});
}

function readAnswer(response: http.IncomingMessage, finish: (outcome: string | KeywrightError) => void): void {
	const chunks: Buffer[] = [];
	let bytes = 0;
	const status = response.statusCode ?? 0;
	response.on("data", (chunk: Buffer) => {
		bytes += chunk.length;
		if (bytes > ANSWER_BYTES_MAX) finish(new KeywrightError("answer_too_large", `Keywright answered more than ${ANSWER_BYTES_MAX} bytes`, status));
		else chunks.push(chunk);
	});
	response.on("error", (error) => finish(new KeywrightError("network", "Keywright broke off its answer", getCode(error))));
	response.on("end", () => finish(status === 200 ? Buffer.concat(chunks).toString("utf8") : getRefusal(status)));
}

function getRefusal(status: number): KeywrightError {
	if (status === 401 || status === 403) return new KeywrightError("credential_refused", "Keywright refused the service credential", status);
	if (status >= 300 && status < 400)
		return new KeywrightError("redirect", "Keywright answered with a redirect, which is not followed: correct the url", status);
	if (status >= 400 && status < 500) return new KeywrightError("question_refused", "Keywright refused the question", status);
	if (status < 300) return new KeywrightError("answer_malformed", "Keywright's answer is no decision", status);
	return new KeywrightError("server_error", "Keywright failed to answer", status);
}

function getCode(error: Error): string {
	return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
