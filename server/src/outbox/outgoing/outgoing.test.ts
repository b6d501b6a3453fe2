import { deepEqual, equal, ok } from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http, { type IncomingMessage, type RequestListener } from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type NameServer, startNameServer } from "../../../testing/name-server.ts";
import { AllowList, parseAllowList } from "../../core/network.ts";
import { Outgoing, type OutgoingOptions } from "./outgoing.ts";
import { dnsLookup } from "./resolve.ts";

const MESSAGE = { headers: { "content-type": "application/json", "webhook-id": "evt_1" }, body: '{"type":"key.created"}' };
const SHORT_MS = 400;
/** An address of this machine in place of an internal one: no call may reach it, although a server listens there. */
const INTERNAL = "127.0.0.2";

let names: NameServer;
/** What the name server answers next to each name. */
const zone = new Map<string, (readonly string[])[]>();
const open: { close(): void }[] = [];

before(async () => {
	names = await startNameServer((name) => {
		const answers = zone.get(name);
		return answers === undefined ? [] : ((answers.length > 1 ? answers.shift() : answers[0]) ?? []);
	});
});
after(() => {
	names.close();
	for (const server of open) server.close();
});

function outgoing(options: Partial<OutgoingOptions> = {}): Outgoing {
	const allowed = parseAllowList(["127.0.0.1"]);
	ok(allowed instanceof AllowList);
	return new Outgoing({ allowed, lookup: dnsLookup([names.address]), ...options });
}

async function listening(server: net.Server, host = "127.0.0.1", port = 0): Promise<number> {
	open.push({ close: () => void server.close() });
	server.listen(port, host);
	await once(server, "listening");
	return (server.address() as AddressInfo).port;
}

/** A receiver; `seen` are its requests. */
async function receiver(answer: RequestListener, host?: string, port?: number): Promise<{ port: number; seen: IncomingMessage[] }> {
	const seen: IncomingMessage[] = [];
	const server = http.createServer((request, response) => {
		seen.push(request);
		answer(request, response);
	});
	open.push({ close: () => server.closeAllConnections() });
	return { port: await listening(server, host, port), seen };
}

const accept: RequestListener = (_request, response) => void response.end("ok");

test("a call sends headers and body to the host as written, and returns the status", async () => {
	const bodies: string[] = [];
	const { port, seen } = await receiver(async (request, response) => {
		bodies.push((await request.toArray()).join(""));
		response.writeHead(204).end();
	});
	deepEqual(await outgoing().post(`http://127.0.0.1:${port}/a/b?c=d`, MESSAGE), { status: 204, error: null });
	deepEqual(bodies, [MESSAGE.body]);
	const [request] = seen;
	deepEqual(
		[request?.method, request?.url, request?.headers.host, request?.headers["webhook-id"]],
		["POST", "/a/b?c=d", `127.0.0.1:${port}`, "evt_1"],
	);
});

test("a name whose address changes between check and connection is called at the checked address", async () => {
	const { port, seen } = await receiver(accept);
	const internal = await receiver(accept, INTERNAL, port);
	zone.set("rebinding.test", [["127.0.0.1"], [INTERNAL]]);
	names.asked.length = 0;
	deepEqual(await outgoing().post(`http://rebinding.test:${port}/`, MESSAGE), { status: 200, error: null });
	deepEqual(names.asked, ["rebinding.test"], "it is asked once, and its answer is what the connection goes to");
	deepEqual(await outgoing().post(`http://rebinding.test:${port}/`, MESSAGE), { status: null, error: "no_allowed_address" });
	zone.set("both.test", [[INTERNAL, "127.0.0.1"]]);
	deepEqual(await outgoing().post(`http://both.test:${port}/`, MESSAGE), { status: 200, error: null });
	equal(seen.length, 2);
	equal(internal.seen.length, 0);
});

test("an internal address is not reached by name, literal or redirect, and unknown names have the same outcome", async () => {
	const internal = await receiver(accept, INTERNAL);
	zone.set("internal.test", [[INTERNAL]]);
	const { port } = await receiver((_request, response) => void response.writeHead(307, { location: `http://${INTERNAL}:${internal.port}/` }).end());
	for (const host of ["internal.test", INTERNAL, "unknown.test"])
		deepEqual(await outgoing().post(`http://${host}:${internal.port}/`, MESSAGE), { status: null, error: "no_allowed_address" }, host);
	deepEqual(await outgoing().post(`http://127.0.0.1:${port}/`, MESSAGE), { status: 307, error: "redirected" });
	equal(internal.seen.length, 0);
});

