import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { endLeftovers } from "../server.ts";
import { checkArrival } from "./arrival.ts";
import type { Attack } from "./attack.ts";
import { ATTACKS } from "./attacks.ts";
import { assertRefusal, attempt, toBytes } from "./caller.ts";
import { Echo } from "./echo.ts";
import { PROXY_NAMES, type RunningProxy, startProxy } from "./proxy.ts";
import { startWorld, type World } from "./world.ts";

/** How long a caller waits for a response, and a smuggled request may take to arrive. */
const PATIENCE_MS = 1_500;
const SETTLE_MS = 15;

let world: World;
let echo: Echo;

before(async () => {
	world = await startWorld();
	echo = await Echo.start();
});

after(async () => {
	await echo?.stop();
	await world?.server.stop();
	await endLeftovers();
});

async function attack(port: number, how: Attack): Promise<void> {
	echo.take();
	const answer = await attempt(port, toBytes(how, world), PATIENCE_MS);
	await sleep(SETTLE_MS);
	const arrived = echo.take();
	for (const one of arrived) checkArrival(world, one);
	ok(arrived.length <= 1, `${arrived.length} requests arrived of one`);
	if (how.outcome === "refused") {
		deepEqual(arrived, []);
		// "OPTIONS *" addresses the proxy, which may answer it itself.
		if (how.target !== "*") ok(answer === null || answer.status >= 400, answer?.text ?? "no answer");
	}
	if (how.outcome === "admitted") {
		equal(answer?.status, 200, answer?.text ?? "no answer");
		equal(arrived.length, 1);
	}
	if (how.refusal) assertRefusal(answer, how.refusal);
}

for (const name of PROXY_NAMES) {
	describe(name, () => {
		let proxy: RunningProxy;

		before(async () => {
			proxy = await startProxy(name, { keywright: world.server.port, app: echo.port });
		});

		after(() => proxy?.stop());

		for (const how of ATTACKS) test(`${how.name}: ${how.outcome}`, () => attack(proxy.port, how));
	});
}
