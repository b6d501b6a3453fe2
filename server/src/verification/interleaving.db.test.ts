import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { pausable } from "../../testing/nodes.ts";
import { getCode, type MadeKey, type Process, type VerificationFixture, verificationFixture } from "../../testing/verification.ts";
import { pauseKey, resumeKey } from "../keys/pause.ts";
import { revokeKey } from "../keys/revocation/revoke.ts";
import { updateKeySettings } from "../keys/update.ts";
import { updateTenant } from "../tenants/tenants.ts";

const RUNS = 12;
const PERMISSION = "documents:write";

/** Changes that deny every request of the key from their acknowledgement until they are undone. */
const CHANGES = ["pause", "revoke", "narrow", "suspend", "replan"] as const;
type ChangeKind = (typeof CHANGES)[number];
type Step = { readonly do: ChangeKind | "undo" | "ask"; readonly at: number; readonly wait_ms: number };

interface Asked {
	readonly began: number;
	readonly ended: number;
	readonly code: string;
}

/** A logical clock that orders all events. */
let instant = 0;
const next = (): number => {
	instant += 1;
	return instant;
};

suite("any order of changes and requests", () => {
	let fixture: VerificationFixture;
	let nodes: Process[];
	/** State of a seeded generator, so that a failing run can be reproduced. */
	let random = 1;

	before(async () => {
		fixture = await verificationFixture();
		const unsteady = () => {
			random = (random * 48_271) % 2_147_483_647;
			return random % 3 === 0 ? sleep(random % 4) : Promise.resolve();
		};
		nodes = [await fixture.process(), await fixture.process({ database: pausable(fixture.database, unsteady).database })];
	});
	after(() => fixture.close());

	function applied(kind: ChangeKind, key: MadeKey): Promise<unknown> {
		const context = fixture.context(getFirst(nodes).node);
		const { tenant_id } = key;
		if (kind === "pause") return pauseKey(context, key);
		if (kind === "revoke") return revokeKey(context, { ...key, reason: "other" });
		if (kind === "narrow") return updateKeySettings(context, { ...key, permissions: ["sites:read"] });
		if (kind === "suspend") return updateTenant(context, { tenant_id, status: "suspended" });
		return fixture.plan(getFirst(nodes).node, `plan-${tenant_id}`, { capabilities: ["m2m_api"] });
	}

	function undone(kind: ChangeKind, key: MadeKey): Promise<unknown> {
		const context = fixture.context(getFirst(nodes).node);
		const { tenant_id } = key;
		if (kind === "pause") return resumeKey(context, key);
		if (kind === "narrow") return updateKeySettings(context, { ...key, permissions: ["sites:read", PERMISSION] });
		if (kind === "suspend") return updateTenant(context, { tenant_id, status: "active" });
		return fixture.plan(getFirst(nodes).node, `plan-${tenant_id}`);
	}

	function getFirst(list: readonly Process[]): Process {
		const [first] = list;
		ok(first);
		return first;
	}

	/** Makes the changes in order while requests arrive at both nodes; returns the requests, and when each change was in effect. */
	async function play(
		kind: ChangeKind,
		steps: readonly Step[],
		end: "as it is" | "standing",
	): Promise<{ asked: Asked[]; stood: { from: number; to: number }[] }> {
		const tenant_id = await fixture.tenant(getFirst(nodes).node);
		const key = await fixture.key(getFirst(nodes).node, tenant_id, { permissions: ["sites:read", PERMISSION] });
		const asked: Asked[] = [];
		const stood: { from: number; to: number }[] = [];
		async function ask(at: number): Promise<void> {
			const began = next();
			const decision = await (nodes[at] ?? getFirst(nodes)).ask(key.raw_key, { permissions: [PERMISSION] });
			asked.push({ began, ended: next(), code: getCode(decision) });
		}
		async function stand(): Promise<void> {
			if (stood.at(-1)?.to === Number.POSITIVE_INFINITY) return;
			await applied(kind, key);
			stood.push({ from: next(), to: Number.POSITIVE_INFINITY });
		}
		const pending: Promise<void>[] = [];
		let changing: Promise<void> = Promise.resolve();
		for (const step of steps) {
			if (step.do === "ask") pending.push(ask(step.at));
			else if (step.do === "undo") {
				changing = changing.then(async () => {
					const last = stood.at(-1);
					if (kind === "revoke" || last?.to !== Number.POSITIVE_INFINITY) return;
					last.to = next();
					await undone(kind, key);
				});
			} else changing = changing.then(stand);
			if (step.wait_ms > 0) await sleep(step.wait_ms);
		}
		await changing;
		if (end === "standing") await stand();
		await Promise.all([...pending, ask(0), ask(1)]);
		return { asked, stood };
	}

	for (const kind of CHANGES) {
		test(`after the acknowledgement of "${kind}" no node lets a request pass, until it is taken back`, async () => {
			const step = fc.record({
				do: fc.constantFrom<Step["do"]>("ask", "ask", "ask", "ask", kind, "undo"),
				at: fc.constantFrom(0, 1),
				wait_ms: fc.constantFrom(0, 0, 0, 1, 4),
			});
			let judged = 0;
			await fc.assert(
				fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), fc.integer({ min: 1, max: 2_147_483_646 }), async (steps, seed) => {
					random = seed;
					const { asked, stood } = await play(kind, steps, "standing");
					for (const { began, ended, code } of asked) {
						if (!stood.some(({ from, to }) => began > from && ended < to)) continue;
						judged += 1;
						ok(code !== "allowed" && code !== "key_invalid", `${code} at ${began}, while it stood: ${JSON.stringify(stood)}`);
					}
				}),
				{ numRuns: RUNS, endOnFailure: true },
			);
			ok(judged >= 2 * RUNS, `${judged} requests came while it stood`);
		});
	}

	test("an undone change takes effect at once", async () => {
		const pauseAndResume: Step[] = [
			{ do: "pause", at: 0, wait_ms: 0 },
			{ do: "undo", at: 0, wait_ms: 0 },
		];
		const { asked, stood } = await play("pause", pauseAndResume, "as it is");
		equal(stood.length, 1);
		deepEqual(
			asked.map(({ code }) => code),
			["allowed", "allowed"],
		);
	});
});
