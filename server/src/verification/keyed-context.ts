import type { ChangeContext } from "../audit/change.ts";
import type { Actor } from "../core/context.ts";
import { assert } from "../core/error.ts";
import type { Tx } from "../database/transaction.ts";
import { REFUSAL } from "../keys/guards.ts";
import { recheckKey } from "../keys/recheck.ts";
import type { Grant } from "./grants/grant.ts";

/** What the actions of keyed routes get: everything of the system, as the key that asked, within its tenant. */
export interface KeyedContext extends ChangeContext {
	readonly grant: Grant;
	readonly key_id: string;
	/** Null: every site of the tenant. */
	readonly visible_site_ids: readonly string[] | null;
	/** Reads key and tenant again inside the committing transaction; throws what verification would answer now. */
	recheck(tx: Tx): Promise<void>;
	/** The text that was presented as X-API-Key, for routes that take it. It goes into no log, no row and no error. */
	presentedRawKey(): string;
}

/** What one process has, without who asks. */
export type KeyedSystem = Omit<ChangeContext, "actor" | "scope" | "request_id" | "idempotency_key">;

export interface KeyedRequest {
	readonly request_id: string;
	readonly idempotency_key: string | null;
	readonly site_id: string | null;
	/** The permission of its route; null when any key may call it. */
	readonly permission: string | null;
	/** Only for a route whose action takes it. */
	readonly raw_key: string | null;
}

/** The context of one keyed request; one object of one shape, made for each. */
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

	get key_id(): string {
		return this.grant.key_id;
	}

	get visible_site_ids(): readonly string[] | null {
		return this.grant.site_ids === null ? null : [...this.grant.site_ids];
	}

	/** What the error handler answers for whatever is not found: written only then. */
	get not_found_detail(): string {
		return REFUSAL.notFound(this.grant.tenant);
	}

	/** Lives as long as the request, in a private field that nothing prints. */
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
