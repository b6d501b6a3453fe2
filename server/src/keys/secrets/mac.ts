import { hash, timingSafeEqual } from "node:crypto";
import { computeMac, type Pepper, type Peppers } from "../../core/pepper.ts";

/** A MAC over the secret itself. */
export const MAC_VERSION = 1;
/** A MAC over the SHA-256 of an imported raw key, of which only the hash is known before its first use. */
export const HASH_MAC_VERSION = 2;

/** Marks an imported raw key that takes the place of a secret. Secrets are base62, so the two cannot be confused. */
const ISSUED_ELSEWHERE = "~";

/** The fields that a MAC is bound to: a row moved to another key, tenant or environment no longer matches. */
export interface SecretIdentity {
	readonly key_id: string;
	readonly kid: string;
	readonly tenant_id: string;
	readonly environment: string;
}

export interface StoredMac {
	mac: Buffer;
	mac_version: number;
	pepper_id: string;
}

function getFields(identity: SecretIdentity): string[] {
	return [identity.key_id, identity.kid, identity.tenant_id, identity.environment];
}

/** HMAC-SHA-256(pepper, "kw1" ‖ length-prefixed key id, kid, tenant id, environment, secret). Only this is stored of a secret. 32 bytes. */
export function secretMac(pepper: Pepper, identity: SecretIdentity, secret: string): Buffer {
	return computeMac(pepper.bytes, "kw1", [...getFields(identity), secret]);
}

/** The same over the SHA-256 of a raw key, with the label "kw2". */
export function hashMac(pepper: Pepper, identity: SecretIdentity, sha256: Buffer): Buffer {
	return computeMac(pepper.bytes, "kw2", [...getFields(identity), sha256]);
}

/** Represents an imported raw key as a secret. */
export function importedSecretText(raw_key: string): string {
	return ISSUED_ELSEWHERE + raw_key;
}

/** The raw key of an imported secret; null for one issued here. */
export function rawKeyFromElsewhere(secret: string): string | null {
	return secret.startsWith(ISSUED_ELSEWHERE) ? secret.slice(ISSUED_ELSEWHERE.length) : null;
}

function macLike(stored: StoredMac, pepper: Pepper, identity: SecretIdentity, secret: string): Buffer {
	const raw_key = stored.mac_version === HASH_MAC_VERSION ? rawKeyFromElsewhere(secret) : null;
	return raw_key === null ? secretMac(pepper, identity, secret) : hashMac(pepper, identity, hash("sha256", raw_key, "buffer"));
}

/** Whether `stored` is a MAC of `secret`. Constant time. An unconfigured pepper or a MAC of another length never matches. */
export function secretMatches(peppers: Peppers, identity: SecretIdentity, secret: string, stored: StoredMac): boolean {
	const pepper = peppers.byId.get(stored.pepper_id) ?? peppers.current;
	const mac = macLike(stored, pepper, identity, secret);
	return mac.length === stored.mac.length && timingSafeEqual(mac, stored.mac) && peppers.byId.has(stored.pepper_id);
}

const NOBODY: SecretIdentity = { key_id: "key_none", kid: "none", tenant_id: "none", environment: "prod" };

/** The work of `secretMatches`, for a kid that is not known: an answer about it takes the same time. */
export function computeDecoy(peppers: Peppers, secret: string): void {
	const mac = secretMac(peppers.current, NOBODY, secret);
	timingSafeEqual(mac, mac);
}
