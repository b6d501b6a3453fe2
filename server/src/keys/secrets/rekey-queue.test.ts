import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { pino } from "pino";
import { RekeyQueue } from "./rekey-queue.ts";

test("the queue runs one task at a time, each name once, and continues after a failure", async () => {
	const queue = new RekeyQueue(pino({ level: "silent" }));
	const done: string[] = [];
	let running = 0;
	const work = (name: string) => async () => {
		running += 1;
		assert.equal(running, 1);
		await turn();
		running -= 1;
		if (name === "b") throw new Error("away");
		done.push(name);
	};
	for (const name of ["a", "b", "a", "c"]) queue.add(name, work(name));
	for (let turns = 0; turns < 20; turns += 1) await turn();
	assert.deepEqual(done, ["a", "c"]);
	queue.add("a", work("a"));
	for (let turns = 0; turns < 5; turns += 1) await turn();
	assert.deepEqual(done, ["a", "c", "a"]);
});
