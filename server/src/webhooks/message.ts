import { ALL_TENANTS } from "../core/context.ts";
import { openSecret, type SecretOwner, type SignedMessage, signMessage, type WebhookKeys } from "./secrets.ts";
import type { SealedSecrets } from "./store.ts";

/** An event for one endpoint. */
export interface EventMessage {
	readonly event_id: string;
	readonly type: string;
	readonly created_at: Date;
	/** The tenant of the event; `ALL_TENANTS` if it concerns none. */
	readonly event_tenant_id: string;
	readonly data: object;
	readonly sequence: number;
}

/** The signed message of an attempt at `now`: by the current secret, and by the previous one until it expires. */
export function toMessage(keys: WebhookKeys, owner: SecretOwner, secrets: SealedSecrets, event: EventMessage, now: number): SignedMessage {
	const { pepper_id, secret, previous_secret, previous_expires_at } = secrets;
	const both = previous_secret !== null && previous_expires_at !== null && previous_expires_at.getTime() > now ? [secret, previous_secret] : [secret];
	const tenant_id = event.event_tenant_id === ALL_TENANTS ? null : event.event_tenant_id;
	const data = { ...event.data, tenant_id, sequence: event.sequence };
	return signMessage(
		both.map((sealed) => openSecret(keys, owner, pepper_id, sealed)),
		{ id: event.event_id, at: new Date(now), body: JSON.stringify({ type: event.type, timestamp: event.created_at.toISOString(), data }) },
	);
}
