import { ALL_TENANTS } from "../../core/context.ts";
import { HOUR_MS, MINUTE_MS } from "../../core/time.ts";
import type { Database } from "../../database/database.ts";
import { read } from "../../database/transaction.ts";
import { combineHeads } from "./checkpoint.ts";
import { readHeadsAt } from "./store.ts";

/** More than a transaction can take and clocks can differ: entries of before then are committed. */
const COMMITTED_AFTER_MS = 5 * MINUTE_MS;
const HEAD = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([A-Za-z0-9+/]{43}=)$/;

/** One digest of the heads of all chains as they were at a time: short enough for a mail. With it a rolled-back database is found. */
export interface CombinedHead {
	readonly at: string;
	/** As `combineHeads` makes it. */
	readonly digest: string;
}

export function formatHead({ at, digest }: CombinedHead): string {
	return `${at} ${digest}`;
}

/** Null for a text that `formatHead` did not make. */
export function parseHead(text: string): CombinedHead | null {
	const [, at, digest] = HEAD.exec(text.trim()) ?? [];
	return at === undefined || digest === undefined || Number.isNaN(Date.parse(at)) ? null : { at, digest };
}

/** The combined head of the last full hour whose entries are all committed. Read once for each hour. */
export class CombinedHeads {
	readonly #database: Database;
	#known: { readonly hour: number; readonly head: Promise<CombinedHead> } | null = null;

	constructor(database: Database) {
		this.#database = database;
	}

	at(now: number): Promise<CombinedHead> {
		const hour = Math.floor((now - COMMITTED_AFTER_MS) / HOUR_MS) * HOUR_MS;
		if (this.#known?.hour !== hour) {
			const head = this.#read(new Date(hour));
			this.#known = { hour, head };
			// A failed reading is repeated for the next mail.
			head.catch(() => {
				this.#known = null;
			});
		}
		return this.#known.head;
	}

	async #read(at: Date): Promise<CombinedHead> {
		const heads = await read({ database: this.#database, scope: ALL_TENANTS }, (tx) => readHeadsAt(tx, at));
		return { at: at.toISOString(), digest: combineHeads(heads) };
	}
}
