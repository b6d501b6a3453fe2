/** Keywright as the upstream of a balancer: found to be well, and restarted without a request lost. */
import { equal, match } from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { send } from "../client.ts";
import { endLeftovers, type Server, startServer } from "../server.ts";
import { startHaproxy } from "./proxy.ts";

const CHECKED_WITHIN_MS = 20_000;
const POLL_MS = 20;

let server: Server;

before(async () => {
	server = await startServer();
});

after(async () => {
	await server?.stop();
	await endLeftovers();
});

test("HAProxy's option httpchk, which asks by HTTP/1.0 without a Host, finds the server well", async () => {
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
	server one 127.0.0.1:${server.port} check inter 50ms
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
