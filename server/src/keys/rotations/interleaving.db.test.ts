import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { type RotationFixture, rotationFixture } from "../../../testing/rotations.ts";
import { getCode, type MadeKey, type Process } from "../../../testing/verification.ts";
import { verifyChain } from "../../audit/verify.ts";
import { ApiError } from "../../core/error.ts";
import { cancelHandover } from "../handovers/cancel.ts";
import { revealKey } from "../handovers/reveal.ts";
import { pauseKey, resumeKey } from "../pause.ts";
import { revokeKey } from "../revocation/revoke.ts";
import { reissueKey } from "../secrets/reissue.ts";
import { cancelRotation, completeRotation } from "./complete-or-cancel.ts";
import { completeRotations } from "./end-due.ts";
import { rotateKey, rotateKeyForHandover } from "./rotate.ts";

const RUNS = 25;
const OVERLAP_SECONDS = 30;

const ACTIONS = [
	...(["rotate", "rotate", "rotate_held", "rotate_at_once", "hand_over", "reveal", "cancel_link"] as const),
	...(["complete", "force_complete", "cancel", "force_cancel", "tick", "reissue", "pause", "resume", "ask", "ask"] as const),
];
type Action = (typeof ACTIONS)[number] | "revoke";

/** The state of a key as its clients would know it. */
class Run {
	readonly key: MadeKey;
	readonly raw_keys: string[];
	readonly dead = new Set<string>();
	rotation_ids: string[] = [];
	links: { token: string; handover_id: string }[] = [];
	revoked = false;

	constructor(key: MadeKey) {
		this.key = key;
		this.raw_keys = [key.raw_key];
	}
}

const REFUSED = new Set(["conflict", "rotation_in_progress", "old_secret_still_in_use", "successor_in_use", "secret_already_issued", "not_found"]);

let fixture: RotationFixture;
let nodes: Process[];
before(async () => {
	fixture = await rotationFixture();
	nodes = [fixture.main, await fixture.second()];
});
after(() => fixture.close());

/** Runs one action on one of the nodes. An expected refusal is a result; any other error fails the test. */
async function act(run: Run, action: Action, node: Process): Promise<string> {
	try {
		await perform(run, action, node);
		return "done";
	} catch (error) {
		if (!(error instanceof ApiError)) throw error;
		ok(REFUSED.has(error.code), `${action} was refused with ${error.code}: ${error.detail}`);
		return error.code;
	}
}

async function perform(run: Run, action: Action, { node, verifier, ask }: Process): Promise<unknown> {
	const { tenant_id, key_id } = run.key;
	const ids = { tenant_id, key_id };
	const context = fixture.context({ node });
	const rotation_id = run.rotation_ids.at(-1) ?? "rot_none";
	const link = run.links.at(-1);
	switch (action) {
		case "rotate":
		case "rotate_held":
		case "rotate_at_once": {
			const overlap = { rotate: OVERLAP_SECONDS, rotate_held: undefined, rotate_at_once: 0 }[action];
			const made = await rotateKey(context, { ...ids, ...(overlap === undefined ? {} : { overlap_seconds: overlap }) });
			run.raw_keys.push(made.raw_key);
			run.rotation_ids.push(made.rotation.id);
			return;
		}
		case "hand_over": {
			const made = await rotateKeyForHandover(fixture.handoverContext({ node }), { ...ids, overlap_seconds: OVERLAP_SECONDS, handover: {} });
			run.rotation_ids.push(made.rotation.id);
			run.links.push({ token: made.handover_url.slice(made.handover_url.indexOf("#") + 1), handover_id: made.handover.id });
			return;
		}
		case "reveal":
			if (link) run.raw_keys.push((await revealKey({ ...fixture.recipient(), node }, { token: link.token, name: "Grace" })).raw_key);
			return;
		case "cancel_link":
			if (link) await cancelHandover(context, { ...ids, handover_id: link.handover_id });
			return;
		case "complete":
			return completeRotation(context, { ...ids, rotation_id });
		case "force_complete":
			return completeRotation(context, { ...ids, rotation_id, force: true, reason: "forced by the test" });
		case "cancel":
		case "force_cancel":
			return cancelRotation(context, { ...ids, rotation_id, force: action === "force_cancel" });
		case "tick":
			return completeRotations(context);
		case "reissue":
			run.raw_keys.push((await reissueKey(context, ids)).raw_key);
			return;
		case "pause":
			return pauseKey(context, ids);
		case "resume":
			return resumeKey(context, ids);
		case "revoke":
			run.revoked = true;
			return revokeKey(context, { ...ids, reason: "other" });
		case "ask": {
			const raw_key = run.raw_keys[verifier.now().now % run.raw_keys.length] ?? "";
			return ask(raw_key);
		}
	}
}

