import { hash, timingSafeEqual } from "node:crypto";
import { LRUCache } from "lru-cache";
import { ALL_TENANTS } from "../../core/context.ts";
import { parseServiceCredential, type ServiceCredential } from "../../core/credential.ts";
import { ApiError } from "../../core/error.ts";
import type { Database } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import type { Node } from "../../nodes/node.ts";
import { macMatches, type ServiceKeys } from "./service.ts";
import { readCredential } from "./store.ts";

const CREDENTIALS_MAX = 1_000;
const FILLS_MAX = 5;
const NO_MAC = Buffer.alloc(32);

/** A service with a verified credential. */
export interface KnownService {
	readonly id: string;
	readonly name: string;
}

interface Verified {
	/** SHA-256 of the secret: a comparison costs no MAC. */
	readonly digest: Buffer;
	readonly service: KnownService;
}

type Stored = Awaited<ReturnType<typeof readCredential>>;

export interface ServiceCacheOptions {
	readonly database: Database;
	readonly node: Node;
	readonly service_keys: ServiceKeys;
	/** Called with a valid credential whose MAC used an earlier pepper. Must not throw. */
	readonly onOldPepper?: (credential: ServiceCredential) => void;
}

/** Verifies service credentials. Cached ones cost no I/O while this node holds its lease. */
export class ServiceCache {
	readonly #options: ServiceCacheOptions;
	readonly #verified = new LRUCache<string, Verified>({ max: CREDENTIALS_MAX });
	readonly #reading = new Map<string, Promise<Stored>>();

	constructor(options: ServiceCacheOptions) {
		this.#options = options;
		options.node.onInvalidation((entries) => {
			if (entries === null) return this.#verified.clear();
			for (const entry of entries) if (entry.kind === "service") this.#forget(entry.id);
		});
	}

	/**
	 * The service of the credential `text`; null when it is malformed, unknown, wrong or revoked. Rejects with 503 when the database is
	 * needed and unavailable.
	 */
	verify(text: string): KnownService | null | Promise<KnownService | null> {
		const credential = parseServiceCredential(text);
		if (!credential) return null;
		const known = this.#options.node.lease.holds() ? this.#verified.get(credential.id) : undefined;
		if (!known) return this.#read(credential);
		return timingSafeEqual(known.digest, hash("sha256", credential.secret, "buffer")) ? known.service : null;
	}

	#forget(service_id: string): void {
		for (const [credential_id, { service }] of this.#verified.entries()) if (service.id === service_id) this.#verified.delete(credential_id);
	}

	async #read(credential: ServiceCredential): Promise<KnownService | null> {
		for (let fill = 1; ; fill += 1) {
			const stored = await this.#fetch(credential.id);
			if (!this.#matches(stored, credential)) return null;
			const service = { id: stored.id, name: stored.name };
			if (!this.#options.node.touchedSince("service", service.id, stored.snapshot_seq)) {
				this.#verified.set(credential.id, { digest: hash("sha256", credential.secret, "buffer"), service });
				if (stored.pepper_id !== this.#options.service_keys.current.id) this.#options.onOldPepper?.(credential);
				return service;
			}
			if (fill === FILLS_MAX) throw new ApiError("unavailable", "The services changed while the credential was verified. Try again shortly.");
		}
	}

	/** Whether the credential matches the stored row. Takes the same time without a row. */
	#matches(stored: Stored, credential: ServiceCredential): stored is NonNullable<Stored> {
		const { current, byId } = this.#options.service_keys;
		const key = stored ? byId.get(stored.pepper_id) : current.key;
		const parts = { service_id: stored?.id ?? "", credential_id: credential.id, secret: credential.secret };
		const right = macMatches(stored?.mac ?? NO_MAC, key ?? current.key, parts);
		return right && stored !== undefined;
	}

	/** Coalesces concurrent reads of one credential, but only while the lease holds: without it a joined read could miss a revocation. */
	#fetch(credential_id: string): Promise<Stored> {
		const under_way = this.#options.node.lease.holds() ? this.#reading.get(credential_id) : undefined;
		if (under_way) return under_way;
		const reading = read({ database: this.#options.database, scope: ALL_TENANTS }, (tx) => readCredential(tx, credential_id)).finally(() => {
			if (this.#reading.get(credential_id) === reading) this.#reading.delete(credential_id);
		});
		this.#reading.set(credential_id, reading);
		return reading;
	}
}
