import type { ExpiryFrom, KeyActor } from "../key.ts";

/** `waiting`: the new secret is made when its handover is revealed; `open`: both secrets work. */
export type RotationState = "waiting" | "open" | "completed" | "cancelled";

/** What one that has not ended has come to, from what was seen of its key and secrets: never stored. `over`: its key has ended, and both secrets with it. */
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
	"revoked",
] as const;
/** How a rotation ended. The first two lines complete it without a person: all have moved, or the time of the old secret is over. */
export type Ending = (typeof ENDINGS)[number];

/** The replacing of a key's secret by another, as it is stored. */
export interface Rotation {
	readonly tenant_id: string;
	readonly id: string;
	readonly key_id: string;
	readonly state: RotationState;
	readonly predecessor_kid: string;
	/** Null until the handover is revealed. */
	readonly successor_kid: string | null;
	readonly handover_id: string | null;
	/** Null: the old secret is held until everything has moved, until `hard_stop_at` at the latest. */
	readonly overlap_seconds: number | null;
	readonly hard_stop_at: Date | null;
	readonly started_at: Date;
	readonly started_by: KeyActor;
	readonly ended_at: Date | null;
	readonly ended_by: KeyActor | null;
	readonly ended_how: Ending | null;
	readonly force_reason: string | null;
	readonly expires_at_before: Date | null;
	/** When that date was set: from then on it counted. */
	readonly expiry_set_at_before: Date;
	readonly expiry_from_before: ExpiryFrom;
	readonly rotation_due_at_before: Date | null;
	readonly expires_at_after: Date | null;
	readonly expiry_from_after: ExpiryFrom;
	readonly rotation_due_at_after: Date | null;
	readonly reminded_at: Date | null;
}

/** The longest that an old secret is held. */
export const HARD_STOP_DAYS = 30;
const DAY_MS = 86_400_000;

/** When the old secret of an overlap that begins at `now` ends, and whether that is because nothing else ended it before. */
export function endOfOverlap(overlap_seconds: number | null, now: Date): { old_ends_at: Date; hard_stop_at: Date | null } {
	if (overlap_seconds !== null) return { old_ends_at: new Date(now.getTime() + overlap_seconds * 1_000), hard_stop_at: null };
	const hard_stop_at = new Date(now.getTime() + HARD_STOP_DAYS * DAY_MS);
	return { old_ends_at: hard_stop_at, hard_stop_at };
}
