import { isRecord } from "./table.ts";

const ID = /^[\x21-\x7e]{1,128}$/;
/** RFC 3339 with a time zone: without one the order of events would depend on this machine's zone. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
/** In the order of a subscription's life cycle. */
const TYPES = ["subscription.created", "subscription.updated", "subscription.deleted"];
/** How far the billing system's clock may be ahead; an event from the future would outrank all that follow. */
const AHEAD_MS_MAX = 5 * 60_000;

/** The change of one subscription by one event. */
export interface SubscriptionEvent {
	readonly event_id: string;
	readonly customer_id: string;
	readonly subscription_id: string;
	readonly product_id: string;
	readonly status: string;
	/** When it happened, in Unix milliseconds; not when it was sent, which changes with each retry. */
	readonly occurred_ms: number;
	/** Orders events of the same instant by the life cycle: 0 created, 1 updated, 2 deleted. */
	readonly stage: number;
}

/** Parses a body with a valid signature. Returns null for other event types; throws `TypeError` for an invalid event. */
export function parseEvent(event_id: string, body: unknown, now_ms: number): SubscriptionEvent | null {
	if (!isRecord(body) || typeof body.type !== "string") throw new TypeError("the event has no type");
	const stage = TYPES.indexOf(body.type);
	if (stage === -1) return null;
	if (typeof body.timestamp !== "string" || !INSTANT.test(body.timestamp)) throw new TypeError("timestamp is no instant");
	const occurred_ms = Date.parse(body.timestamp);
	if (Number.isNaN(occurred_ms) || occurred_ms > now_ms + AHEAD_MS_MAX) throw new TypeError("timestamp is no instant that has been");
	const data = isRecord(body.data) ? body.data : {};
	return {
		event_id,
		customer_id: idOf(data.customer_id, "customer_id"),
		subscription_id: idOf(data.id, "id"),
		product_id: idOf(data.product_id, "product_id"),
		status: body.type === "subscription.deleted" ? "canceled" : idOf(data.status, "status"),
		occurred_ms,
		stage,
	};
}

function idOf(value: unknown, name: string): string {
	if (typeof value !== "string" || !ID.test(value)) throw new TypeError(`data.${name} is missing`);
	return value;
}
