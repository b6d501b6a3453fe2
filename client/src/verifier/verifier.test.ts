import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { createServer as createNetServer } from "node:net";
import { afterEach, test } from "node:test";
import { admitted, CREDENTIAL, closeServer, denied, listen, type Peer, RAW_KEY, sends, startPeer } from "../../testing/peer.ts";
import type { KeywrightError, Reason } from "../report.ts";
import { createVerifier, type Verifier, type VerifierOptions } from "./verifier.ts";

const TIMEOUT_MS = 300;
/** Long enough for a response on a busy machine. */
const PATIENT_MS = 60_000;
const closers: (() => unknown)[] = [];

afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
});

async function peerThat(respond?: Peer["respond"]): Promise<Peer> {
	const peer = await startPeer(respond);
	closers.push(peer.close);
	return peer;
}

function makeVerifier(url: string, more: Partial<VerifierOptions> = {}): { verifier: Verifier; errors: KeywrightError[] } {
	const errors: KeywrightError[] = [];
	const verifier = createVerifier({ url, credential: CREDENTIAL, timeout_ms: PATIENT_MS, on_error: (error) => errors.push(error), ...more });
	closers.push(() => verifier.close());
	return { verifier, errors };
}

/** Asserts a 503 with `Retry-After`, a reported cause, and no part of the question in it. */
async function refuses(url: string, reason: Reason, more: Partial<VerifierOptions> = {}): Promise<void> {
	const { verifier, errors } = makeVerifier(url, more);
	const decision = await verifier.verify({ raw_key: RAW_KEY });
	assert.equal(decision.allowed, false);
	assert.equal(`${decision.status} ${decision.code}`, "503 unavailable");
	assert.equal(decision.headers["Retry-After"], "1");
	assert.deepEqual(
		errors.map((error) => error.reason),
		[reason],
	);
	for (const text of [JSON.stringify(decision), ...errors.map((error) => `${error.stack} ${JSON.stringify(error)}`)]) {
		assert.ok(!text.includes(RAW_KEY) && !text.includes(CREDENTIAL), "a secret leaked");
	}
}

test("the question goes to /api/v1/verify below the url, with the credential, as JSON", async () => {
	const peer = await peerThat();
	const { verifier } = makeVerifier(`${peer.url}/behind/a/proxy/`);
	const question = { raw_key: RAW_KEY, tenant_id: "acme", permissions: ["orders:read"], cost: 2, request: { method: "GET", path: "/x" } };
	const decision = await verifier.verify(question);
	assert.ok(decision.allowed && decision.tenant.id === "acme");
	assert.equal(peer.asked[0]?.url, "/behind/a/proxy/api/v1/verify");
	assert.equal(peer.asked[0]?.headers.authorization, `Bearer ${CREDENTIAL}`);
	assert.equal(peer.asked[0]?.headers["content-type"], "application/json");
	assert.deepEqual(JSON.parse(peer.asked[0]?.body ?? ""), question);
});

test("a denial is returned as Keywright sent it", async () => {
	const peer = await peerThat(sends(denied(404, "not_found")));
	const decision = await makeVerifier(peer.url).verifier.verify({ raw_key: RAW_KEY });
	assert.deepEqual([decision.allowed, decision.status, decision.code, decision.request_id], [false, 404, "not_found", "req_denied"]);
});

test("a hundred questions one after another use one connection; at once, no more than allowed", async () => {
	const peer = await peerThat();
	const { verifier } = makeVerifier(peer.url, { max_concurrent: 4 });
	for (let index = 0; index < 100; index += 1) await verifier.verify({ raw_key: RAW_KEY });
	assert.equal(peer.connections(), 1);
	const decisions = await Promise.all(Array.from({ length: 100 }, () => verifier.verify({ raw_key: RAW_KEY })));
	assert.ok(decisions.every((decision) => decision.allowed));
	assert.ok(peer.connections() <= 4, `${peer.connections()} connections`);
});

test("a refused connection: 503", async () => {
	const peer = await startPeer();
	await peer.close();
	await refuses(peer.url, "network");
});

test("a time-out: 503, also when bytes arrive slowly", async () => {
	await refuses((await peerThat(() => undefined)).url, "timeout", { timeout_ms: TIMEOUT_MS });
	const drip = await peerThat((_request, response) => {
		response.writeHead(200);
		const timer = setInterval(() => response.write(" "), 20);
		closers.push(() => clearInterval(timer));
	});
	await refuses(drip.url, "timeout", { timeout_ms: TIMEOUT_MS });
});

test("a connection that is cut before or in the middle of the answer: 503", async () => {
	await refuses((await peerThat((request) => request.socket.resetAndDestroy())).url, "network");
	const half = await peerThat((_request, response) => {
		response.writeHead(200, { "content-length": "1000" });
		response.write('{"allowed":true', () => response.destroy());
	});
	await refuses(half.url, "network");
});

test("an answer that is not HTTP: 503", async () => {
	const server = createNetServer((socket) => {
		socket.on("error", () => undefined);
		socket.end("SSH-2.0-OpenSSH_9.9\r\n");
	});
	closers.push(() => server.close());
	await refuses(await listen(server), "network");
});

test("an error status: 503, whatever the body says", async () => {
	await refuses((await peerThat(sends(admitted(), 500))).url, "server_error");
	await refuses((await peerThat(sends(admitted(), 401))).url, "credential_refused");
	await refuses((await peerThat(sends(admitted(), 400))).url, "question_refused");
	await refuses((await peerThat(sends(admitted(), 201))).url, "answer_malformed");
});

