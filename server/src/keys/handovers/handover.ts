import { ApiError } from "../../core/error.ts";
import { DAY_SECONDS } from "../../core/time.ts";
import type { KeyActor } from "../key.ts";

/** Lifetime of a link. */
export const HANDOVER_SECONDS_DEFAULT = DAY_SECONDS;
export const HANDOVER_SECONDS_MIN = 300;
export const HANDOVER_SECONDS_MAX = 7 * DAY_SECONDS;

export const HANDOVER_STATUSES = ["waiting", "claimed", "cancelled", "expired"] as const;
export type HandoverStatus = (typeof HANDOVER_STATUSES)[number];

/** A one-time link with which the recipient reveals a key, whose secret is issued at that moment. Only a digest of its token is stored. */
export interface Handover {
	readonly id: string;
	readonly key_id: string;
	/** The address to which the link was mailed. */
	readonly email: string | null;
	readonly created_at: Date;
	readonly created_by: KeyActor;
	readonly expires_at: Date;
	readonly claimed_at: Date | null;
	/** The name that the recipient gave; not verified. */
	readonly claimed_by: string | null;
	readonly cancelled_at: Date | null;
	/** The member who alone may claim it, for a link that was mailed by schedule. */
	readonly member_id: string | null;
	/** The rotation whose new secret it hands over; null for a key's first. */
	readonly rotation_id: string | null;
}

/** The status at `now` (ms). A claim or cancellation takes precedence over a later expiry. */
export function getHandoverStatus(handover: Pick<Handover, "claimed_at" | "cancelled_at" | "expires_at">, now: number): HandoverStatus {
	if (handover.claimed_at !== null) return "claimed";
	if (handover.cancelled_at !== null) return "cancelled";
	return handover.expires_at.getTime() <= now ? "expired" : "waiting";
}

/** The sender's name as the recipient sees it: the product's name for an operator. */
export function giverName(created_by: KeyActor, product_name: string): string {
	return created_by.kind === "operator" || created_by.id === undefined ? product_name : created_by.name;
}

/** One error for a token that is unknown, truncated or of an erased tenant, so that it reveals nothing. */
export function unknownHandover(): ApiError {
	return new ApiError("not_found", "This link is invalid. Open the whole link from the message again, or ask for a new one.");
}