test("a receiver that never answers, sends garbage, closes or sends endless headers ends the call within its time", async () => {
	const silent = await listening(net.createServer(() => undefined).on("connection", (socket) => open.push({ close: () => void socket.destroy() })));
	const started = performance.now();
	deepEqual(await outgoing({ timeout_ms: SHORT_MS }).post(`http://127.0.0.1:${silent}/`, MESSAGE), { status: null, error: "timed_out" });
	ok(performance.now() - started >= SHORT_MS - 50);
	const garbage = await listening(net.createServer((socket) => void socket.on("error", () => undefined).end("SSH-2.0-OpenSSH_9\r\n")));
	deepEqual(await outgoing().post(`http://127.0.0.1:${garbage}/`, MESSAGE), { status: null, error: "invalid_response" });
	const closing = await listening(net.createServer((socket) => void socket.destroy()));
	deepEqual(await outgoing().post(`http://127.0.0.1:${closing}/`, MESSAGE), { status: null, error: "connection_failed" });
	const headers = await listening(
		net.createServer((socket) => {
			socket.on("error", () => undefined);
			socket.write(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(20_000)}\r\n`);
		}),
	);
	deepEqual(await outgoing().post(`http://127.0.0.1:${headers}/`, MESSAGE), { status: null, error: "invalid_response" });
	const unused = net.createServer();
	const port = await listening(unused);
	unused.close();
	await once(unused, "close");
	deepEqual(await outgoing().post(`http://127.0.0.1:${port}/`, MESSAGE), { status: null, error: "connection_failed" });
});

test("a name server that does not answer ends the call within its time", async () => {
	const silent = await startNameServer(() => null);
	open.push(silent);
	const call = outgoing({ timeout_ms: SHORT_MS, lookup: dnsLookup([silent.address]) }).post("https://slow.test/", MESSAGE);
	deepEqual(await call, { status: null, error: "timed_out" });
});

test("a body without end is cut off, after the status was received", async () => {
	const { promise, resolve } = Promise.withResolvers<number>();
	const { port } = await receiver((_request, response) => {
		let bytes = 0;
		const chunk = Buffer.alloc(65_536);
		const write = () => {
			while (!response.destroyed && response.write(chunk)) bytes += chunk.length;
		};
		response.on("drain", write).on("close", () => resolve(bytes));
		write();
	});
	deepEqual(await outgoing().post(`http://127.0.0.1:${port}/`, MESSAGE), { status: 200, error: null });
	ok((await promise) < 64 * 1_048_576, "only what fits into buffers was sent");
});

test("a signal ends a call", async () => {
	const { port, seen } = await receiver(() => undefined);
	const controller = new AbortController();
	const call = outgoing().post(`http://127.0.0.1:${port}/`, MESSAGE, controller.signal);
	while (seen.length === 0) await new Promise(setImmediate);
	controller.abort();
	equal((await call).status, null);
});

test("proxy variables are ignored, also where Node is set to use them", async () => {
	const proxy = await receiver(accept);
	const { port, seen } = await receiver(accept);
	const script = `
		import { Outgoing } from ${JSON.stringify(join(import.meta.dirname, "outgoing.ts"))};
		import { parseAllowList } from ${JSON.stringify(join(import.meta.dirname, "../../core/network.ts"))};
		const outcome = await new Outgoing({ allowed: parseAllowList(["127.0.0.1"]) }).post("http://127.0.0.1:${port}/", { headers: {}, body: "{}" });
		console.log(JSON.stringify(outcome));`;
	const url = `http://127.0.0.1:${proxy.port}`;
	const env = {
		...process.env,
		NODE_USE_ENV_PROXY: "1",
		HTTP_PROXY: url,
		HTTPS_PROXY: url,
		http_proxy: url,
		https_proxy: url,
		NO_PROXY: "",
		no_proxy: "",
	};
	const child = spawn(process.execPath, ["--input-type=module", "-e", script], { env, stdio: ["ignore", "pipe", "inherit"] });
	deepEqual(JSON.parse((await child.stdout.toArray()).join("")), { status: 200, error: null });
	deepEqual([seen.length, proxy.seen.length], [1, 0]);
});

test("a certificate has to be valid for the host, and is checked for names and addresses", async () => {
	const folder = mkdtempSync(join(tmpdir(), "keywright-tls-"));
	const [key_file, cert_file] = [join(folder, "key.pem"), join(folder, "cert.pem")];
	const names_of = ["-subj", "/CN=hooks.test", "-addext", "subjectAltName=DNS:hooks.test"];
	execFileSync(
		"openssl",
		["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key_file, "-out", cert_file, ...names_of],
		{
			stdio: "ignore",
		},
	);
	const [key, cert] = [readFileSync(key_file, "utf8"), readFileSync(cert_file, "utf8")];
	rmSync(folder, { recursive: true });
	const port = await listening(https.createServer({ key, cert }, accept));
	zone.set("hooks.test", [["127.0.0.1"]]);
	zone.set("other.test", [["127.0.0.1"]]);
	const trusting = outgoing({ ca: cert });
	deepEqual(await trusting.post(`https://hooks.test:${port}/`, MESSAGE), { status: 200, error: null });
	for (const host of ["other.test", "127.0.0.1"])
		deepEqual(await trusting.post(`https://${host}:${port}/`, MESSAGE), { status: null, error: "tls_failed" }, host);
	deepEqual(await outgoing().post(`https://hooks.test:${port}/`, MESSAGE), { status: null, error: "tls_failed" });
	const plain = await receiver(accept);
	deepEqual(await trusting.post(`https://hooks.test:${plain.port}/`, MESSAGE), { status: null, error: "tls_failed" });
});
