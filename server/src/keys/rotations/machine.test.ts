import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { getPhase, getStep, MACHINE, NOTHING, type RotationEvent } from "./machine.ts";
import { ROTATION_STATUSES, type RotationState } from "./rotation.ts";

const OVERLAP = 10;

interface Secret {
	readonly number: number;
	retires_at: number | null;
	retired: boolean;
	used: boolean;
}

/** A model of a key and its rotations that applies the transition table to values instead of rows. */
class ModelKey {
	now = 0;
	revoked = false;
	paused = false;
	secrets: Secret[] = [{ number: 1, retires_at: null, retired: false, used: false }];
	rotations: { state: RotationState; old: Secret; next: Secret | null; held: boolean }[] = [];

	get open() {
		return this.rotations.find((rotation) => rotation.state === "waiting" || rotation.state === "open") ?? null;
	}

	isLive(secret: Secret): boolean {
		return !this.revoked && !secret.retired && (secret.retires_at === null || secret.retires_at > this.now);
	}

	rotate(handed_over: boolean, held: boolean): void {
		this.happen("time_over", false);
		if (this.revoked || this.open) return;
		const old = this.secrets.find((secret) => !secret.retired && secret.retires_at === null);
		ok(old, "a key that is not revoked has a secret in use");
		this.rotations.push({ state: "waiting", old, next: null, held });
		if (!handed_over) this.happen("reveal", false);
	}

	happen(event: RotationEvent, all_moved: boolean): void {
		const rotation = this.open;
		if (event === "revoke") this.revoked = true;
		if (!rotation) return;
		const { old, next } = rotation;
		const over = rotation.state === "open" && old.retires_at !== null && old.retires_at <= this.now;
		const seen = { successor_used: next?.used ?? false, all_moved, old_ends_at: null, key_ended: false };
		const phase = getPhase({ state: rotation.state }, seen, this.now);
		if (event === "time_over" && !over) return;
		if (over && event !== "time_over" && event !== "revoke") return;
		const outcome = getStep(phase, event, rotation.held);
		if (outcome === NOTHING || "refused" in outcome) return;
		rotation.state = outcome.to;
		if (event === "reveal") {
			rotation.next = { number: this.secrets.length + 1, retires_at: null, retired: false, used: false };
			this.secrets.push(rotation.next);
			old.retires_at = this.now + OVERLAP;
		} else if (outcome.to === "completed") old.retired = true;
		else if (outcome.to === "cancelled" && outcome.how !== "revoked" && next) {
			next.retired = true;
			old.retires_at = null;
		}
	}
}

const EVENTS: readonly RotationEvent[] = [
	...(["reveal", "complete", "force_complete", "all_moved", "time_over"] as const),
	...(["cancel", "force_cancel", "handover_over", "not_mailed", "recipient_gone", "revoke"] as const),
];

test("any order of rotating, revealing, using, completing, cancelling, pausing and revoking leaves one secret in use and at most two live", () => {
	const step = fc.oneof(
		{ weight: 3, arbitrary: fc.record({ do: fc.constant("rotate" as const), handed_over: fc.boolean(), held: fc.boolean() }) },
		{ weight: 6, arbitrary: fc.record({ do: fc.constant("event" as const), event: fc.constantFrom(...EVENTS), all_moved: fc.boolean() }) },
		{ weight: 3, arbitrary: fc.record({ do: fc.constant("use" as const), which: fc.nat(5) }) },
		{ weight: 1, arbitrary: fc.record({ do: fc.constant("pause" as const) }) },
		{ weight: 3, arbitrary: fc.record({ do: fc.constant("pass" as const), seconds: fc.integer({ min: 1, max: 12 }) }) },
	);
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
			const key = new ModelKey();
			const dead = new Set<number>();
			for (const next of steps) {
				if (next.do === "rotate") key.rotate(next.handed_over, next.held);
				else if (next.do === "event") key.happen(next.event, next.all_moved);
				else if (next.do === "pause") key.paused = !key.paused;
				else if (next.do === "pass") key.now += next.seconds;
				else {
					const live = key.secrets.filter((secret) => key.isLive(secret));
					const used = live[next.which % Math.max(1, live.length)];
					if (used) used.used = true;
				}
				const live = key.secrets.filter((secret) => key.isLive(secret));
				const current = key.secrets.filter((secret) => !secret.retired && secret.retires_at === null);
				equal(current.length, 1, "exactly one secret is in use without an end");
				ok(live.length <= 2, "two secrets live at most");
				equal(live.length === 0, key.revoked, "a key has a live secret until it is revoked, and none from then on");
				ok(key.rotations.filter(({ state }) => state === "waiting" || state === "open").length <= (key.revoked ? 0 : 1));
				for (const secret of key.secrets) {
					ok(!dead.has(secret.number) || !key.isLive(secret), "what has ended is never brought back");
					if (!key.isLive(secret)) dead.add(secret.number);
				}
			}
		}),
		{ numRuns: 2_000 },
	);
});

test("no event leaves an ended phase, and revoking ends every other phase", () => {
	for (const phase of ROTATION_STATUSES) {
		const ended = phase === "completed" || phase === "cancelled";
		for (const event of EVENTS) {
			const outcome = MACHINE[phase][event];
			if (ended) ok(outcome === NOTHING || "refused" in outcome, `${phase} ${event}`);
		}
		deepEqual(MACHINE[phase].revoke, ended ? NOTHING : { to: "cancelled", how: "revoked" });
	}
});

test("without force, a used secret is never ended and no rotation completes while a source may need the old secret", () => {
	for (const phase of ["issued", "proving"] as const) {
		deepEqual(getStep(phase, "complete", true), { refused: "old_secret_still_in_use", because: "still_in_use" });
		equal(getStep(phase, "all_moved", true), NOTHING);
	}
	for (const phase of ["proving", "moved"] as const) deepEqual(getStep(phase, "cancel", true), { refused: "successor_in_use", because: "in_use" });
	deepEqual(getStep("moved", "all_moved", true), { to: "completed", how: "moved" });
	deepEqual(
		[getStep("proving", "time_over", true), getStep("proving", "time_over", false)],
		[
			{ to: "completed", how: "hard_stop" },
			{ to: "completed", how: "overlap_over" },
		],
	);
});

test("a rotation is completed once its old secret has ended, regardless of its stored state", () => {
	const seen = { successor_used: true, all_moved: false, old_ends_at: new Date(1_000), key_ended: false };
	equal(getPhase({ state: "open" }, seen, 999), "proving");
	equal(getPhase({ state: "open" }, seen, 1_000), "completed");
	equal(getPhase({ state: "cancelled" }, seen, 1_000), "cancelled");
});
