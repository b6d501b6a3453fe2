import { equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { serializeRuns } from "./serialize-runs.ts";

/** A run that a test ends explicitly, with the number of each. */
function byHand() {
	const begun: PromiseWithResolvers<void>[] = [];
	let atOnce = 0;
	let atOnceMax = 0;
	const take = serializeRuns(async () => {
		const ending = Promise.withResolvers<void>();
		begun.push(ending);
		atOnce += 1;
		atOnceMax = Math.max(atOnceMax, atOnce);
		await ending.promise.finally(() => {
			atOnce -= 1;
		});
	});
	return { take, begun, atOnceMax: () => atOnceMax };
}

test("a call while a run is under way is answered by a run that began after it", async () => {
	const { take, begun } = byHand();
	const first = take();
	const second = take();
	equal(begun.length, 1);
	let ended = false;
	void second.then(() => {
		ended = true;
	});
	begun[0]?.resolve();
	await first;
	await turn();
	equal(begun.length, 2);
	equal(ended, false, "the first run may not have seen what was there before the second call");
	begun[1]?.resolve();
	await second;
});

test("however many call meanwhile, one more run answers them all, and never two run at once", async () => {
	const { take, begun, atOnceMax } = byHand();
	const all = [take(), ...Array.from({ length: 50 }, () => take())];
	begun[0]?.resolve();
	await turn();
	begun[1]?.resolve();
	await Promise.all(all);
	equal(begun.length, 2);
	equal(atOnceMax(), 1);
});

test("whenever a call comes, the run that answers it began after it", async () => {
	const steps = fc.array(fc.constantFrom("call", "end", "turn", "call when the first one ends"), { maxLength: 40 });
	await fc.assert(
		fc.asyncProperty(steps, async (sequence) => {
			const { take, begun } = byHand();
			const answered: Promise<void>[] = [];
			let ended = 0;
			function call(): Promise<void> {
				const before = begun.length;
				const answer = take().then(() => ok(ended > before, `answered by a run of ${ended} that had begun before call ${before}`));
				answered.push(answer);
				return answer;
			}
			const end = (): void => {
				if (ended < begun.length) begun[ended++]?.resolve();
			};
			for (const step of sequence) {
				if (step === "call") void call();
				else if (step === "end") end();
				else if (step === "turn") await turn();
				else void answered[0]?.then(call);
			}
			for (let run = 0; run < sequence.length + 2; run += 1) {
				await turn();
				end();
			}
			await Promise.all(answered);
		}),
	);
});

test("a failed run rejects only its own callers", async () => {
	const { take, begun } = byHand();
	const first = take();
	const second = take();
	begun[0]?.reject(new Error("lost"));
	await rejects(first, /lost/);
	await turn();
	begun[1]?.resolve();
	await second;
});
