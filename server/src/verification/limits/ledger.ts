import { record } from "../../audit/record.ts";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { MINUTE_MS } from "../../core/time.ts";
import type { Database } from "../../database/database.ts";
import { BUDGET_PERIODS, type BudgetPeriod } from "../../keys/budgets/budget.ts";
import { Batcher } from "../batcher.ts";
import { type Account, type Allowance, sizeOfBlock } from "./allowance.ts";
import { type Span, spanAt } from "./period.ts";
import { type Lease, leaseBlocks, type Period, returnBlocks } from "./store.ts";

const IDLE_MS = MINUTE_MS;
/** What is left of an older block goes back, also while it is spent slowly. */
const HELD_MS = 5 * MINUTE_MS;
/** Leases of one transaction, and of all that may wait for one. */
const LEASES_MAX = 500;
const WAITING_LEASES_MAX = 100_000;
/** The second try finds what another node leased first during the first one. */
const LEASE_TRIES = 2;
/** The lease of a deleted key. */
const NOTHING_LEFT: Lease = { granted: 0, left: 0 };
/** Blocks that are returned in one transaction. If it fails, they count as spent. */
const RETURNS_MAX = 100;
/** How long what was left is relied on to refuse. After that, another node may have returned units. */
const KNOWN_MS = 1_000;

/** There is too little in the block: lease more with `lease`, then spend again. */
export const LEASE_NEEDED = Symbol("lease needed");

/**
 * Quotas and budgets, spent from leased blocks: never exceeded, and no I/O while a block lasts. A node returns unspent units when it is idle
 * or stops; a crash costs at most one block of each, until the period ends, and for good where it does not.
 */
export class Ledger {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #accounts = new Map<string, Account>();
	/** One transaction at a time leases for all accounts that asked meanwhile. */
	readonly #leases: Batcher<Lease>;
	/** Accounts that ask for a lease, by allowance and period. */
	readonly #asking = new Map<string, Account>();
	/** Returns that are under way. */
	readonly #returning = new Set<Promise<void>>();
	/** The periods of the last request, which saves formatting dates per request. */
	readonly #spans: Record<BudgetPeriod, Span>;

	constructor(options: { database: Database; clock: Clock; log: Log }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#log = options.log;
		this.#leases = new Batcher({ batch_max: LEASES_MAX, queue_max: WAITING_LEASES_MAX, load: (ids) => this.#leaseMany(ids) });
		const [day, week, month, total] = BUDGET_PERIODS;
		const now = this.#clock.now();
		this.#spans = { day: spanAt(day, now), week: spanAt(week, now), month: spanAt(month, now), total: spanAt(total, now) };
	}

	/** The period that `now` is in. */
	spanAt(per: BudgetPeriod, now: number): Span {
		const span = this.#spans[per];
		if (now >= span.from_ms && now < span.until_ms) return span;
		this.#spans[per] = spanAt(per, now);
		return this.#spans[per];
	}

