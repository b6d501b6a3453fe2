import { hash, randomBytes } from "node:crypto";
import { canonicalJson } from "../core/canonical.ts";
import type { Actor } from "../core/context.ts";
import { deriveKey, macOf, type Peppers } from "../core/pepper.ts";

/** What a change says of itself: an action in the past tense with its object, `key.revoked`, and facts that hold no secret. */
export interface AuditNote {
	readonly action: string;
	readonly target: { readonly kind: string; readonly id: string };
	readonly facts?: Record<string, unknown>;
	/** The chain it belongs to when that is not the context's scope: an operator's change of one tenant belongs to the tenant. */
	readonly tenant_id?: string;
}

/** An entry before it is chained. `details` are erasable: the chain holds their digest only. */
export interface AuditEntry {
	readonly chain: string;
	readonly seq: number;
	readonly at: string;
	readonly action: string;
	readonly target_kind: string;
	readonly target_id: string;
	readonly request_id: string;
	readonly details_digest: Buffer;
}

export interface AuditDetails {
	readonly actor: Actor;
	readonly facts: Record<string, unknown>;
	/** Keeps an erased detail from being guessed through its digest. */
	readonly salt: string;
}

/** The keys of the chain's MACs, derived from the peppers; new entries use the current one. */
export interface AuditKeys {
	readonly current: { readonly id: string; readonly key: Buffer };
	readonly byId: ReadonlyMap<string, Buffer>;
}

export function auditKeysFrom(peppers: Peppers): AuditKeys {
	const byId = new Map([...peppers.byId.values()].map((pepper) => [pepper.id, deriveKey(pepper, "audit chain")]));
	return { current: { id: peppers.current.id, key: deriveKey(peppers.current, "audit chain") }, byId };
}

export function detailsOf(actor: Actor, note: AuditNote): AuditDetails {
	return { actor, facts: note.facts ?? {}, salt: randomBytes(16).toString("hex") };
}

export function digestDetails(details: unknown): Buffer {
	return hash("sha256", canonicalJson(details), "buffer");
}

/** The MAC that ties `entry` to the one before it; the first entry follows an empty MAC. */
export function entryMac(key: Buffer, entry: AuditEntry, previous: Buffer): Buffer {
	return macOf(key, "kwa1", [
		entry.chain,
		String(entry.seq),
		entry.at,
		entry.action,
		entry.target_kind,
		entry.target_id,
		entry.request_id,
		entry.details_digest,
		previous,
	]);
}