/** Invariants that hold whenever no action is running. */
async function assertSound(run: Run): Promise<void> {
	const { tenant_id, key_id } = run.key;
	const now = new Date(fixture.verification.clock.now());
	const [counts] = await fixture.verification.behind(
		`select count(*) filter (where retired_at is null and retires_at is null)::integer as current,
			count(*) filter (where retired_at is null and (retires_at is null or retires_at > $2))::integer as live,
			(select count(*)::integer from keywright.rotations where key_id = $1 and state in ('waiting', 'open')) as open
		from keywright.secrets where key_id = $1`,
		[key_id, now],
	);
	equal(counts?.current, 1, "exactly one secret is in use without an end");
	ok(Number(counts?.live) <= 2, `two secrets live at most, not ${counts?.live}`);
	ok(Number(counts?.open) <= (run.revoked ? 0 : 1), "one rotation at a time, and none of a revoked key");
	for (const process of nodes) {
		const codes = await Promise.all(run.raw_keys.map(async (raw_key) => getCode(await process.ask(raw_key))));
		if (run.revoked) deepEqual(new Set(codes), new Set(["key_revoked"]), "revoking wins");
		const accepted = codes.filter((code) => code === "allowed" || code === "key_paused").length;
		ok(run.revoked ? accepted === 0 : accepted >= 1 && accepted <= 2, `${codes}`);
		for (const [index, raw_key] of run.raw_keys.entries()) {
			if (codes[index] === "key_rotated") run.dead.add(raw_key);
			else ok(run.revoked || !run.dead.has(raw_key), "a secret that has ended is never brought back");
		}
	}
	const finding = await verifyChain(fixture.context(), tenant_id);
	equal(finding.intact, true, "every change has its entry");
}

test("concurrent rotations, reveals, completions, cancellations, pauses and revocations on two nodes leave one secret in use, and revoking wins", async () => {
	const wave = fc.record({
		actions: fc.array(fc.record({ action: fc.constantFrom<Action>(...ACTIONS), node: fc.nat(1) }), { minLength: 2, maxLength: 6 }),
		pass_seconds: fc.constantFrom(0, 1, OVERLAP_SECONDS),
	});
	const plan = fc.record({ waves: fc.array(wave, { minLength: 2, maxLength: 5 }), revoke_in: fc.option(fc.nat(4)) });
	const tenant_id = await fixture.verification.tenant(fixture.main.node);
	await fc.assert(
		fc.asyncProperty(plan, async ({ waves, revoke_in }) => {
			const run = new Run(await fixture.key(tenant_id));
			for (const [index, { actions, pass_seconds }] of waves.entries()) {
				const before = run.rotation_ids.length;
				const all = index === revoke_in ? [...actions, { action: "revoke" as const, node: 0 }] : actions;
				const was_revoked = run.revoked;
				const answers = await Promise.all(all.map(({ action, node }) => act(run, action, nodes[node] ?? fixture.main)));
				const ending = all.some(({ action }) => /complete|cancel|tick|revoke|reveal|at_once/.test(action));
				if (!ending) ok(run.rotation_ids.length - before <= 1, `of rotations at once one wins: ${answers}`);
				if (was_revoked) equal(run.rotation_ids.length, before, "a revoked key is not replaced");
				await assertSound(run);
				await fixture.pass(pass_seconds);
				await assertSound(run);
			}
		}),
		{ numRuns: RUNS, endOnFailure: true },
	);
});
