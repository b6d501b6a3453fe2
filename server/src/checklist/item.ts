/** The items of the production checklist, in the order in which they are listed. */
export const ITEM_NAMES = [
	"environments_separate",
	"integrations_separate",
	"server_side_only",
	"rotation_scheduled",
	"connectivity_automated",
	"revocation_rehearsed",
	"failures_monitored",
	"least_privilege",
	"no_idle_keys",
	"responsible_present",
	"expiry_set",
	"addresses_known",
] as const;
export type ItemName = (typeof ITEM_NAMES)[number];

export const STATUSES = ["met", "not_met", "unknown"] as const;
/** `unknown`: not enough was seen to say; never a guess. */
export type Status = (typeof STATUSES)[number];

/** Plain values by the name of the fact; docs/checklist.md lists them by item. */
export type Facts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** What was found about one item, of a key or of the tenant. */
export interface Finding {
	readonly status: Status;
	/** A closed set for each item; docs/checklist.md lists them. */
	readonly reason: string;
	readonly facts: Facts;
	/** When what it relies on was last seen; null: never. */
	readonly observed_at: Date | null;
	/** Of several findings of one status, the one with the greatest weight is shown. */
	readonly weight?: number;
}

type Rest = Partial<Omit<Finding, "status" | "reason" | "observed_at">>;
const find =
	(status: Status) =>
	(reason: string, observed_at: Date | null, rest: Rest = {}): Finding => ({ status, reason, observed_at, facts: {}, ...rest });
export const met = find("met");
export const notMet = find("not_met");
export const unknown = find("unknown");

/** The key that a finding is about. */
export interface ItemKey {
	readonly id: string;
	readonly name: string;
	readonly environment: string;
}

/** How many live keys that an item is about have each status. */
export type KeyCounts = Readonly<Record<Status, number>>;

/** What is returned, stored with turns, and shown as evidence. */
export interface Evidence {
	readonly reason: string;
	readonly facts: Facts;
	/** The key that the reason and the facts are of; null where they are of the tenant. */
	readonly key: ItemKey | null;
	/** Null for items that are not about keys, and for the item of one key. */
	readonly keys: KeyCounts | null;
}

/** An item as it is now. */
export interface Item {
	readonly item: ItemName;
	readonly status: Status;
	readonly scope: "tenant" | "key";
	readonly key_id: string | null;
	readonly evidence: Evidence;
	readonly observed_at: Date | null;
}
