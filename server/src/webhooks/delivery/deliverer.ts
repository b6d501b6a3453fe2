import { type Change, type ChangeContext, change } from "../../audit/change.ts";
import { record } from "../../audit/record.ts";
import type { Clock } from "../../core/clock.ts";
import { ALL_TENANTS } from "../../core/context.ts";
import type { Log } from "../../core/log.ts";
import { MINUTE_MS, SECOND_MS } from "../../core/time.ts";
import type { Database } from "../../database/database.ts";
import type { Node } from "../../nodes/node.ts";
import { readWorkDue } from "../../outbox/due-store.ts";
import type { CallOutcome, Outgoing } from "../../outbox/outgoing/outgoing.ts";
import { toMessage } from "../message.ts";
import type { WebhookKeys } from "../secrets.ts";
import { lockWebhook, updateWebhook } from "../store.ts";
import { FAILING_AFTER_MS, getOrigin } from "../webhook.ts";
import {
	type Claimed,
	claimQueues,
	type DueDelivery,
	distributeEvents,
	lockClaim,
	readDueDelivery,
	releaseClaim,
	storeAttempt,
} from "./queue-store.ts";
import { afterAttempt } from "./schedule.ts";

/** How long an endpoint belongs to the node that claimed it, from its last attempt on. More than an attempt can take. */
const CLAIM_MS = MINUTE_MS;
/** Endpoints that a node calls at once. Of these at most `FAILING_MAX` failed at their last attempt: the others never wait for them. */
const ENDPOINTS_MAX = 128;
const FAILING_MAX = 64;
/** Then another endpoint's turn comes. */
const DELIVERIES_PER_CLAIM = 50;
/** The pause after the database could not be reached. */
const PAUSE_AFTER_ERROR_MS = 5 * SECOND_MS;
/** How long a stop waits for responses. */
const STOP_PATIENCE_MS = 2 * SECOND_MS;

export interface DelivererOptions {
	readonly database: Database;
	readonly clock: Clock;
	readonly log: Log;
	readonly node: Pick<Node, "id">;
	readonly outgoing: Outgoing;
	readonly webhook_keys: WebhookKeys;
	/** Creates a context of a system actor. */
	readonly systemContext: (name: string) => ChangeContext;
	/** From 0 up to 1. Default: `Math.random`. */
	readonly random?: () => number;
}

type Attempt = CallOutcome & { readonly duration_ms: number };

/**
 * Sends events to the endpoints of webhooks. A node claims an endpoint and sends it what is due, one delivery after the other; other endpoints do not
 * wait for it. The claim of a node that died ends after 60 seconds, or when the node is fenced.
 */
export class Deliverer {
	readonly #options: DelivererOptions;
	readonly #running = new Map<string, { failing: boolean; done: Promise<void> }>();
	/** When a failing webhook of the operator was logged last, by its id; the operator has few. */
	readonly #warned = new Map<string, number>();
	readonly #aborting = new AbortController();
	#stopping = false;
	#resume_at = 0;

	constructor(options: DelivererOptions) {
		this.#options = options;
	}

