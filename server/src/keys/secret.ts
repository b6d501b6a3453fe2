import { timingSafeEqual } from "node:crypto";
import { macOf, type Pepper, type Peppers } from "../core/pepper.ts";

export const MAC_VERSION = 1;

/** What a secret is bound to: a row swapped to another key, tenant or environment no longer matches its MAC. */
export interface SecretIdentity {
	readonly key_id: string;
	readonly kid: string;
	readonly tenant_id: string;
	readonly environment: string;
}

/** HMAC-SHA-256(pepper, "kw1" ‖ length-prefixed key id, kid, tenant id, environment, secret): all that is stored of a secret. 32 bytes. */
export function secretMac(pepper: Pepper, identity: SecretIdentity, secret: string): Buffer {
	return macOf(pepper.bytes, "kw1", [identity.key_id, identity.kid, identity.tenant_id, identity.environment, secret]);
}

/** Whether `secret` is the one that `stored` was made of. In constant time; a pepper that is not configured and a MAC of another length never match. */
export function secretMatches(peppers: Peppers, identity: SecretIdentity, secret: string, stored: { mac: Buffer; pepper_id: string }): boolean {
	const pepper = peppers.byId.get(stored.pepper_id) ?? peppers.current;
	const mac = secretMac(pepper, identity, secret);
	return mac.length === stored.mac.length && timingSafeEqual(mac, stored.mac) && peppers.byId.has(stored.pepper_id);
}
