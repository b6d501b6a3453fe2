// Verifications per second on one core: the complete pipeline with rate limit and usage, over all keys and 64 sources.
// Control: the minimum of any verifier, one SHA-256 of the presented key and one look-up, in the same loop.
import { hash } from "node:crypto";
import { setImmediate as breathe } from "node:timers/promises";
import type { Question } from "../server/src/verification/question.ts";
import type { Instance } from "./instance.ts";
import { median, perSecond, SOURCES, sourceAt } from "./measure.ts";

/** Decisions between two turns of the event loop, which renews the lease and flushes the usage; a few milliseconds, as on a busy server. */
const TURN = 2_000;

export interface InProcessFigures {
	readonly verifications_per_second: number;
	readonly control_per_second: number;
	readonly cold_per_second: number;
	readonly rounds: number;
}

function questions(raw_keys: readonly string[]): Question[] {
	return raw_keys.map((raw_key, index) => ({
		raw_key,
		request_id: "req_0000000000000000000A",
		cost: 1,
		limits: null,
		budgets: null,
		operation: "GET /api/v1/m2m/whoami",
		source: sourceAt(index),
		address: SOURCES[index % SOURCES.length] ?? null,
		client: "server",
		tenant_id: null,
		site_id: null,
		capability: null,
		permissions: ["tenant:read"],
		plain_http: false,
	}));
}

export async function measureInProcess(instance: Instance, options: { rounds: number; passes: number }): Promise<InProcessFigures> {
	const { verifier } = instance.app;
	const asked = questions(instance.raw_keys);
	const coldStart = performance.now();
	for (let from = 0; from < asked.length; from += 500) {
		const decisions = await Promise.all(asked.slice(from, from + 500).map((question) => verifier.decide(question)));
		if (decisions.some(({ denial }) => denial !== null)) throw new Error("a key of the benchmark was refused");
	}
	const cold_per_second = perSecond(asked.length, performance.now() - coldStart);

	const least = new Map(asked.map(({ raw_key }) => [hash("sha256", raw_key, "latin1"), true]));
	const ours: number[] = [];
	const control: number[] = [];
	for (let round = 0; round < options.rounds; round += 1) {
		let start = performance.now();
		for (let pass = 0; pass < options.passes; pass += 1) {
			for (let from = 0; from < asked.length; from += TURN) {
				for (const question of asked.slice(from, from + TURN)) {
					const decision = verifier.decide(question);
					if (decision instanceof Promise || decision.denial !== null) throw new Error("a warm key was not allowed at once");
				}
				await breathe();
			}
		}
		ours.push(perSecond(asked.length * options.passes, performance.now() - start));
		start = performance.now();
		let found = 0;
		for (let pass = 0; pass < options.passes; pass += 1) {
			for (let from = 0; from < asked.length; from += TURN) {
				for (const { raw_key } of asked.slice(from, from + TURN)) if (least.get(hash("sha256", raw_key, "latin1"))) found += 1;
				await breathe();
			}
		}
		if (found !== asked.length * options.passes) throw new Error("the control lost a key");
		control.push(perSecond(asked.length * options.passes, performance.now() - start));
	}
	return { verifications_per_second: median(ours), control_per_second: median(control), cold_per_second, rounds: options.rounds };
}
