import { timingSafeEqual } from "node:crypto";
import type { ChangeContext } from "../../audit/change.ts";
import { computeMac, deriveKey, type Peppers } from "../../core/pepper.ts";

export const SERVICE_MAC_VERSION = 1;

/** A back end of the operator that verifies keys with Keywright. */
export interface Service {
	readonly id: string;
	readonly name: string;
	/** The last four characters of its credential. */
	readonly last4: string;
	readonly created_at: string;
	readonly revoked_at: string | null;
}

/** The keys of the credentials' MACs, derived from the peppers; new credentials use the current one. */
export interface ServiceKeys {
	readonly current: { readonly id: string; readonly key: Buffer };
	readonly byId: ReadonlyMap<string, Buffer>;
}

/** The context of actions that create service credentials. */
export interface ServiceContext extends ChangeContext {
	readonly service_keys: ServiceKeys;
}

export function serviceKeysFrom(peppers: Peppers): ServiceKeys {
	const byId = new Map([...peppers.byId.values()].map((pepper) => [pepper.id, deriveKey(pepper, "service credential")]));
	return { current: { id: peppers.current.id, key: deriveKey(peppers.current, "service credential") }, byId };
}

export interface CredentialParts {
	readonly service_id: string;
	readonly credential_id: string;
	readonly secret: string;
}

/**
 * The MAC that is stored of a credential. It covers the service id, so that swapping rows in the database does not yield a valid
 * credential.
 */
export function serviceMac(key: Buffer, parts: CredentialParts): Buffer {
	return computeMac(key, "kws1", [parts.service_id, parts.credential_id, parts.secret]);
}

/** Whether `mac` is the MAC of `parts`. Runs in constant time. */
export function macMatches(mac: Buffer, key: Buffer, parts: CredentialParts): boolean {
	const expected = serviceMac(key, parts);
	const right_length = mac.length === expected.length;
	return timingSafeEqual(expected, right_length ? mac : Buffer.alloc(expected.length)) && right_length;
}

export function serviceFromRow(row: { id: string; name: string; last4: string; created_at: Date; revoked_at: Date | null }): Service {
	return {
		id: row.id,
		name: row.name,
		last4: row.last4,
		created_at: row.created_at.toISOString(),
		revoked_at: row.revoked_at?.toISOString() ?? null,
	};
}
