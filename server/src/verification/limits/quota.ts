import { record } from "../../audit/record.ts";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Database } from "../../database/database.ts";
import { leaseQuota, returnQuota } from "./store.ts";

const BLOCK_REQUESTS_MAX = 2_000;
/** A block is at most this part of what is left, so that blocks shrink to one request near the end and no node hoards. */
const BLOCK_PART_OF_LEFT = 20;
const IDLE_MS = 60_000;
/** How long a used-up quota is not asked for again: another node may give some of it back. */
const EMPTY_MS = 1_000;

/** The requests of one tenant's month that this node has taken from the database and may spend without asking. */
interface Block {
	readonly tenant_id: string;
	readonly month: string;
	/** The largest quota under which any of it was leased. */
	quota: number;
	remaining: number;
	lastUsedMs: number;
	leasing: Promise<void> | null;
	/** The quota that was found used up, and until when that is taken for granted. */
	empty: { quota: number; untilMs: number } | null;
}

/** The first day of the UTC month of `now`, as PostgreSQL writes a date. */
export function monthOf(now: number): string {
	return `${new Date(now).toISOString().slice(0, 7)}-01`;
}

/** When the UTC month after `now` begins, in milliseconds. */
export function nextMonthMs(now: number): number {
	const date = new Date(now);
	return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/**
 * Monthly quotas, spent from blocks that are leased before use: never over, and no I/O while a block lasts. What a node has not spent goes
 * back when it is idle or stopped; a crash costs the tenant one block at the most.
 */
export class QuotaLedger {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #blocks = new Map<string, Block>();
	/** The month of the last request, so that a date is written once a month and not once a request. */
	#month = { name: "", fromMs: 0, untilMs: 0 };

	constructor(options: { database: Database; clock: Clock; log: Log }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#log = options.log;
	}

	/** Spends `cost` of the month: true, false when the quota is used up, or a promise while a block is leased. */
	spend(tenant_id: string, quota: number, cost: number): boolean | Promise<boolean> {
		const now = this.#clock.now();
		const block = this.#block(tenant_id, this.#monthAt(now), quota);
		block.lastUsedMs = now;
		if (block.remaining >= cost) {
			block.remaining -= cost;
			return true;
		}
		if (block.empty?.quota === quota && now < block.empty.untilMs) return false;
		return this.#leaseAndSpend(block, quota, cost);
	}

	#monthAt(now: number): string {
		if (now < this.#month.fromMs || now >= this.#month.untilMs) {
			const name = monthOf(now);
			this.#month = { name, fromMs: Date.parse(name), untilMs: nextMonthMs(now) };
		}
		return this.#month.name;
	}

	/** Gives back what was spent at `spent_ms` of `quota`. A later month, or a quota that has shrunk since, gains nothing by it. */
	refund(tenant_id: string, quota: number, spent_ms: number, cost: number): void {
		const block = this.#blocks.get(tenant_id);
		if (block?.month === monthOf(spent_ms) && block.quota === quota) block.remaining += cost;
	}

	/** Requests taken by this node and not yet spent, to be told apart from used ones. */
	unspent(tenant_id: string, month: string): number {
		const block = this.#blocks.get(tenant_id);
		return block?.month === month ? block.remaining : 0;
	}

	/** Gives idle blocks and those of past months back. */
	async returnIdle(): Promise<void> {
		const now = this.#clock.now();
		await this.#return([...this.#blocks.values()].filter((block) => now - block.lastUsedMs > IDLE_MS));
	}

	async returnAll(): Promise<void> {
		await this.#return([...this.#blocks.values()]);
	}

	/** The block to spend from. One of a past month, or leased under a larger quota than now, goes back first. */
	#block(tenant_id: string, month: string, quota: number): Block {
		const known = this.#blocks.get(tenant_id);
		if (known?.month === month && quota >= known.quota) {
			known.quota = quota;
			return known;
		}
		const block: Block = { tenant_id, month, quota, remaining: 0, lastUsedMs: this.#clock.now(), leasing: null, empty: null };
		if (known) {
			const returning = this.#return([known]).catch((error: unknown) => this.#log.warn({ err: error }, "quota_block_not_returned"));
			// Only then does the database know what is left of a quota that has shrunk.
			block.leasing = returning.finally(() => {
				block.leasing = null;
			});
		}
		this.#blocks.set(tenant_id, block);
		return block;
	}

	async #leaseAndSpend(block: Block, quota: number, cost: number): Promise<boolean> {
		for (;;) {
			block.leasing ??= this.#lease(block, quota, cost).finally(() => {
				block.leasing = null;
			});
			await block.leasing;
			if (block.remaining >= cost) {
				block.remaining -= cost;
				return true;
			}
			if (block.empty !== null) return false;
		}
	}

	async #lease(block: Block, quota: number, cost: number): Promise<void> {
		const sizeOf = (left: number) => Math.max(cost - block.remaining, Math.min(BLOCK_REQUESTS_MAX, Math.floor(left / BLOCK_PART_OF_LEFT)));
		const granted = await record({ database: this.#database }, (tx) =>
			leaseQuota(tx, { tenant_id: block.tenant_id, month: block.month, quota, sizeOf }),
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
