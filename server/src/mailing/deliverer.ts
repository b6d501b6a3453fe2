import { CombinedHeads, formatHead } from "../audit/checkpoints/combined.ts";
import { record } from "../audit/record.ts";
import type { Clock } from "../core/clock.ts";
import { ALL_TENANTS } from "../core/context.ts";
import type { Log } from "../core/log.ts";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../core/time.ts";
import type { Database } from "../database/database.ts";
import { read } from "../database/transaction.ts";
import type { Node } from "../nodes/node.ts";
import { readWorkDue } from "../outbox/due-store.ts";
import type { Mailer } from "../outbox/mail/mailer.ts";
import { nextAttemptAt } from "../outbox/retry.ts";
import { CLASS_OF } from "./classes.ts";
import { type ComposeContext, composeQueued } from "./compose.ts";
import { claimDigests, claimMails, lockQueue, type MailOutcome, type QueuedMail, queueMails, readMailSources, storeOutcome } from "./queue-store.ts";

/** How long a mail belongs to the node that claimed it. More than its attempt can take, also behind the others of the claim. */
const CLAIM_MS = 2 * MINUTE_MS;
/** Below the bound of the mailer, which mails with links share. */
const MAILS_AT_ONCE = 10;
const PAUSE_AFTER_ERROR_MS = 5 * SECOND_MS;
const STOP_PATIENCE_MS = 2 * SECOND_MS;
/** Events are not mailed later than this, such as after mail was configured. */
const NEWS_MS = DAY_MS;
const SECURITY_DIGEST_AFTER_MS = 5 * MINUTE_MS;

export interface MailDelivererOptions extends ComposeContext {
	readonly database: Database;
	readonly clock: Clock;
	readonly log: Log;
	readonly node: Pick<Node, "id">;
	readonly mailer: Mailer;
	/** From 0 up to 1. Default: `Math.random`. */
	readonly random?: () => number;
}

/** Mails to one member that are sent as one: a single one, or the held ones of a digest. */
type Sending = readonly [QueuedMail, ...QueuedMail[]];

/** Queues mails about events and sends them. A node claims mails; the claim of a node that died ends after two minutes, or when the node is fenced. */
export class MailDeliverer {
	readonly #options: MailDelivererOptions;
	readonly #running = new Set<Promise<void>>();
	readonly #heads: CombinedHeads;
	#stopping = false;
	#resume_at = 0;

	constructor(options: MailDelivererOptions) {
		this.#options = options;
		this.#heads = new CombinedHeads(options.database);
	}

	/** Queues the mails of new events, and starts sending what is due. Returns before it is sent. */
	async look(): Promise<void> {
		const { clock, database } = this.#options;
		if (this.#stopping || clock.monotonic() < this.#resume_at) return;
		try {
			if (!(await readWorkDue(database, clock.now())).mails) return;
			for (const sending of await this.#claim()) this.#start(sending);
		} catch (error) {
			this.#resume_at = clock.monotonic() + PAUSE_AFTER_ERROR_MS;
			throw error;
		}
	}

	/** Resolves when nothing is being sent. */
	async idle(): Promise<void> {
		while (this.#running.size > 0) await Promise.all(this.#running);
	}

	/** Waits shortly for the attempts that have begun; the next start or another node repeats the others. */
	async stop(): Promise<void> {
		this.#stopping = true;
		const { promise, resolve } = Promise.withResolvers<void>();
		const timer = setTimeout(resolve, STOP_PATIENCE_MS);
		await Promise.race([this.idle(), promise]);
		clearTimeout(timer);
	}

	async #claim(): Promise<Sending[]> {
		const { clock, node } = this.#options;
		return record(this.#options, async (tx) => {
			const now = new Date(clock.now());
			const claim = { node_id: node.id, now, until: new Date(now.getTime() + CLAIM_MS) };
			let digests: QueuedMail[] = [];
			if (await lockQueue(tx)) {
				while ((await queueMails(tx, { ...queueing(now), classes: CLASS_OF })) > 0);
				if (this.#running.size < MAILS_AT_ONCE) digests = await claimDigests(tx, claim);
			}
			const byMember = Map.groupBy(digests, ({ tenant_id, person_id }) => JSON.stringify([tenant_id, person_id]));
			const free = MAILS_AT_ONCE - this.#running.size - byMember.size;
			const alone = await claimMails(tx, { ...claim, limit: free });
			return [
				...alone.map((mail): Sending => [mail]),
				...[...byMember.values()].flatMap(([first, ...others]): Sending[] => (first ? [[first, ...others]] : [])),
			];
		});
	}

	#start(sending: Sending): void {
		const done: Promise<void> = this.#send(sending)
			.catch((error: unknown) => {
				// After the stop the database is closed: the claim ends with this node.
				if (!this.#stopping) this.#options.log.error({ err: error, loop: "mail_delivery" }, "loop_run_failed");
			})
			.finally(() => this.#running.delete(done));
		this.#running.add(done);
	}

	/** Sends one mail and stores the outcome. After an error the claim is left to expire, and the mail is sent again with the same `Message-ID`. */
	async #send(sending: Sending): Promise<void> {
		const { clock, database, mailer, node } = this.#options;
		const [mail] = sending;
		const event_ids = sending.map(({ event_id }) => event_id);
		const found = await read({ database, scope: ALL_TENANTS }, (tx) => readMailSources(tx, mail, event_ids));
		const is_security = found.some((source) => source.class === "security");
		const audit_head = is_security ? formatHead(await this.#heads.at(clock.now())) : null;
		const composed = composeQueued({ ...this.#options, audit_head }, mail, found);
		const outcome = composed === null ? dropped(mail) : this.#outcome(mail, await mailer.send(composed), clock.now());
		await record(this.#options, (tx) => storeOutcome(tx, { ...mail, event_ids, node_id: node.id }, outcome));
	}

	#outcome(mail: QueuedMail, is_sent: boolean, now: number): MailOutcome {
		const attempts = mail.attempts + 1;
		if (is_sent) return { status: mail.status === "held" ? "digested" : "sent", attempts, next_attempt_at: null, sent_at: new Date(now) };
		const next_attempt_at = nextAttemptAt(attempts, now, (this.#options.random ?? Math.random)());
		return { status: next_attempt_at === null ? "failed" : mail.status, attempts, next_attempt_at, sent_at: null };
	}
}

function dropped({ attempts }: QueuedMail): MailOutcome {
	return { status: "dropped", attempts, next_attempt_at: null, sent_at: null };
}

function queueing(now: Date) {
	const day_ends_at = new Date((Math.floor(now.getTime() / DAY_MS) + 1) * DAY_MS);
	return { now, day_ends_at, not_before: new Date(now.getTime() - NEWS_MS), security_digest_at: new Date(now.getTime() + SECURITY_DIGEST_AFTER_MS) };
}
