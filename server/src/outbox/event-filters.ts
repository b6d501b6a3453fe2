import { EVENTS, type EventType } from "./events.ts";

/** Sent to one endpoint on request and never stored in the outbox. */
export const TEST_EVENT = "webhook.test" satisfies EventType;

/** Delivered where another type is, so that no filter has to name it. */
export const DELIVERED_LIKE = { type: "alert.tested", like: "alert.raised" } as const satisfies { type: EventType; like: EventType };

/** Guarantee: `EVENTS` is an object literal, which has no other keys. */
const EVENT_TYPES = Object.keys(EVENTS) as readonly EventType[];

/** The types that an endpoint can be limited to. */
export const FILTER_TYPES: readonly EventType[] = EVENT_TYPES.filter((type) => type !== TEST_EVENT && type !== DELIVERED_LIKE.type);
