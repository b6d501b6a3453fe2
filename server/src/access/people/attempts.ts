import { record } from "../../audit/record.ts";
import type { Clock } from "../../core/clock.ts";
import { computeMac } from "../../core/pepper.ts";
import type { Database } from "../../database/database.ts";
import { type AttemptRow, readAttemptsUntil, refundAttempt, takeAttempt } from "./attempt-store.ts";

/** Attempts per name and window; a window begins with its first attempt. */
const LIMITS = {
	/** From one IPv4 address or IPv6 /64, at any account. */
	address: { attempts_max: 40, window_seconds: 300 },
	account_and_address: { attempts_max: 10, window_seconds: 900 },
	/** At one account from all addresses, without a known device's cookie: too few to guess a password. */
	account: { attempts_max: 100, window_seconds: 3_600 },
	/** From a device that has signed in to the account before; not spent by other devices. */
	device: { attempts_max: 10, window_seconds: 900 },
	/** In one session, when the signed-in person confirms the password. */
	session: { attempts_max: 10, window_seconds: 900 },
	password_mail: { attempts_max: 3, window_seconds: 900 },
	sign_in_mail: { attempts_max: 1, window_seconds: 900 },
	/** Mails that prove a new address: by the person who asks, and by the address that gets them. */
	address_mail: { attempts_max: 3, window_seconds: 900 },
} as const;

export type AttemptKind = keyof typeof LIMITS;

/** What attempts are counted by: an address, an account's e-mail address, a device or a session. */
export interface Budget {
	readonly kind: AttemptKind;
	readonly name: string;
}

const BUCKETS = 2 ** 20;

/** Thrown to roll back the transaction, so that an attempt spends all of its budgets or none. */
class UsedUp extends Error {
	readonly until: Date;

	constructor(until: Date) {
		super("used up");
		this.until = until;
	}
}

export interface AttemptsOptions {
	readonly database: Database;
	readonly clock: Clock;
	/** Keys the hash that maps names to buckets, so that an attacker cannot choose a victim's bucket. */
	readonly key: Buffer;
}

/** Counts attempts in the database, shared by all nodes. */
export class Attempts {
	readonly #options: AttemptsOptions;

	constructor(options: AttemptsOptions) {
		this.#options = options;
	}

	/** Counts an attempt before it is made, in all budgets or in none. Returns 0, or the seconds to wait when a budget is spent. */
	async take(budgets: readonly Budget[]): Promise<number> {
		const now = this.#options.clock.now();
		try {
			await record(this.#options, async (tx) => {
				for (const row of this.#rowsOf(budgets)) {
					if (await takeAttempt(tx, row, new Date(now))) continue;
					throw new UsedUp((await readAttemptsUntil(tx, row)) ?? new Date(now));
				}
			});
			return 0;
		} catch (error) {
			if (!(error instanceof UsedUp)) throw error;
			return Math.max(1, Math.ceil((error.until.getTime() - now) / 1_000));
		}
	}

	/** Refunds an attempt that succeeded. */
	async refund(budgets: readonly Budget[]): Promise<void> {
		const now = new Date(this.#options.clock.now());
		await record(this.#options, async (tx) => {
			for (const row of this.#rowsOf(budgets)) await refundAttempt(tx, row, now);
		});
	}

	/** Sorted, so that concurrent transactions cannot deadlock. */
	#rowsOf(budgets: readonly Budget[]): AttemptRow[] {
		return budgets
			.map(({ kind, name }) => ({ kind, bucket: computeMac(this.#options.key, "kwb1", [kind, name]).readUInt32BE() % BUCKETS, ...LIMITS[kind] }))
			.sort((a, b) => (a.kind === b.kind ? a.bucket - b.bucket : a.kind < b.kind ? -1 : 1));
	}
}
