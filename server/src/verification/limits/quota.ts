import { record } from "../../audit/record.ts";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Database } from "../../database/database.ts";
import { leaseQuota, returnQuota } from "./store.ts";

const BLOCK_REQUESTS_MAX = 2_000;
/** A block is at most 1/20 of the remaining quota, so that blocks shrink near the end and no node hoards. */
const BLOCK_PART_OF_LEFT = 20;
const IDLE_MS = 60_000;
/** How long an exhausted quota is cached. After that, another node may have returned requests. */
const EMPTY_MS = 1_000;

/** The block is used up: lease another with `lease`, then spend again. */
export const QUOTA_NEEDED = Symbol("quota needed");

/** Requests of one tenant and month that this node has leased and may spend without I/O. */
interface Block {
	readonly tenant_id: string;
	readonly month: string;
	/** The largest quota under which part of it was leased. */
	quota: number;
	remaining: number;
	lastUsedMs: number;
	leasing: Promise<void> | null;
	/** The quota that was exhausted, and until when that is cached. */
	empty: { quota: number; untilMs: number } | null;
}

/** The first day of the UTC month of `now`, as PostgreSQL writes a date. */
export function formatMonth(now: number): string {
	return `${new Date(now).toISOString().slice(0, 7)}-01`;
}

/** Start of the next UTC month after `now`, in Unix milliseconds. */
export function nextMonthMs(now: number): number {
	const date = new Date(now);
	return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/**
 * Monthly quotas, spent from leased blocks: never exceeded, and no I/O while a block lasts. A node returns unspent requests when it is idle
 * or stops; a crash costs the tenant at most one block.
 */
export class QuotaLedger {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #blocks = new Map<string, Block>();
	/** The cached month of the last request, which saves formatting a date per request. */
	#month = { name: "", fromMs: 0, untilMs: 0 };

	constructor(options: { database: Database; clock: Clock; log: Log }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#log = options.log;
	}

	/** Spends `cost`: true when it was spent, false when the quota is exhausted, QUOTA_NEEDED when a block must be leased first. */
	spend(tenant_id: string, quota: number, cost: number): boolean | typeof QUOTA_NEEDED {
		const now = this.#clock.now();
		const block = this.#block(tenant_id, this.#monthAt(now), quota);
		block.lastUsedMs = now;
		if (block.remaining >= cost) {
			block.remaining -= cost;
			return true;
		}
		return block.empty?.quota === quota && now < block.empty.untilMs ? false : QUOTA_NEEDED;
	}

	/**
	 * Leases a block, unless one is being leased. Others may have spent it when this resolves, so spend in a loop: each lease serves at least
	 * one caller or finds the quota exhausted. Rejects when the database is unavailable.
	 */
	lease(tenant_id: string, quota: number, cost: number): Promise<void> {
		const block = this.#block(tenant_id, this.#monthAt(this.#clock.now()), quota);
		block.leasing ??= this.#lease(block, quota, cost).finally(() => {
			block.leasing = null;
		});
		return block.leasing;
	}

	#monthAt(now: number): string {
		if (now < this.#month.fromMs || now >= this.#month.untilMs) {
			const name = formatMonth(now);
			this.#month = { name, fromMs: Date.parse(name), untilMs: nextMonthMs(now) };
		}
		return this.#month.name;
	}

	/** Requests that this node has leased and not spent. The database counts them as used. */
	unspent(tenant_id: string, month: string): number {
		const block = this.#blocks.get(tenant_id);
		return block?.month === month ? block.remaining : 0;
	}

	/** Returns blocks that were not used for a minute. */
	async returnIdle(): Promise<void> {
		const now = this.#clock.now();
		await this.#return([...this.#blocks.values()].filter((block) => now - block.lastUsedMs > IDLE_MS));
	}

	async returnAll(): Promise<void> {
		await this.#return([...this.#blocks.values()]);
	}

	/** The block to spend from. A block of a past month or of a larger quota is returned first. */
	#block(tenant_id: string, month: string, quota: number): Block {
		const known = this.#blocks.get(tenant_id);
		if (known?.month === month && quota >= known.quota) {
			known.quota = quota;
			return known;
		}
		const block: Block = { tenant_id, month, quota, remaining: 0, lastUsedMs: this.#clock.now(), leasing: null, empty: null };
		if (known) {
			const returning = this.#return([known]).catch((error: unknown) => this.#log.warn({ err: error }, "quota_block_not_returned"));
			// The remaining part of a reduced quota is known only after the return.
			block.leasing = returning.finally(() => {
				block.leasing = null;
			});
		}
		this.#blocks.set(tenant_id, block);
		return block;
	}

	async #lease(block: Block, quota: number, cost: number): Promise<void> {
		const getSize = (left: number) => Math.max(cost - block.remaining, Math.min(BLOCK_REQUESTS_MAX, Math.floor(left / BLOCK_PART_OF_LEFT)));
		const granted = await record({ database: this.#database }, (tx) =>
			leaseQuota(tx, { tenant_id: block.tenant_id, month: block.month, quota, sizeOf: getSize }),
		);
		block.remaining += granted;
		block.empty = block.remaining < cost ? { quota, untilMs: this.#clock.now() + EMPTY_MS } : null;
	}

	async #return(blocks: readonly Block[]): Promise<void> {
		for (const block of blocks) {
			if (block.leasing) continue;
			if (this.#blocks.get(block.tenant_id) === block) this.#blocks.delete(block.tenant_id);
			const { remaining } = block;
			block.remaining = 0;
			if (remaining > 0) await record({ database: this.#database }, (tx) => returnQuota(tx, block.tenant_id, block.month, remaining));
		}
	}
}
