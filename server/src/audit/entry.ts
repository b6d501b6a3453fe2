import { hash, randomBytes } from "node:crypto";
import { canonicalJson } from "../core/canonical.ts";
import type { Actor } from "../core/context.ts";
import { computeMac, deriveKey, type Peppers } from "../core/pepper.ts";
import { type Snapshots, toSnapshots } from "./snapshots.ts";

/** The audit entry that a change writes: the action in the past tense with its object, such as `key.revoked`, and details without secrets. */
export interface NewAuditEntry {
	readonly action: string;
	/** With its name, where the details do not say it. */
	readonly target: { readonly kind: string; readonly id: string; readonly name?: string };
	readonly details?: Record<string, unknown>;
	/** The chain of the entry if it is not that of the context's scope: an operator's change of a tenant belongs to the tenant's chain. */
	readonly tenant_id?: string;
}

/** An entry before it is chained. `details` can be erased, because the chain contains only their digest. */
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

/** Entries of earlier versions have neither snapshots nor an address. */
export interface AuditDetails extends Snapshots {
	readonly actor: Actor;
	/** The caller's IP address; null for the system, and where the instance stores no addresses. */
	readonly ip: string | null;
	readonly facts: Record<string, unknown>;
	/** Prevents guessing erased details from their digest. */
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

export function toAuditDetails(caller: { readonly actor: Actor; readonly ip: string | null }, entry: NewAuditEntry): AuditDetails {
	const facts = entry.details ?? {};
	const { target_name, ...states } = toSnapshots(entry.action, facts);
	return { ...caller, facts, ...states, target_name: entry.target.name ?? target_name, salt: randomBytes(16).toString("hex") };
}

export function digestDetails(details: unknown): Buffer {
	return hash("sha256", canonicalJson(details), "buffer");
}

/** The MAC that chains `entry` to the one before it; the first entry follows an empty MAC. */
export function entryMac(key: Buffer, entry: AuditEntry, previous: Buffer): Buffer {
	return computeMac(key, "kwa1", [
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
