import { RULE_KINDS } from "../alerts/rule.ts";
import type { EventType } from "../outbox/events.ts";
import type { MailClass } from "../outbox/mail/classes.ts";

/** Classes that a member can unsubscribe from. */
export const ROUTINE_CLASSES = ["key_use", "rotation", "expiry"] as const satisfies readonly MailClass[];

/** The events that are mailed, and as what. */
export const MAILED_EVENTS = {
	"key.first_used": "key_use",
	"key.new_source": "key_use",
	"rotation.due": "rotation",
	"rotation.overdue": "rotation",
	"rotation.reminder": "rotation",
	"key.expiring": "expiry",
	"key.expired": "expiry",
	"key.revoked": "security",
	"alert.raised": "security",
	"alert.resolved": "security",
	"alert.tested": "security",
} as const satisfies Partial<Record<EventType, MailClass>>;

export type MailedEvent = keyof typeof MAILED_EVENTS;

/** The class of each mailed event, by its type. */
export const CLASS_OF: ReadonlyMap<string, MailClass> = new Map(Object.entries(MAILED_EVENTS));

/** Who receives the alerts of a rule that the tenant has not changed. */
export const DEFAULT_RECIPIENTS = JSON.stringify(Object.fromEntries(Object.entries(RULE_KINDS).map(([rule, { to }]) => [rule, to])));
