import { createServer, type IncomingMessage, type Server } from "node:http";
import { Webhook, WebhookVerificationError } from "standardwebhooks";
import type { Applied } from "./apply.ts";
import { parseEvent, type SubscriptionEvent } from "./event.ts";

const PATH = "/webhooks/billing";
const BODY_BYTES_MAX = 256 * 1024;
const AT_ONCE_MAX = 100;
const REQUEST_MS_MAX = 10_000;
const RETRY_AFTER_SECONDS = 30;

export interface Receiver {
	/** `whsec_…`; two, comma-separated, while it is being replaced. */
	readonly secrets: string;
	readonly apply: (event: SubscriptionEvent) => Promise<Applied>;
	readonly unknown_customers: "retry" | "ignore";
	readonly log: (line: string) => void;
}

/** Receives signed events. 2xx: Keywright has accepted the change, or there was none. After any other status the billing system retries. */
export function createReceiver(receiver: Receiver): Server {
	const webhooks = receiver.secrets.split(",").map((secret) => new Webhook(secret.trim()));
	let running = 0;

	const server = createServer(async (request, response) => {
		running += 1;
		try {
			const status = request.method === "POST" && request.url === PATH ? await answer(request, webhooks, receiver, running) : 404;
			if (status === 503) response.setHeader("Retry-After", RETRY_AFTER_SECONDS);
			if (!request.complete) response.setHeader("Connection", "close");
			response.writeHead(status).end();
		} finally {
			running -= 1;
		}
	});
	server.requestTimeout = REQUEST_MS_MAX;
	server.headersTimeout = REQUEST_MS_MAX;
	return server;
}

async function answer(request: IncomingMessage, webhooks: readonly Webhook[], receiver: Receiver, running: number): Promise<number> {
	if (running > AT_ONCE_MAX) return 503;
	const body = await readBody(request).catch(() => null);
	if (body === null) return 413;
	const event_id = String(request.headers["webhook-id"]);
	if (!webhooks.some((webhook) => isSigned(webhook, body, request))) {
		receiver.log("refused: not signed by the billing system, or too old");
		return 400;
	}
	let event: SubscriptionEvent | null;
	try {
		event = parseEvent(event_id, JSON.parse(body), Date.now());
	} catch (error) {
		receiver.log(`refused: ${said(event_id)} ${messageOf(error)}`);
		return 422;
	}
	return event ? carryOut(event, receiver) : 200;
}

async function carryOut(event: SubscriptionEvent, { apply, unknown_customers, log }: Receiver): Promise<number> {
	const names = `${said(event.event_id)} of customer ${said(event.customer_id)}`;
	try {
		const applied = await apply(event);
		log(`${applied}: ${names}, ${said(event.product_id)} ${said(event.status)}`);
		return applied === "unknown_customer" && unknown_customers === "retry" ? 404 : 200;
	} catch (error) {
		log(`failed: ${names}: ${messageOf(error)}`);
		return error instanceof TypeError && error.message.endsWith("plans.json") ? 422 : 503;
	}
}

/** The signature covers the received bytes; parsing and serializing them again would change them. */
function isSigned(webhook: Webhook, body: string, request: IncomingMessage): boolean {
	const headers = Object.fromEntries(
		["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => [name, String(request.headers[name] ?? "")]),
	);
	try {
		webhook.verify(body, headers, { jsonParse: false });
		return true;
	} catch (error) {
		if (error instanceof WebhookVerificationError) return false;
		throw error;
	}
}

/** Rejects bodies that are too large or not UTF-8; decoded, the latter would differ from the signed bytes. */
async function readBody(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of request) {
		bytes += chunk.length;
		if (bytes > BODY_BYTES_MAX) throw new RangeError("too large");
		chunks.push(chunk);
	}
	return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
}

/** Escapes untrusted text so that it cannot start a new log line. */
function said(text: string): string {
	return JSON.stringify(text.slice(0, 128));
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
