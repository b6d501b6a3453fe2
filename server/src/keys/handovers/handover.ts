import { ApiError } from "../../core/error.ts";
import type { KeyActor } from "../key.ts";

export const HANDOVER_STATUSES = ["waiting", "claimed", "cancelled", "expired"] as const;
export type HandoverStatus = (typeof HANDOVER_STATUSES)[number];

/** A one-time link by which the person who deploys a key has its secret made in front of them. Of its token a digest alone is stored. */
export interface Handover {
	readonly id: string;
	readonly key_id: string;
	/** Where the link was mailed to, if it was. */
	readonly email: string | null;
	readonly created_at: Date;
	readonly created_by: KeyActor;
	readonly expires_at: Date;
	readonly claimed_at: Date | null;
	/** What the person who revealed the secret said of who they are. */
	readonly claimed_by: string | null;
	readonly cancelled_at: Date | null;
	/** The rotation whose new secret it hands over; null for a key's first. */
	readonly rotation_id: string | null;
}

/** What has become of the handover by the instant `now` (ms). What ended it stays, whatever comes later. */
export function handoverStatusOf(handover: Pick<Handover, "claimed_at" | "cancelled_at" | "expires_at">, now: number): HandoverStatus {
	if (handover.claimed_at !== null) return "claimed";
	if (handover.cancelled_at !== null) return "cancelled";
	return handover.expires_at.getTime() <= now ? "expired" : "waiting";
}

/** How the recipient is told who hands the key over: the operator goes by the product's name. */
export function giverName(created_by: KeyActor, product_name: string): string {
	return created_by.kind === "operator" || created_by.id === undefined ? product_name : created_by.name;
}

/** The same for a token that is unknown, cut short or of an erased tenant. */
export function unknownHandover(): ApiError {
	return new ApiError("not_found", "This link is invalid. Open the whole link from the message again, or ask for a new one.");
}
