import { record } from "../../audit/record.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../core/time.ts";
import { type ReadTx, type RecordTx, read } from "../../database/transaction.ts";
import type { MailContext } from "../../outbox/mail/mailer.ts";
import { composeMail } from "../../outbox/mail/mails.ts";
import type { ProfileContext } from "../../plans/profile/live.ts";
import type { KeysContext } from "../context.ts";
import { ENVIRONMENT_WORDS } from "../handovers/make.ts";
import { type BegunBySchedule, beginBySchedule, withdraw } from "./begin.ts";
import {
	claimSchedule,
	type DueKey,
	readDatabaseTime,
	readDueKeys,
	readUnclaimable,
	readUnfinished,
	type Scheduled,
	storeRefusal,
	storeSent,
} from "./store.ts";

const KEYS_PER_RUN = 50;
/** Less than the claim lasts. */
const RUN_MS_MAX = 60 * SECOND_MS;
/** Waiting times after mails of one date that were not accepted. After the last, people are only reminded. */
const WAITS_MS: readonly number[] = [5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS, 24 * HOUR_MS];
/** After a rotation could not begin, for example because the plan has lost API access. */
const REFUSED_WAIT_MS = HOUR_MS;
/** A node that was stopped for longer between commit and mail sends nothing: the link may have been cancelled meanwhile. */
const STALLED_MS = 30 * SECOND_MS;

export type ScheduleContext = KeysContext & MailContext & ProfileContext;

export interface ScheduleOptions {
	/** A context of a system actor, for each run. */
	readonly makeContext: () => ScheduleContext;
	/** For tests, which drive the time. Default: the database's clock. */
	readonly now?: () => Date;
}

/**
 * Begins the rotation of keys that are due and hand themselves over (`auto_rotate: "handover"`), and mails each link once to the responsible person. The
 * link is stored nowhere, so a link whose mail has an unknown outcome is cancelled, and another is made later.
 */
export class RotationSchedule {
	readonly #options: ScheduleOptions;
	/** Links that were mailed, of which the database does not know yet. */
	readonly #sent = new Set<string>();

	constructor(options: ScheduleOptions) {
		this.#options = options;
	}

	/** Returns the number of links that were mailed. Safe to run on several nodes at once; one of them works. */
	async run(): Promise<number> {
		const context = this.#options.makeContext();
		for (const rotation_id of this.#sent) await this.#storeSent(context, rotation_id);
		return record(context, async (tx) => ((await claimSchedule(tx)) ? this.#runClaimed(context, tx) : 0));
	}

	/** `claim` holds the lock while the changes run, each in a transaction of its own. */
	async #runClaimed(context: ScheduleContext, claim: RecordTx): Promise<number> {
		const now = await this.#readTime(claim);
		const run_started_ms = context.clock.monotonic();
		for (const begun of await this.#read(context, (tx) => readUnfinished(tx, now, KEYS_PER_RUN))) {
			await this.#guarded(context, begun, () => this.#withdrawUnmailed(context, begun, now));
		}
		for (const begun of await this.#read(context, (tx) => readUnclaimable(tx, KEYS_PER_RUN))) {
			const failure = { reason: "recipient_gone", attempts: begun.attempts, next_attempt_at: now } as const;
			await this.#guarded(context, begun, () => withdraw(context, begun, "recipient_gone", failure));
		}
		if (!context.mailer.enabled) return 0;
		let mailed = 0;
		for (const due of await this.#read(context, (tx) => readDueKeys(tx, now, KEYS_PER_RUN))) {
			const started_ms = context.clock.monotonic();
			if (started_ms - run_started_ms > RUN_MS_MAX) return mailed;
			// Mails take their time, so it is read again for each key.
			const begun = await this.#begin(context, due, await this.#readTime(claim));
			if (begun === null) continue;
			if (!(await this.#mail(context, begun, started_ms))) {
				await this.#withdrawUnmailed(context, begun, await this.#readTime(claim));
				// The mail server is down, or this one recipient is refused: the others follow with the next run.
				return mailed;
			}
			await this.#storeSent(context, begun.rotation_id);
			mailed += 1;
		}
		return mailed;
	}

	async #readTime(tx: ReadTx): Promise<Date> {
		return this.#options.now?.() ?? readDatabaseTime(tx);
	}

	/** Logs what fails and leaves it to a later run, so that it does not block the others. */
	async #guarded(context: ScheduleContext, { tenant_id, key_id }: Scheduled, run: () => Promise<unknown>): Promise<void> {
		try {
			await run();
		} catch (error) {
			context.log.warn({ err: error, tenant_id, key_id }, "rotation_not_scheduled");
		}
	}

	#read<T>({ database }: ScheduleContext, run: (tx: ReadTx) => Promise<T>): Promise<T> {
		return read({ database, scope: ALL_TENANTS }, run);
	}

	/** Logs a key that cannot be rotated and leaves it to a later run, so that it does not block the others. */
	async #begin(context: ScheduleContext, due: DueKey, now: Date): Promise<BegunBySchedule | null> {
		try {
			return await beginBySchedule(context, due, now);
		} catch (error) {
			context.log.warn({ err: error, tenant_id: due.tenant_id, key_id: due.key_id }, "rotation_not_scheduled");
			await record(context, (tx) => storeRefusal(tx, due, new Date(now.getTime() + REFUSED_WAIT_MS)));
			return null;
		}
	}

	async #mail(context: ScheduleContext, begun: BegunBySchedule, started_ms: number): Promise<boolean> {
		if (context.clock.monotonic() - started_ms > STALLED_MS) return false;
		const { key, tenant_name, token, email } = begun;
		const { public_url, known } = context.profile;
		const link = { href: `${public_url}/reveal#${token.text}` };
		const about = { key_name: key.name, environment: ENVIRONMENT_WORDS[key.environment], tenant_name, product_name: known.product_name };
		return context.mailer.send(composeMail("scheduled_rotation", email, { ...about, link, expires_at: begun.handover.expires_at }));
	}

	/** A link that was mailed is not cancelled because the database was away for a moment: the next run stores it. */
	async #storeSent(context: ScheduleContext, rotation_id: string): Promise<void> {
		this.#sent.add(rotation_id);
		await record(context, (tx) => storeSent(tx, rotation_id));
		this.#sent.delete(rotation_id);
	}

	async #withdrawUnmailed(context: ScheduleContext, begun: Scheduled, now: Date): Promise<void> {
		const attempts = begun.attempts + 1;
		const wait_ms = WAITS_MS[attempts - 1];
		const next_attempt_at = wait_ms === undefined ? null : new Date(now.getTime() + wait_ms);
		const withdrawn = await withdraw(context, begun, "not_mailed", { reason: "not_mailed", attempts, next_attempt_at });
		// A link that was claimed has arrived, and one that a person has cancelled is not mailed again.
		if (!withdrawn) await record(context, (tx) => storeSent(tx, begun.rotation_id));
	}
}
