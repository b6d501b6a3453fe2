import type { Clock } from "../core/clock.ts";
import { ALL_TENANTS } from "../core/context.ts";
import { ApiError } from "../core/error.ts";
import type { Log } from "../core/log.ts";
import type { DatabaseContext } from "../database/database.ts";
import type { AuditKeys } from "./entry.ts";
import { type ChainFinding, verifyChain } from "./verify.ts";

/** A result is reused for 30 seconds, or for 500 times as long as its check took: checking a chain takes at most 0.2 % of the time. */
const FRESH_MS_MIN = 30_000;
const FRESH_PER_DURATION = 500;
const CHAINS_MAX = 500;
/** Chains that a node verifies at once, and those that wait for it: a check holds a connection. */
const CHECKS_MAX = 2;
const WAITING_MAX = 50;
const RETRY_AFTER_SECONDS = 30;

interface Checked {
	readonly at_ms: number;
	readonly fresh_until: number;
	readonly finding: ChainFinding;
}

export interface StateContext extends DatabaseContext {
	readonly audit_keys: AuditKeys;
	readonly audit_states: ChainStates;
}

/** Whether a tenant's chain is whole, as `audit verify` finds it. Each chain is verified from its beginning, once for all who ask meanwhile. */
export class ChainStates {
	readonly #options: { readonly clock: Clock; readonly log: Log };
	readonly #running = new Map<string, Promise<Checked>>();
	/** Oldest first. */
	readonly #checked = new Map<string, Checked>();
	/** Checks that wait for their turn, first come first served. */
	readonly #waiting: (() => void)[] = [];
	#checking = 0;

	constructor(options: { readonly clock: Clock; readonly log: Log }) {
		this.#options = options;
	}

	/** The state of the tenant's chain, at most as old as `checked_at`. 429 `rate_limited` while too many others wait. */
	async get(context: StateContext, tenant_id: string) {
		const { at_ms, finding } = await this.#find(context, tenant_id);
		return {
			whole: finding.intact,
			entries: finding.intact ? finding.entries : null,
			checked_at: new Date(at_ms).toISOString(),
			first_wrong: finding.intact ? null : { position: finding.seq, reason: finding.reason },
		};
	}

	#find(context: StateContext, chain: string): Promise<Checked> {
		const known = this.#checked.get(chain);
		if (known !== undefined && this.#options.clock.monotonic() < known.fresh_until) return Promise.resolve(known);
		const running = this.#running.get(chain) ?? this.#inTurn(() => this.#check(context, chain)).finally(() => this.#running.delete(chain));
		this.#running.set(chain, running);
		return running;
	}

	async #inTurn<T>(check: () => Promise<T>): Promise<T> {
		if (this.#checking < CHECKS_MAX) this.#checking += 1;
		else if (this.#waiting.length >= WAITING_MAX)
			throw new ApiError("rate_limited", "Many audit logs are being verified. Try again in half a minute.", {
				retry_after_seconds: RETRY_AFTER_SECONDS,
			});
		else await new Promise<void>((resolve) => this.#waiting.push(resolve));
		try {
			return await check();
		} finally {
			// The next one takes over the turn.
			const next = this.#waiting.shift();
			if (next === undefined) this.#checking -= 1;
			else next();
		}
	}

	async #check(context: StateContext, chain: string): Promise<Checked> {
		const { clock, log } = this.#options;
		const began = clock.monotonic();
		const at_ms = clock.now();
		const finding = await verifyChain(context, chain);
		if (!finding.intact) log.error({ chain, position: finding.seq, reason: finding.reason }, "audit_chain_broken");
		const now = clock.monotonic();
		const checked = { at_ms, finding, fresh_until: now + Math.max(FRESH_MS_MIN, (now - began) * FRESH_PER_DURATION) };
		this.#checked.delete(chain);
		this.#checked.set(chain, checked);
		for (const oldest of this.#checked.keys()) {
			if (this.#checked.size <= CHAINS_MAX) break;
			this.#checked.delete(oldest);
		}
		return checked;
	}
}

/** Verifies the tenant's chain and returns its number of entries, or the first position that shows a change made past Keywright. */
export function getState(context: StateContext, { tenant_id }: { tenant_id: string }) {
	return context.audit_states.get(context, tenant_id);
}

/** The same for the chain of the instance, or that of a tenant, which outlives the tenant. 404 where nothing was ever written. */
export async function getAnyState(context: StateContext, { tenant_id }: { tenant_id?: string }) {
	const state = await context.audit_states.get(context, tenant_id ?? ALL_TENANTS);
	if (tenant_id !== undefined && state.entries === 0)
		throw new ApiError("not_found", "No tenant has had this id. Check it with GET /api/v1/operator/tenants.");
	return state;
}
