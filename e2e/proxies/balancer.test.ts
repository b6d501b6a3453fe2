/** Keywright behind a load balancer: health checks, and restarts without lost requests. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Agent } from "node:http";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { send } from "../client.ts";
import { assertProblem } from "../problem.ts";
import { requestText, Wire } from "../raw-socket.ts";
import { endLeftovers, type Server, startServer } from "../server.ts";
import { makeService } from "../things.ts";
import { startHaproxy, startNginx } from "./proxy.ts";

const CHECKED_WITHIN_MS = 20_000;
const POLL_MS = 20;
const CLOSED_WITHIN_MS = 4_000;
const LANES = 3;
/** The pause between two requests of a lane, which bounds the load. */
const PAUSE_MS = 10;

let servers: Server[] = [];

before(async () => {
	servers = [await startServer(), await startServer()];
});

after(async () => {
	for (const server of servers) await server.stop();
	await endLeftovers();
});

function serverAt(index: number): Server {
	const server = servers[index];
	ok(server);
	return server;
}

test("HAProxy's option httpchk, which uses HTTP/1.0 without a Host, finds the server healthy", async () => {
	const balancer = await startHaproxy(`
defaults
	mode http
	log stdout format raw local0
	timeout connect 1s
	timeout client 5s
	timeout server 5s
listen keywright
	bind 127.0.0.1:PORT
	option httpchk GET /readyz
	option log-health-checks
	server one 127.0.0.1:${serverAt(0).port} check inter 50ms
`);
	try {
		const checked = /Health check for server keywright\/one .*/;
		for (const until = performance.now() + CHECKED_WITHIN_MS; performance.now() < until && !checked.test(balancer.output); ) await sleep(POLL_MS);
		match(checked.exec(balancer.output)?.[0] ?? balancer.output, /succeeded.*code: 200/);
		equal((await send(balancer.url, { method: "GET", path: "/healthz" })).status, 200);
	} finally {
		await balancer.stop();
	}
});

test("behind nginx a rolling restart of two servers loses no request", async () => {
	const nginx = await startNginx(`
upstream keywright {
	${servers.map(({ port }) => `server 127.0.0.1:${port} max_fails=0;`).join(" ")}
	keepalive 16;
}
server {
	listen 127.0.0.1:PORT;
	location / {
		proxy_pass http://keywright;
		proxy_http_version 1.1;
		proxy_set_header Connection "";
		proxy_connect_timeout 2s;
	}
}
`);
	const agent = new Agent({ keepAlive: true });
	const statuses = new Map<string, number>();
	let restarted = false;
	async function lane(): Promise<void> {
		for (; !restarted; await sleep(PAUSE_MS)) {
			const outcome = await send(nginx.url, { method: "GET", path: "/healthz" }, agent).then(
				({ status }) => String(status),
				(error: unknown) => String(error),
			);
			statuses.set(outcome, (statuses.get(outcome) ?? 0) + 1);
		}
	}
	try {
		const load = Promise.all(Array.from({ length: LANES }, lane));
		for (const [index, one] of servers.entries()) {
			const { data_dir, port } = one;
			await one.stop({ keep_folder: true });
			servers[index] = await startServer({ data_dir, port });
		}
		restarted = true;
		await load;
		deepEqual([...statuses.keys()], ["200"], JSON.stringify([...statuses]));
	} finally {
		restarted = true;
		agent.destroy();
		await nginx.stop();
	}
});

test("a stopping server closes idle connections at once and others after their response, and fails its health check", async () => {
	const stopping = serverAt(1);
	const { credential } = await makeService(stopping);
	const idle = await Wire.open(stopping.port);
	idle.write(requestText("GET", "/healthz"));
	equal((await idle.answer()).header("connection"), "keep-alive");
	const body = JSON.stringify({ raw_key: "kw_prod_wrong" });
	const under_way = await Wire.open(stopping.port);
	under_way.write(
		requestText("POST", "/api/v1/verify", [
			`Authorization: Bearer ${credential}`,
			"Content-Type: application/json",
			`Content-Length: ${body.length}`,
		]),
	);
	const halves = await Promise.all(
		["/healthz", "/readyz", "/api/v1/forward-auth"].map(async (path) => ({ path, wire: await Wire.open(stopping.port) })),
	);
	for (const { path, wire } of halves) wire.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n`);
	const began = performance.now();
	const ended = stopping.stop({ keep_folder: true });
	ok(await idle.waitClosed(CLOSED_WITHIN_MS), "the idle connection is closed");
	equal(idle.pending, "");
	ok(performance.now() - began < CLOSED_WITHIN_MS);
	for (const { wire } of halves) wire.write("\r\n");
	under_way.write(body);
	const [healthy, ready, forwarded] = await Promise.all(halves.map(({ wire }) => wire.answer()));
	ok(healthy && ready && forwarded);
	equal(healthy.status, 200);
	assertProblem(ready, "unavailable");
	assertProblem(forwarded, "forwarded_uri_missing");
	const verified = await under_way.answer();
	deepEqual([verified.status, verified.json.code], [200, "key_invalid"]);
	for (const answer of [healthy, ready, forwarded, verified]) equal(answer.header("connection"), "close");
	await ended;
	const request_id = ready.header("x-request-id");
	match(stopping.logs.stdout, new RegExp(`"request_id":"${request_id}".*"code":"unavailable"`));
});
