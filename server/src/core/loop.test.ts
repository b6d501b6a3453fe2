import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { startLoop } from "./loop.ts";

const log = pino({ level: "silent" });

test("a stop waits for the running turn, but not for one that takes longer than five seconds", async (t) => {
	const order: string[] = [];
	const turn = Promise.withResolvers<void>();
	const short = startLoop({ name: "short", every_ms: 60_000, log, run: () => turn.promise.then(() => void order.push("turn")) });
	void short.kick();
	const stopped = short.stop().then(() => order.push("stop"));
	turn.resolve();
	await stopped;
	deepEqual(order, ["turn", "stop"]);

	t.mock.timers.enable({ apis: ["setTimeout"] });
	const endless = startLoop({ name: "endless", every_ms: 60_000, log, run: () => new Promise(() => {}) });
	void endless.kick();
	let ended = false;
	const waiting = endless.stop().then(() => {
		ended = true;
	});
	t.mock.timers.tick(4_999);
	await Promise.resolve();
	equal(ended, false);
	t.mock.timers.tick(1);
	await waiting;
});
