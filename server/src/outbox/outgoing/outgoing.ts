import http, { type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import { type Address, type AllowList, parseAddress } from "../../core/network.ts";
import { dnsLookup, hostFault, type Lookup, mayReach, resolveTarget } from "./resolve.ts";
import { parseTarget, type Target } from "./target.ts";

/** The whole call: name, connection, TLS, request and response. */
export const CALL_TIMEOUT_MS = 10_000;
const RESPONSE_HEADER_BYTES_MAX = 16_384;
/** The rest of a response is not read; its status has been received by then. */
const RESPONSE_BODY_BYTES_MAX = 65_536;
const RESPONSE_BODY_MS_MAX = 1_000;

/** What can be wrong with a call, with the text that people read. Texts contain nothing of the response. */
export const CALL_ERRORS = {
	// One text for both causes, so that a test does not reveal which internal names exist.
	no_allowed_address: "The host has no address that may be called. Check that its name has a public address; the operator can allow a private one.",
	connection_failed: "No connection could be made, or it ended before the response. Check that the receiver is running and reachable on this port.",
	tls_failed: "The TLS handshake failed. Check that the certificate is valid for this host and that its chain is complete.",
	timed_out: `The receiver did not respond within ${CALL_TIMEOUT_MS / 1_000} seconds. Respond first, and process the event afterwards.`,
	redirected: "The receiver responded with a redirect, which is not followed. Use the final URL.",
	invalid_response: "The response was not valid HTTP, or its headers were larger than 16 KiB.",
	refused: "Only a status of 2xx accepts an event.",
} as const;

export type CallError = keyof typeof CALL_ERRORS;

export interface CallOutcome {
	/** The status of the response; null if none was received. */
	readonly status: number | null;
	/** Null for a response of 2xx. */
	readonly error: CallError | null;
}

/** The same, with the body of a GET; null unless the response is one of 2xx. */
export interface ReadOutcome extends CallOutcome {
	readonly body: string | null;
}

interface Message {
	readonly method: "GET" | "POST";
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string;
}

export interface OutgoingOptions {
	/** Addresses that may be called although they are private, or by plain HTTP. */
	readonly allowed: AllowList | null;
	/** Default: the name servers of this machine. */
	readonly lookup?: Lookup;
	/** Default: Node's certificate authorities. */
	readonly ca?: string;
	/** Default: `CALL_TIMEOUT_MS`. */
	readonly timeout_ms?: number;
}

/**
 * Calls URLs that people enter. Every address is checked before the connection, which goes to a checked address only; redirects are not
 * followed, proxy variables are ignored, time and size are bounded. Never rejects.
 */
export class Outgoing {
	readonly #options: OutgoingOptions;
	readonly #lookup: Lookup;
	// Without proxyEnv, an agent ignores HTTP_PROXY and HTTPS_PROXY even where NODE_USE_ENV_PROXY is set.
	readonly #agents = { http: new http.Agent({ keepAlive: false }), https: new https.Agent({ keepAlive: false, maxCachedSessions: 0 }) };

	constructor(options: OutgoingOptions) {
		this.#options = options;
		this.#lookup = options.lookup ?? dnsLookup();
	}

	/** What is wrong with a URL, as far as it can be known without a name server; null for nothing. Every call checks the addresses again. */
	validate(text: string): string | null {
		const target = parseTarget(text);
		return typeof target === "string" ? target : hostFault(target, this.#options.allowed);
	}

	/** Sends a POST with this body to the URL; `signal` ends the call early. */
	async post(url: string, message: { headers: Readonly<Record<string, string>>; body: string }, signal?: AbortSignal): Promise<CallOutcome> {
		const { status, error } = await this.#call(url, { ...message, method: "POST" }, signal);
		return { status, error };
	}

	/** Sends a GET to the URL and reads a response of at most 64 KiB. */
	async get(url: string, headers: Readonly<Record<string, string>>): Promise<ReadOutcome> {
		return this.#call(url, { headers, method: "GET" });
	}

	async #call(url: string, message: Message, signal?: AbortSignal): Promise<ReadOutcome> {
		const target = parseTarget(url);
		if (typeof target === "string") return { status: null, error: "no_allowed_address", body: null };
		const timeout = AbortSignal.timeout(this.#options.timeout_ms ?? CALL_TIMEOUT_MS);
		const ended = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
		const addresses = await resolveTarget(target, this.#lookup, this.#options.allowed, ended);
		if (ended.aborted) return { status: null, error: "timed_out", body: null };
		if (addresses.length === 0) return { status: null, error: "no_allowed_address", body: null };
		return this.#send(target, addresses, message, ended);
	}

	#send(target: Target, addresses: readonly Address[], message: Message, signal: AbortSignal): Promise<ReadOutcome> {
		const { allowed, ca } = this.#options;
		const { promise, resolve } = Promise.withResolvers<ReadOutcome>();
		const { method, body } = message;
		const request = (target.secure ? https : http).request({
			agent: target.secure ? this.#agents.https : this.#agents.http,
			method,
			host: target.host,
			port: target.port,
			path: target.url.pathname + target.url.search,
			headers: { ...message.headers, host: target.url.host, ...lengthOf(body), connection: "close" },
			lookup: pinnedTo(addresses),
			maxHeaderSize: RESPONSE_HEADER_BYTES_MAX,
			signal,
			...(target.secure && ca !== undefined ? { ca } : {}),
			...(target.secure && target.literal === null ? { servername: target.host } : {}),
		});
		const fail = (error: CallError) => resolve({ status: null, error, body: null });
		request.on("socket", (socket) =>
			socket.once("connect", () => {
				const peer = parseAddress(socket.remoteAddress ?? "");
				if (peer !== null && mayReach(peer, target, allowed)) return;
				fail("no_allowed_address");
				request.destroy();
			}),
		);
		request.on("error", (error) => fail(signal.aborted ? "timed_out" : getError(error)));
		// Another protocol is never spoken on the connection.
		request.on("upgrade", (_response, socket) => {
			socket.destroy();
			fail("invalid_response");
		});
		request.on("response", (response) => {
			const status = response.statusCode ?? 0;
			const error = status >= 200 && status < 300 ? null : status >= 300 && status < 400 ? "redirected" : "refused";
			if (method === "GET" && error === null)
				return readBody(response, request, (text) => (text === null ? fail("invalid_response") : resolve({ status, error, body: text })));
			resolve({ status, error, body: null });
			discard(response, request);
		});
		request.end(body);
		return promise;
	}
}

/** A lookup that returns these addresses for every name. */
function pinnedTo(addresses: readonly Address[]): LookupFunction {
	return (_host, options, callback) => {
		const all = addresses.map(({ text, version }) => ({ address: text, family: version }));
		const [first] = all;
		if (options.all === true || first === undefined) callback(null, all);
		else callback(null, first.address, first.family);
	};
}

function lengthOf(body: string | undefined): Record<string, string> {
	return body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
}

/** Passes on the whole body, or null for one that is too long or ends early. The time of the call bounds it. */
function readBody(response: IncomingMessage, request: ClientRequest, done: (text: string | null) => void): void {
	const chunks: Buffer[] = [];
	let bytes = 0;
	response.on("data", (chunk: Buffer) => {
		bytes += chunk.length;
		chunks.push(chunk);
		if (bytes > RESPONSE_BODY_BYTES_MAX) request.destroy();
	});
	response.on("error", () => undefined);
	response.on("close", () => done(response.complete && bytes <= RESPONSE_BODY_BYTES_MAX ? Buffer.concat(chunks).toString("utf8") : null));
}

/** Lets a receiver finish a short response, and closes the connection if the response is longer. */
function discard(response: IncomingMessage, request: ClientRequest): void {
	let bytes = 0;
	const end = () => void request.destroy();
	const timer = setTimeout(end, RESPONSE_BODY_MS_MAX);
	response.on("data", (chunk: Buffer) => {
		bytes += chunk.length;
		if (bytes > RESPONSE_BODY_BYTES_MAX) end();
	});
	response.on("error", () => undefined);
	response.on("close", () => clearTimeout(timer));
}

function getError(error: NodeJS.ErrnoException): CallError {
	const code = error.code ?? "";
	if (code.startsWith("HPE_")) return "invalid_response";
	return /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|EPROTO|HOSTNAME)/.test(code) ? "tls_failed" : "connection_failed";
}
