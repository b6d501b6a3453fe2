import assert from "node:assert/strict";
import { test } from "node:test";
import { startExpress } from "../testing/hosts/express.ts";
import { startFastify } from "../testing/hosts/fastify.ts";
import { startHono } from "../testing/hosts/hono.ts";
import { startNode } from "../testing/hosts/node.ts";
import { call, startPeer } from "../testing/peer.ts";
import { assertProblem, describeBehaviour } from "../testing/run-behaviour.ts";

const IN_NODE = { address: "127.0.0.1", lines: true, closes: true } as const;

describeBehaviour("Fastify", startFastify, IN_NODE);
describeBehaviour("Express", startExpress, IN_NODE);
describeBehaviour("Hono", startHono, IN_NODE);
describeBehaviour("node:http", startNode, IN_NODE);

for (const [name, start] of Object.entries({ Fastify: startFastify, Express: startExpress }))
	test(`guard for ${name}: a refusal after the body was read keeps the connection`, async (t) => {
		const peer = await startPeer();
		t.after(() => peer.close());
		const host = await start(peer.url);
		t.after(() => host.close());
		const reply = await call(`${host.url}/read-before`, { method: "POST", lines: [["Content-Type", "application/json"]], body: "{}" });
		assertProblem(reply, 401, "key_missing");
		assert.notEqual(reply.headers.connection, "close");
	});
