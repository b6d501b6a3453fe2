import { record } from "../../audit/record.ts";
import type { Clock } from "../../core/clock.ts";
import { macOf } from "../../core/pepper.ts";
import type { Database } from "../../database/database.ts";
import { type AttemptRow, giveAttemptBack, readAttemptsUntil, takeAttempt } from "./attempt-store.ts";

/** How many attempts of one name a window admits that begins with the first. */
const LIMITS = {
	/** From one IPv4 address or IPv6 /64, at whatever account. */
	address: { attempts_max: 40, window_seconds: 300 },
	account_and_address: { attempts_max: 10, window_seconds: 900 },
	/** At one account from all addresses, without a cookie of a device that its person has used: too few to guess. */
	account: { attempts_max: 100, window_seconds: 3_600 },
	/** From a device that the person has signed in with: strangers' attempts are none of its. */
	device: { attempts_max: 10, window_seconds: 900 },
	/** In one session, by the person who is signed in. */
	session: { attempts_max: 10, window_seconds: 900 },
	password_mail: { attempts_max: 3, window_seconds: 900 },
	sign_in_mail: { attempts_max: 1, window_seconds: 900 },
} as const;

export type AttemptKind = keyof typeof LIMITS;

/** Whose attempts are counted: an address, an account by its e-mail address, a device, a session. */
export interface Budget {
	readonly kind: AttemptKind;
	readonly name: string;
}

const BUCKETS = 2 ** 20;

/** The budget that is used up ends the transaction, so that the others of the same attempt are not touched. */
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
	/** Places names into buckets, so that nobody can choose whom they share one with. */
	readonly key: Buffer;
}

/** Counts attempts in the database, so that all nodes count together. */
export class Attempts {
	readonly #options: AttemptsOptions;

	constructor(options: AttemptsOptions) {
		this.#options = options;
	}

	/** Counts an attempt before it is made, in all of the budgets or in none. 0, or the seconds to wait where one is used up. */
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

	/** An attempt that was right after all. */
	async giveBack(budgets: readonly Budget[]): Promise<void> {
		const now = new Date(this.#options.clock.now());
		await record(this.#options, async (tx) => {
			for (const row of this.#rowsOf(budgets)) await giveAttemptBack(tx, row, now);
		});
	}

	/** In one order for all, so that no two transactions wait for each other. */
	#rowsOf(budgets: readonly Budget[]): AttemptRow[] {
		return budgets
			.map(({ kind, name }) => ({ kind, bucket: macOf(this.#options.key, "kwb1", [kind, name]).readUInt32BE() % BUCKETS, ...LIMITS[kind] }))
			.sort((a, b) => (a.kind === b.kind ? a.bucket - b.bucket : a.kind < b.kind ? -1 : 1));
	}
}