	/** Distributes new events, and starts sending what is due. Returns before it is sent. */
	async look(): Promise<void> {
		const { clock, database } = this.#options;
		if (this.#stopping || clock.monotonic() < this.#resume_at) return;
		try {
			if (!(await readWorkDue(database, clock.now())).webhooks) return;
			for (const { claimed, failing } of await this.#claim()) this.#start(claimed, failing);
		} catch (error) {
			this.#resume_at = clock.monotonic() + PAUSE_AFTER_ERROR_MS;
			throw error;
		}
	}

	/** Resolves when nothing is being sent. */
	async idle(): Promise<void> {
		while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ done }) => done));
	}

	/** Waits shortly for responses, then gives the rest up to the next start or another node. */
	async stop(): Promise<void> {
		this.#stopping = true;
		const timer = setTimeout(() => this.#aborting.abort(), STOP_PATIENCE_MS);
		await this.idle();
		clearTimeout(timer);
	}

	async #claim(): Promise<{ claimed: Claimed; failing: boolean }[]> {
		const { clock, node } = this.#options;
		const failing_now = [...this.#running.values()].filter(({ failing }) => failing).length;
		const free = ENDPOINTS_MAX - this.#running.size;
		return record(this.#options, async (tx) => {
			const now = new Date(clock.now());
			while ((await distributeEvents(tx, now)) > 0);
			const claim = { node_id: node.id, now, until: new Date(now.getTime() + CLAIM_MS) };
			const working = await claimQueues(tx, { ...claim, failing: false, limit: free });
			const rest = Math.min(free - working.length, FAILING_MAX - failing_now);
			const failing = await claimQueues(tx, { ...claim, failing: true, limit: rest });
			return [...working.map((claimed) => ({ claimed, failing: false })), ...failing.map((claimed) => ({ claimed, failing: true }))];
		});
	}

	#start(claimed: Claimed, failing: boolean): void {
		const name = JSON.stringify([claimed.tenant_id, claimed.webhook_id]);
		if (this.#running.has(name)) return;
		const done = this.#deliverAll(claimed)
			.catch((error: unknown) => this.#options.log.error({ err: error, loop: "webhook_delivery" }, "loop_run_failed"))
			.finally(() => this.#running.delete(name));
		this.#running.set(name, { failing, done });
	}

	/** Sends what is due at one endpoint. After an error the claim is left to expire. */
	async #deliverAll(claimed: Claimed): Promise<void> {
		const { clock, node, outgoing, webhook_keys } = this.#options;
		const owner = { tenant_id: claimed.tenant_id, id: claimed.webhook_id };
		const node_id = node.id;
		let due = await record(this.#options, (tx) => this.#next({ tx, claimed, node_id, more: true }));
		for (let sent = 1; due !== null; sent += 1) {
			const message = toMessage(webhook_keys, owner, due, due, clock.now());
			const began = clock.monotonic();
			const outcome = await outgoing.post(due.url, message, this.#aborting.signal);
			const duration_ms = Math.round(clock.monotonic() - began);
			const aborted = this.#aborting.signal.aborted && outcome.error !== null;
			due = await this.#finish(claimed, node_id, due, aborted ? null : { ...outcome, duration_ms }, sent < DELIVERIES_PER_CLAIM && !this.#stopping);
		}
	}

	/** Tenants have the alert `webhook_failing`; the operator has the log, the page Health and a metric. */
	#warnOfFailing({ tenant_id, webhook_id }: Claimed, failing_since: Date): void {
		const { clock, log } = this.#options;
		const warned_at = this.#warned.get(webhook_id);
		if (tenant_id !== ALL_TENANTS || (warned_at !== undefined && clock.monotonic() - warned_at < FAILING_AFTER_MS)) return;
		this.#warned.set(webhook_id, clock.monotonic());
		log.warn({ webhook_id, failing_since: failing_since.toISOString() }, "operator_webhook_failing");
	}

	/** The next due delivery, or null after the claim was released because there is none, or no `more` are to be sent. */
	async #next(step: { tx: Parameters<typeof lockClaim>[0]; claimed: Claimed; node_id: string; more: boolean }): Promise<DueDelivery | null> {
		const { tx, claimed, node_id, more } = step;
		if ((await lockClaim(tx, claimed, node_id)) === null) return null;
		const due = more ? await readDueDelivery(tx, claimed, new Date(this.#options.clock.now())) : null;
		if (due === null) await releaseClaim(tx, claimed);
		return due;
	}

	/** Stores the outcome, unless the attempt was given up (null), and returns the next delivery. */
	async #finish(claimed: Claimed, node_id: string, due: DueDelivery, outcome: Attempt | null, more: boolean): Promise<DueDelivery | null> {
		const { clock, log, systemContext, random = Math.random } = this.#options;
		const step = { claimed, node_id, more };
		if (outcome === null) return record(this.#options, (tx) => this.#next({ tx, ...step, more: false }));
		const now = clock.now();
		const at = new Date(now);
		const { next, disable, failing_since } = await record(this.#options, async (tx) => {
			const state = await lockClaim(tx, claimed, node_id);
			// Another node has taken over, and sends this delivery again.
			if (state === null) return { next: null, disable: null, failing_since: null };
			const since = outcome.error === null ? null : (state.failing_since ?? at);
			const attempts = due.attempts + 1;
			const { status, next_attempt_at, disable } = afterAttempt(outcome, attempts, since?.getTime() ?? now, now, random());
			const { error, duration_ms, status: response_status } = outcome;
			const stored = { id: due.id, attempts, at: at.toISOString(), duration_ms, status, response_status, error, next_attempt_at };
			await storeAttempt(tx, claimed, stored, { failing_since: since, until: new Date(now + CLAIM_MS) });
			return { next: await this.#next({ tx, ...step, more: more && disable === null }), disable, failing_since: since };
		});
		if (failing_since !== null && now - failing_since.getTime() >= FAILING_AFTER_MS) this.#warnOfFailing(claimed, failing_since);
		if (disable !== null && (await disableFailing(systemContext("webhook delivery"), claimed, { reason: disable, failing_since }))) {
			log.warn({ tenant_id: claimed.tenant_id, webhook_id: claimed.webhook_id, reason: disable }, "webhook_disabled");
		}
		return next;
	}
}

/** Disables a webhook whose receiver is gone or has failed for long, and emits `webhook.disabled`. False if it is not active any more. */
async function disableFailing(
	context: ChangeContext,
	{ tenant_id, webhook_id: id }: Claimed,
	disabled: { reason: "gone" | "failing"; failing_since: Date | null },
): Promise<boolean> {
	const { reason } = disabled;
	const failing_since = disabled.failing_since?.toISOString() ?? null;
	return change<boolean>(context, async (tx): Promise<Change<boolean>> => {
		const webhook = await lockWebhook(tx, { tenant_id, id });
		if (webhook?.status !== "active") return { unchanged: false };
		await updateWebhook(tx, webhook, { status: "disabled", disabled_reason: reason });
		const data = { webhook_id: id, url_origin: getOrigin(webhook.url), reason, failing_since };
		return {
			result: true,
			audit: [{ action: "webhook.disabled", target: { kind: "webhook", id, name: getOrigin(webhook.url) }, tenant_id, details: data }],
			events: [{ tenant_id, type: "webhook.disabled", data }],
		};
	});
}
