import assert from "node:assert/strict";
import { test } from "node:test";
import { admitted, CREDENTIAL, type Peer, RAW_KEY, sends, startPeer } from "../../testing/peer.ts";
import { type Loss, startRelay } from "../../testing/relay.ts";
import type { Reason } from "../report.ts";
import { createVerifier } from "./verifier.ts";

const IDLE = 64;

test("a stalled Keywright gets one extra question, not every question twice", async (t) => {
	const peer = await startPeer();
	const verifier = createVerifier({ url: peer.url, credential: CREDENTIAL, timeout_ms: 8_000 });
	t.after(async () => {
		verifier.close();
		await peer.close();
	});
	const ask = () => Promise.all(Array.from({ length: IDLE }, () => verifier.verify({ raw_key: RAW_KEY })));
	const waiting: (() => void)[] = [];
	const answerAt =
		(count: number): Peer["respond"] =>
		(...exchange) => {
			waiting.push(() => sends(admitted())(...exchange));
			if (waiting.length === count) for (const answer of waiting.splice(0)) answer();
		};
	peer.respond = answerAt(IDLE);
	await ask();
	peer.asked.length = 0;
	peer.respond = answerAt(IDLE + 1);
	assert.equal((await ask()).filter(({ allowed }) => allowed).length, IDLE);
	assert.equal(peer.asked.length, IDLE + 1);
});

const WAYS: readonly (readonly [Loss, "at once" | "one after another"])[] = [
	["reset", "at once"],
	["reset", "one after another"],
	["drop", "at once"],
	["drop", "one after another"],
];

for (const [loss, way] of WAYS)
	test(`of ${IDLE} idle connections that were lost without a FIN (${loss}), none costs a question (${way})`, async (t) => {
		const peer = await startPeer();
		const relay = await startRelay(peer.url);
		const reasons: Reason[] = [];
		const verifier = createVerifier({ url: relay.url, credential: CREDENTIAL, timeout_ms: 10_000, on_error: ({ reason }) => reasons.push(reason) });
		t.after(async () => {
			verifier.close();
			relay.close();
			await peer.close();
		});
		const ask = () => Promise.all(Array.from({ length: IDLE }, () => verifier.verify({ raw_key: RAW_KEY })));

		// Responds only once all requests have arrived, so that each has its own connection.
		const waiting: (() => void)[] = [];
		peer.respond = (...exchange) => {
			waiting.push(() => sends(admitted())(...exchange));
			if (waiting.length === IDLE) for (const answer of waiting) answer();
		};
		assert.equal((await ask()).filter(({ allowed }) => allowed).length, IDLE);
		assert.equal(relay.connections(), IDLE);

		peer.respond = sends(admitted());
		relay.forget(loss);
		const decisions = [];
		if (way === "at once") decisions.push(...(await ask()));
		else for (let index = 0; index < IDLE; index += 1) decisions.push(await verifier.verify({ raw_key: RAW_KEY }));
		assert.equal(decisions.filter(({ allowed }) => allowed).length, IDLE);
		assert.deepEqual(reasons, []);
		// Sequential questions succeed too, and new connections are reused.
		const opened = relay.connections();
		for (let index = 0; index < 5; index += 1) assert.equal((await verifier.verify({ raw_key: RAW_KEY })).allowed, true);
		assert.ok(relay.connections() <= opened + 1, "new connections are kept");
	});