	/** Whether `cost` can be spent: false when the allowance has not so much left, LEASE_NEEDED when a block must be leased first. */
	check(allowance: Allowance, cost: number, now = this.#clock.now()): boolean | typeof LEASE_NEEDED {
		return spendable(this.#account(allowance, now), allowance, cost, now);
	}

	/** Spends `cost` if `check` is true; returns what it says. */
	spend(allowance: Allowance, cost: number, now = this.#clock.now()): boolean | typeof LEASE_NEEDED {
		const account = this.#account(allowance, now);
		const state = spendable(account, allowance, cost, now);
		if (state !== true || cost === 0) return state;
		account.lastUsedMs = now;
		account.remaining -= cost;
		return true;
	}

	/**
	 * Leases for all who wait. Others may have spent it when this resolves, so spend in a loop: each lease serves at least one caller or finds
	 * the allowance exhausted. Rejects when the database is unavailable.
	 */
	async lease(allowance: Allowance, cost: number): Promise<void> {
		const account = this.#account(allowance, this.#clock.now());
		const waiting = account.waiting ?? [];
		account.waiting = waiting;
		waiting.push(cost);
		account.pending ??= this.#lease(account).finally(() => {
			account.pending = null;
		});
		try {
			await account.pending;
		} finally {
			waiting.splice(waiting.indexOf(cost), 1);
			if (waiting.length === 0) account.waiting = null;
		}
	}

	/** Units that this node has leased of the period that begins on `start`, and not spent. The database counts them as used. */
	unspent(id: string, start: string): number {
		const account = this.#accounts.get(id);
		return account?.span.start === start ? account.remaining : 0;
	}

	/** What can still be spent, as far as this node knows without asking; null before it has spent any. */
	remaining(allowance: Allowance, now: number): number | null {
		const account = this.#find(allowance);
		if (account === null || account.left === null || account.span !== this.spanAt(allowance.per, now)) return null;
		return account.remaining + account.left;
	}

	/** Returns blocks that were not used for a minute, and those that were not used up within five. */
	async returnIdle(): Promise<void> {
		const now = this.#clock.now();
		const isDue = ({ lastUsedMs, leasedMs, pending }: Account) => pending === null && (now - lastUsedMs > IDLE_MS || now - leasedMs > HELD_MS);
		await this.#closeAll([...this.#accounts.values()].filter(isDue));
	}

	/** Returns all blocks, and waits for those that are being returned. */
	async returnAll(): Promise<void> {
		await this.#closeAll([...this.#accounts.values()]);
		await Promise.allSettled(this.#returning);
	}

	/** Closes accounts in steps. Those of a step that cannot be returned are logged, and the others follow. */
	async #closeAll(accounts: readonly Account[]): Promise<void> {
		for (let from = 0; from < accounts.length; from += RETURNS_MAX)
			await this.#close(accounts.slice(from, from + RETURNS_MAX)).catch((error: unknown) => this.#logUnreturned(error));
	}

	#logUnreturned(error: unknown): void {
		this.#log.warn({ err: error }, "quota_block_not_returned");
	}

	/** The account to spend from. One of a past period or of a larger amount is closed first. */
	#account(allowance: Allowance, now: number): Account {
		const span = this.spanAt(allowance.per, now);
		const known = this.#find(allowance);
		if (known !== null && known.span === span && allowance.amount >= known.allowance.amount) {
			known.allowance = allowance;
			return known;
		}
		const account: Account = {
			owner: this,
			is_open: true,
			allowance,
			span,
			remaining: 0,
			left: null,
			waiting: null,
			lastUsedMs: now,
			leasedMs: now,
			pending: null,
			known_until_ms: 0,
			known_amount: 0,
		};
		if (known !== null) {
			const closing = this.#close([known]).catch((error: unknown) => this.#logUnreturned(error));
			// What is left of a reduced amount is known only after the return; another period has its own.
			if (known.span === span)
				account.pending = closing.finally(() => {
					account.pending = null;
				});
		}
		this.#accounts.set(allowance.id, account);
		allowance.account = account;
		return account;
	}

	#find(allowance: Allowance): Account | null {
		const { account } = allowance;
		if (account?.is_open && account.owner === this) return account;
		allowance.account = this.#accounts.get(allowance.id) ?? null;
		return allowance.account;
	}

	async #lease(account: Account): Promise<void> {
		const { allowance, span } = account;
		const id = `${span.start} ${allowance.id}`;
		this.#asking.set(id, account);
		const { granted, left } = await this.#leases.get(id).finally(() => this.#asking.delete(id));
		const now = this.#clock.now();
		account.remaining += granted;
		account.left = left;
		if (granted > 0) account.leasedMs = now;
		account.known_amount = allowance.amount;
		account.known_until_ms = now + KNOWN_MS;
	}

	async #leaseMany(ids: readonly string[]): Promise<Map<string, Lease>> {
		const asking = ids.flatMap((id) => {
			const account = this.#asking.get(id);
			return account === undefined ? [] : [{ id, ...periodOf(account), sizeOf: (left: number) => sizeOfBlock(account, left) }];
		});
		const leases = new Map<string, Lease>();
		let missing = asking;
		for (let tries = 0; tries < LEASE_TRIES && missing.length > 0; tries += 1) {
			const tried = missing;
			const found = await record({ database: this.#database }, (tx) => leaseBlocks(tx, tried));
			for (const [index, lease] of found.entries()) if (lease !== null) leases.set(tried[index]?.id ?? "", lease);
			missing = tried.filter(({ id }) => !leases.has(id));
		}
		for (const { id } of missing) leases.set(id, NOTHING_LEFT);
		return leases;
	}

	/** Takes the accounts out of use and returns what is left of them. After a failure it counts as spent, because the return may have been committed. */
	async #close(accounts: readonly Account[]): Promise<void> {
		const returning = this.#return(accounts);
		this.#returning.add(returning);
		await returning.finally(() => this.#returning.delete(returning));
	}

	async #return(accounts: readonly Account[]): Promise<void> {
		for (const account of accounts) {
			account.is_open = false;
			if (this.#accounts.get(account.allowance.id) === account) this.#accounts.delete(account.allowance.id);
		}
		await Promise.all(accounts.map(({ pending }) => pending?.catch(() => undefined)));
		const blocks = accounts.filter(({ remaining }) => remaining > 0).map((account) => ({ ...periodOf(account), units: account.remaining }));
		for (const account of accounts) account.remaining = 0;
		if (blocks.length > 0) await record({ database: this.#database }, (tx) => returnBlocks(tx, blocks));
	}
}

function periodOf({ allowance, span }: Account): Period {
	return { allowance, start: span.start };
}

function spendable(account: Account, { amount }: Allowance, cost: number, now: number): boolean | typeof LEASE_NEEDED {
	const { remaining, left, known_amount, known_until_ms } = account;
	if (remaining >= cost) return true;
	if (cost > amount) return false;
	const is_known = known_amount === amount && now < known_until_ms;
	return is_known && cost > remaining + (left ?? 0) ? false : LEASE_NEEDED;
}
