import type { ChangeContext } from "../audit/change.ts";
import type { Actor } from "../core/context.ts";
import { DENIAL_TEXTS } from "../core/denial-texts.ts";
import { assert } from "../core/error.ts";
import type { Address } from "../core/network.ts";
import type { Tx } from "../database/transaction.ts";
import { recheckKey } from "../keys/recheck.ts";
import type { Grant } from "./grants/grant.ts";

/** Context of the actions of keyed routes: acts as the key, within its tenant. */
export interface KeyedContext extends ChangeContext {
	readonly grant: Grant;
	readonly key_id: string;
	/** Null: every site of the tenant. */
	readonly visible_site_ids: readonly string[] | null;
	/** Verifies key and tenant again inside the transaction; throws the denial as an `ApiError`. */
	recheck(tx: Tx): Promise<void>;
	/** The value of X-API-Key, for routes that declare `takes_raw_key`. It must never reach a log, a row or an error. */
	presentedRawKey(): string;
}

/** The parts of the context that all requests of the process share. */
export type KeyedSystem = Omit<ChangeContext, "actor" | "scope" | "request_id" | "idempotency_key">;

export interface KeyedRequest {
	readonly request_id: string;
	readonly idempotency_key: string | null;
	readonly site_id: string | null;
	/** The permission of its route; null when any key may call it. */
	readonly permission: string | null;
	/** Null unless the route declares `takes_raw_key`. */
	readonly raw_key: string | null;
	readonly address: Address | null;
}

/** The context of one keyed request. All have one hidden class. */
export class KeyedRequestContext implements KeyedContext {
	readonly database: ChangeContext["database"];
	readonly node: ChangeContext["node"];
	readonly audit_keys: ChangeContext["audit_keys"];
	readonly clock: ChangeContext["clock"];
	readonly log: ChangeContext["log"];
	readonly grant: Grant;
	readonly scope: string;
	readonly request_id: string;
	readonly idempotency_key: string | null;
	readonly #request: KeyedRequest;

	constructor(system: KeyedSystem, grant: Grant, request: KeyedRequest) {
		this.database = system.database;
		this.node = system.node;
		this.audit_keys = system.audit_keys;
		this.clock = system.clock;
		this.log = system.log;
		this.grant = grant;
		this.scope = grant.tenant.id;
		this.request_id = request.request_id;
		this.idempotency_key = request.idempotency_key;
		this.#request = request;
	}

	get actor(): Actor {
		return { kind: "key", id: this.grant.key_id, name: this.grant.key_name };
	}

	/** Formatted on demand: only a change stores it. */
	get address(): string | null {
		return this.#request.address?.text ?? null;
	}

	get key_id(): string {
		return this.grant.key_id;
	}

	get visible_site_ids(): readonly string[] | null {
		return this.grant.site_ids === null ? null : [...this.grant.site_ids];
	}

	/** The detail of `not_found` responses, formatted on demand. */
	get not_found_detail(): string {
		return DENIAL_TEXTS.notFound(this.grant.tenant);
	}

	/** Stored in a private field, which no serializer prints. */
	presentedRawKey(): string {
		assert(this.#request.raw_key !== null, "an action reads the raw key but its route does not declare it");
		return this.#request.raw_key;
	}

	recheck(tx: Tx): Promise<void> {
		const { site_id, permission } = this.#request;
		return recheckKey(
			tx,
			{ tenant_id: this.scope, key_id: this.key_id, kid: this.grant.kid, ...(site_id ? { site_id } : {}), ...(permission ? { permission } : {}) },
			this.clock.now(),
		);
	}
}
