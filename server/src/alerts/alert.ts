import type { Actor } from "../core/context.ts";
import { ApiError } from "../core/error.ts";
import type { RuleName } from "./rule.ts";

export const ALERT_STATUSES = ["raised", "acknowledged", "resolved"] as const;
export type AlertStatus = (typeof ALERT_STATUSES)[number];

/** The subject of the alert for what was too much to be raised one by one. */
export const THE_REST = "*";

/** What was found, in plain values; names are as they were then. */
export type Evidence = Readonly<Record<string, string | number | null>>;

/** Who acknowledged an alert. */
export interface Acknowledger {
	readonly kind: string;
	readonly id?: string;
	readonly name: string;
}

/** What a rule found about one subject. */
export interface Fact {
	readonly tenant_id: string;
	readonly rule: RuleName;
	/** A key, a webhook, a limit or the tenant. */
	readonly subject: string;
	readonly key_id: string | null;
	/** In the unit of the rule's threshold. */
	readonly value: number;
	/** New occurrences: requests, or 1 for a state. */
	readonly count: number;
	readonly evidence: Evidence;
}

/** An alert that is not resolved. */
export interface OpenAlert {
	readonly tenant_id: string;
	readonly id: string;
	readonly rule: RuleName;
	readonly subject: string;
	readonly key_id: string | null;
	readonly status: AlertStatus;
	readonly evidence: Evidence;
	readonly count: number;
	readonly raised_at: Date;
	readonly last_at: Date;
	readonly quiet_seconds: number | null;
	readonly reminded_at: Date | null;
	/** When the evaluation looks at it without news; null: never. */
	readonly due_at: Date | null;
}

export interface Alert extends OpenAlert {
	readonly acknowledged_at: Date | null;
	readonly acknowledged_by: Acknowledger | null;
	readonly resolved_at: Date | null;
}

/** Without the e-mail address, which is in the audit log. */
export function toAcknowledger(actor: Actor): Acknowledger {
	return { kind: actor.kind, ...("id" in actor ? { id: actor.id } : {}), name: actor.name };
}

export function alertNotFound(): ApiError {
	return new ApiError("not_found", "There is no alert with this id.");
}
