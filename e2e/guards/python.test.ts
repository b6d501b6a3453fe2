/** The behaviour table for the guards of `python/`, on real servers. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { call, RAW_KEY } from "../../client/testing/peer.ts";
import { describeBehaviour } from "../../client/testing/run-behaviour.ts";
import { createHostStarter, type HostCommand } from "./host.ts";

/** Debian's Python, which has the servers installed. */
const PYTHON = "/usr/bin/python3";
/** WSGI joins headers by name; both servers accept at most 100 of them and handle unread bodies themselves. */
const WSGI = { address: "127.0.0.1", lines: false, closes: false, flood: "server" } as const;

function python(...args: string[]): HostCommand {
	return { command: PYTHON, args, cwd: join(import.meta.dirname, "hosts") };
}

describeBehaviour("WSGI on gunicorn", createHostStarter(python("wsgi_host.py", "gunicorn")), WSGI);
describeBehaviour("WSGI on wsgiref", createHostStarter(python("wsgi_host.py", "wsgiref")), { ...WSGI, decoded: true });
describeBehaviour(
	"ASGI on uvicorn",
	createHostStarter(python("asgi_host.py")),
	{ address: "127.0.0.1", lines: true, closes: true },
	({ url, peer }) => {
		test("a WebSocket is guarded before it is accepted, with the undecoded path", async () => {
			assert.equal(await upgrade(url("/tenants/acme/socket?page=2"), { "X-API-Key": RAW_KEY }), 101);
			assert.equal(JSON.parse(peer().asked[0]?.body ?? "").request.path, "/tenants/acme/socket");
			assert.equal(await upgrade(url("/tenants/acme/socket"), {}), 403);
			assert.equal(await upgrade(url("/tenants/acme%2Fvictim/socket"), { "X-API-Key": RAW_KEY }), 403);
			assert.deepEqual(JSON.parse((await call(url("/__seen"))).body).handled, ["acme"]);
		});
	},
);

/** The response status of a WebSocket handshake (RFC 6455, 4.1). */
function upgrade(url: string, headers: Record<string, string>): Promise<number> {
	const handshake = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==" };
	return new Promise((resolve, reject) => {
		const outgoing = request(url, { headers: { ...handshake, ...headers }, agent: false });
		outgoing.on("upgrade", (response, socket) => {
			socket.destroy();
			resolve(response.statusCode ?? 0);
		});
		outgoing.on("response", (response) => {
			response.resume();
			resolve(response.statusCode ?? 0);
		});
		outgoing.on("error", reject);
		outgoing.end();
	});
}