test("a malformed answer: 503", async () => {
	for (const answer of [null, [], "yes", {}, { allowed: true }, admitted({ key: null }), denied(200, "key_invalid")]) {
		await refuses((await peerThat(sends(answer))).url, "answer_malformed");
	}
	await refuses((await peerThat((_request, response) => response.end('{"allowed":true'))).url, "answer_malformed");
});

test("an endless answer is cut off: 503", async () => {
	const flood = await peerThat((_request, response) => {
		response.writeHead(200);
		const chunk = Buffer.alloc(64 * 1024, 0x20);
		const push = (): void => {
			while (!response.destroyed && response.write(chunk));
		};
		response.on("drain", push);
		push();
	});
	await refuses(flood.url, "answer_too_large", { timeout_ms: 5000 });
});

test("a redirect is not followed: neither key nor credential go elsewhere", async () => {
	const elsewhere = await peerThat();
	for (const status of [301, 302, 303, 307, 308]) {
		await refuses((await peerThat(sends({}, status, { location: `${elsewhere.url}/api/v1/verify` }))).url, "redirect");
	}
	assert.equal(elsewhere.asked.length, 0);
});

test("a connection closed while idle is replaced without a refusal", async () => {
	const sockets = new Set<Socket>();
	const server = createServer((request, response) => request.resume().on("end", () => sends(admitted())(request, response, "")));
	server.on("connection", (socket) => sockets.add(socket));
	closers.push(() => closeServer(server));
	const { verifier, errors } = makeVerifier(await listen(server));
	assert.equal((await verifier.verify({ raw_key: RAW_KEY })).allowed, true);
	for (const socket of sockets) socket.resetAndDestroy();
	assert.equal((await verifier.verify({ raw_key: RAW_KEY })).allowed, true);
	assert.deepEqual(errors, []);
	assert.equal(sockets.size, 2);
});

test("it answers again as soon as Keywright does", async () => {
	const peer = await peerThat(sends({}, 500));
	const { verifier } = makeVerifier(peer.url);
	assert.equal((await verifier.verify({ raw_key: RAW_KEY })).status, 503);
	peer.respond = sends(admitted());
	assert.equal((await verifier.verify({ raw_key: RAW_KEY })).status, 200);
});

test("questions beyond the bound are refused at once, not queued without end", async () => {
	const peer = await peerThat(() => undefined);
	const { verifier, errors } = makeVerifier(peer.url, { max_concurrent: 1, timeout_ms: TIMEOUT_MS });
	const decisions = await Promise.all(Array.from({ length: 100 }, () => verifier.verify({ raw_key: RAW_KEY })));
	assert.ok(decisions.every((decision) => decision.status === 503));
	const reasons = errors.map((error) => error.reason);
	assert.equal(reasons.filter((reason) => reason === "overloaded").length, 67);
	assert.equal(reasons.filter((reason) => reason === "timeout").length, 33);
});

test("after close, running and further questions get 503", async () => {
	const peer = await peerThat(() => undefined);
	const { verifier, errors } = makeVerifier(peer.url, { timeout_ms: 60_000 });
	const waiting = verifier.verify({ raw_key: RAW_KEY });
	verifier.close();
	assert.equal((await waiting).status, 503);
	assert.equal((await verifier.verify({ raw_key: RAW_KEY })).status, 503);
	assert.deepEqual(
		errors.map((error) => error.reason),
		["closed", "closed"],
	);
});

test("a broken on_error changes no answer", async () => {
	const peer = await peerThat(sends({}, 500));
	const broken = [
		() => {
			throw new Error("the logger is broken");
		},
		() => Promise.reject(new Error("the logger is broken")),
	];
	for (const on_error of broken) {
		assert.equal((await makeVerifier(peer.url, { on_error }).verifier.verify({ raw_key: RAW_KEY })).status, 503);
	}
});

test("without on_error the operator is warned, once a minute at most", async () => {
	const peer = await peerThat(sends({}, 401));
	const warnings: Error[] = [];
	const listener = (warning: Error): number => warnings.push(warning);
	process.on("warning", listener);
	closers.push(() => process.off("warning", listener));
	const verifier = createVerifier({ url: peer.url, credential: CREDENTIAL });
	closers.push(() => verifier.close());
	await verifier.verify({ raw_key: RAW_KEY });
	await verifier.verify({ raw_key: RAW_KEY });
	await new Promise((resolve) => setImmediate(resolve));
	assert.deepEqual(
		warnings.map((warning) => warning.message),
		["Keywright refused the service credential (401)"],
	);
});

test("invalid options are rejected at once, without repeating their values", () => {
	const good = { url: "http://127.0.0.1:1", credential: CREDENTIAL };
	const bad = [
		{ url: "127.0.0.1:8787" },
		{ url: "ftp://127.0.0.1" },
		{ url: "http://a:sesame@127.0.0.1" },
		{ credential: "sesame" },
		{ credential: RAW_KEY },
		{ credential: `${CREDENTIAL}\r\nX: sesame` },
		{ timeout_ms: 0 },
		{ timeout_ms: Number.NaN },
		{ max_concurrent: 1.5 },
	];
	for (const change of bad) {
		assert.throws(
			() => createVerifier({ ...good, ...change }),
			(error) => error instanceof TypeError && !/sesame|aaaa/.test(error.message),
			JSON.stringify(change),
		);
	}
});
