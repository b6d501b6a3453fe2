import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { ApiError } from "../core/error.ts";
import { Batcher } from "./batcher.ts";

/** A batcher whose loads a test resolves explicitly. */
function byHand(options: { batch_max?: number; queue_max?: number } = {}) {
	const loads: { keys: string[]; answer: PromiseWithResolvers<Map<string, string>> }[] = [];
	const batcher = new Batcher<string>({
		batch_max: 100,
		queue_max: 1_000,
		...options,
		load(keys) {
			const answer = Promise.withResolvers<Map<string, string>>();
			loads.push({ keys, answer });
			return answer.promise;
		},
	});
	async function answer(index: number, suffix = ""): Promise<void> {
		const load = loads[index];
		load?.answer.resolve(new Map(load.keys.map((key) => [key, `${key}${suffix}`])));
		await turn();
	}
	return { batcher, loads, answer, keysOf: () => loads.map(({ keys }) => keys) };
}

test("requests in one turn are one load, which contains each key once", async () => {
	const { batcher, keysOf, answer } = byHand();
	const asked = Promise.all(["a", "b", "a", "c"].map((key) => batcher.get(key)));
	await turn();
	deepEqual(keysOf(), [["a", "b", "c"]]);
	await answer(0);
	deepEqual(await asked, ["a", "b", "a", "c"]);
});

test("requests during a load are batched for the next: one load at a time", async () => {
	const { batcher, keysOf, answer } = byHand();
	const first = batcher.get("a");
	await turn();
	const later = Promise.all([batcher.get("b"), batcher.get("c"), batcher.get("b")]);
	await turn();
	deepEqual(keysOf(), [["a"]]);
	await answer(0);
	await first;
	deepEqual(keysOf(), [["a"], ["b", "c"]]);
	await answer(1);
	await later;
});

test("a key that is being loaded is loaded again for who asks now: the value is never older than the question", async () => {
	const { batcher, keysOf, answer } = byHand();
	const first = batcher.get("a");
	await turn();
	const second = batcher.get("a");
	await answer(0, " before");
	equal(await first, "a before");
	deepEqual(keysOf(), [["a"], ["a"]]);
	await answer(1, " after");
	equal(await second, "a after");
});

test("a load has no more keys than it may, and the rest follow in order", async () => {
	const { batcher, keysOf, answer } = byHand({ batch_max: 2 });
	const asked = Promise.all(["a", "b", "c", "d", "e"].map((key) => batcher.get(key)));
	await turn();
	for (let load = 0; load < 3; load += 1) await answer(load);
	deepEqual(keysOf(), [["a", "b"], ["c", "d"], ["e"]]);
	await asked;
});

test("a call to a full queue is rejected as unavailable, and the queued calls are served", async () => {
	const { batcher, answer } = byHand({ queue_max: 3 });
	const flying = batcher.get("flying");
	await turn();
	const waiting = ["a", "b", "c"].map((key) => batcher.get(key));
	await rejects(
		batcher.get("d"),
		(error: unknown) => error instanceof ApiError && error.code === "unavailable" && error.metadata.retry_after_seconds === 1,
	);
	const joining = batcher.get("a");
	await answer(0);
	await answer(1);
	await Promise.all([flying, ...waiting, joining]);
});

test("a load that fails fails for those who waited for it, and the next one is tried", async () => {
	const { batcher, loads, answer } = byHand();
	const failing = batcher.get("a");
	await turn();
	const next = batcher.get("b");
	loads[0]?.answer.reject(new Error("lost"));
	await rejects(failing, /lost/);
	await turn();
	await answer(1);
	equal(await next, "b");
	const again = batcher.get("a");
	await turn();
	await answer(2);
	equal(await again, "a");
});

test("a load without a value for a key rejects only the calls for that key", async () => {
	const { batcher, loads } = byHand();
	const asked = [batcher.get("a"), batcher.get("b")];
	await turn();
	loads[0]?.answer.resolve(new Map([["a", "a"]]));
	equal(await asked[0], "a");
	await rejects(asked[1] ?? Promise.resolve(), /impossible state/);
});
