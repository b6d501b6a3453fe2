import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CREDENTIAL, call, closeServer, listen, type Peer, RAW_KEY, type Reply, startPeer } from "../testing/peer.ts";
import { readSnippets } from "../testing/snippets.ts";

const PACKAGE = join(import.meta.dirname, "..");
const START_DEADLINE_MS = 20_000;
const POLL_MS = 50;
const FRAMEWORKS = ["fastify", "express", "hono", "node"];
const { snippets, fences } = readSnippets(join(PACKAGE, "README.md"));

let peer: Peer;
let folder: string;

before(async () => {
	peer = await startPeer();
	folder = mkdtempSync(join(PACKAGE, ".readme-"));
});
after(async () => {
	rmSync(folder, { recursive: true });
	await peer.close();
});

async function freePort(): Promise<string> {
	const server = createServer();
	const url = await listen(server);
	await closeServer(server);
	return new URL(url).port;
}

/** The program of the README, with only its addresses replaced: those of the test's Keywright and of a loopback port. */
function onLoopback(program: string, port: string): string {
	return program
		.replace("http://127.0.0.1:8787", peer.url)
		.replace(".listen(3000)", `.listen(${port}, "127.0.0.1")`)
		.replace("port: 3000", `port: ${port}, hostname: "127.0.0.1", host: "127.0.0.1"`);
}

/** The first response of a program that is still starting. */
async function firstAnswer(url: string): Promise<Reply> {
	const until = performance.now() + START_DEADLINE_MS;
	for (;;) {
		try {
			return await call(url);
		} catch (error) {
			if (performance.now() > until) throw error;
			await sleep(POLL_MS);
		}
	}
}

for (const framework of FRAMEWORKS)
	test(`the README's program for ${framework} guards its route`, async () => {
		const snippet = snippets.find(({ name }) => name === framework);
		assert.ok(snippet);
		const port = await freePort();
		const file = join(folder, `${framework}.ts`);
		writeFileSync(file, onLoopback(snippet.text, port));
		const child = spawn(process.execPath, [file], { env: { ...process.env, KEYWRIGHT_SERVICE_CREDENTIAL: CREDENTIAL }, stdio: "ignore" });
		try {
			const url = `http://127.0.0.1:${port}/tenants/acme/orders`;
			assert.equal((await firstAnswer(url)).status, 401);
			const reply = await call(url, { lines: [["X-API-Key", RAW_KEY]] });
			assert.deepEqual([reply.status, JSON.parse(reply.body)], [200, { orders_of: "Acme" }]);
			assert.equal(JSON.parse(peer.asked.at(-1)?.body ?? "").tenant_id, "acme");
			assert.ok(reply.headers.ratelimit);
		} finally {
			child.kill();
			await once(child, "exit");
		}
	});

test("every snippet of the README is run, here or with the Next app of the tests from outside", () => {
	const elsewhere = snippets.filter(({ name }) => name.startsWith("next "));
	// The shell program is run by `e2e/guards/own-app.test.ts`.
	assert.equal(FRAMEWORKS.length + elsewhere.length + 1, fences);
	assert.equal(snippets.length + 1, fences);
});
