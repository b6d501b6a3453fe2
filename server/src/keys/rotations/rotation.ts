import { ApiError } from "../../core/error.ts";
import { DAY_MS, DAY_SECONDS } from "../../core/time.ts";
import type { SecretOperation } from "../../usage/sources/evidence-store.ts";
import type { ExpiryFrom, KeyActor } from "../key.ts";

/** `waiting`: the new secret is made when its handover is revealed; `open`: both secrets work. */
export type RotationState = "waiting" | "open" | "completed" | "cancelled";

/** Derived from the state and the evidence, never stored. `over`: the key has expired, and both secrets with it. */
export const ROTATION_STATUSES = ["waiting", "issued", "proving", "moved", "over", "completed", "cancelled"] as const;
export type RotationStatus = (typeof ROTATION_STATUSES)[number];

export const ENDINGS = [
	"moved",
	"overlap_over",
	"hard_stop",
	"completed",
	"forced",
	"replaced_at_once",
	"cancelled",
	"handover_over",
	"not_mailed",
	"recipient_gone",
	"revoked",
] as const;
/** How a rotation ended. The first three complete it automatically: all sources have moved, or the old secret's time is over. */
export type Ending = (typeof ENDINGS)[number];

/** The stored replacement of a key's secret by another. */
export interface Rotation {
	readonly tenant_id: string;
	readonly id: string;
	readonly key_id: string;
	readonly state: RotationState;
	readonly predecessor_kid: string;
	/** Null until the handover is revealed. */
	readonly successor_kid: string | null;
	readonly handover_id: string | null;
	/** Null: the old secret works until all sources have moved, at most until `hard_stop_at`. */
	readonly overlap_seconds: number | null;
	readonly hard_stop_at: Date | null;
	readonly started_at: Date;
	readonly started_by: KeyActor;
	readonly ended_at: Date | null;
	readonly ended_by: KeyActor | null;
	readonly ended_how: Ending | null;
	readonly force_reason: string | null;
	readonly expires_at_before: Date | null;
	/** When `expires_at_before` was set. */
	readonly expiry_set_at_before: Date;
	readonly expiry_from_before: ExpiryFrom;
	readonly rotation_due_at_before: Date | null;
	readonly expires_at_after: Date | null;
	readonly expiry_from_after: ExpiryFrom;
	readonly rotation_due_at_after: Date | null;
	readonly reminded_at: Date | null;
}

/** The maximum overlap if none is given. */
export const HARD_STOP_DAYS = 30;
export const OVERLAP_SECONDS_MAX = HARD_STOP_DAYS * DAY_SECONDS;
/** A program that rotates its own key needs time to distribute the new secret to all of its processes. */
export const SELF_OVERLAP_SECONDS_MIN = 300;

/** When the old secret ends for an overlap that starts at `now`; `hard_stop_at` is set if no overlap was given. */
export function endOfOverlap(overlap_seconds: number | null, now: Date): { old_ends_at: Date; hard_stop_at: Date | null } {
	if (overlap_seconds !== null) return { old_ends_at: new Date(now.getTime() + overlap_seconds * 1_000), hard_stop_at: null };
	const hard_stop_at = new Date(now.getTime() + HARD_STOP_DAYS * DAY_MS);
	return { old_ends_at: hard_stop_at, hard_stop_at };
}

/** The five steps of a rotation, in order. */
export const STEPS = ["created", "deployed", "checked", "moved", "revoked"] as const;

/** An operation is recent if it succeeded within this time before the old secret's last success. */
const ACTIVE_PERIOD_MS = 7 * DAY_MS;

export interface CheckedOperation {
	readonly operation: string;
	readonly old_at: Date;
	/** Null: has not succeeded with the new secret. */
	readonly new_at: Date | null;
}

/** The recent successful operations of the old secret, and when each last succeeded with the new one. */
export function getCheckedOperations(
	operations: readonly SecretOperation[],
	predecessor_kid: string,
	successor_kid: string | null,
): CheckedOperation[] {
	const old = operations.filter((done) => done.kid === predecessor_kid);
	const last_ms = Math.max(...old.map((done) => done.last_succeeded_at.getTime()));
	const done = new Map(operations.filter(({ kid }) => kid === successor_kid).map((one) => [one.operation, one.last_succeeded_at]));
	return old
		.filter(({ last_succeeded_at }) => last_succeeded_at.getTime() >= last_ms - ACTIVE_PERIOD_MS)
		.map(({ operation, last_succeeded_at }) => ({ operation, old_at: last_succeeded_at, new_at: done.get(operation) ?? null }));
}

/** The latest of some instants; null if there are none or one is null. */
export function findLatest(times: readonly (Date | null)[]): Date | null {
	if (times.length === 0 || times.includes(null)) return null;
	return new Date(Math.max(...times.map((time) => time?.getTime() ?? 0)));
}

/** A person's confirmation that every program at a source has the new secret. */
export interface Confirmation {
	readonly source_id: string;
	readonly confirmed_at: Date;
	readonly confirmed_by: KeyActor;
}

/** Whether the old secret was used at the source after the confirmation. */
export function isVoid({ confirmed_at }: Confirmation, old_last_seen_at: Date | null): boolean {
	return old_last_seen_at !== null && old_last_seen_at.getTime() >= confirmed_at.getTime();
}

export function rotationNotFound(): ApiError {
	return new ApiError("not_found", "There is no rotation with this id.");
}
